"""The peers, each with the settings that are best for it on this machine."""

from __future__ import annotations

import functools
import itertools
from dataclasses import dataclass
from pathlib import Path

from .programs import ROOT, NotMeasured, last_object, run

PYTHON = Path("/usr/bin/python3")  # Debian's, which has Debian's packages
ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
_TRIAL_ROUNDS = 3
_TRIALS = 3


@dataclass(frozen=True)
class Peer:
    """A script of bench/peers in one formulation, and the core that its OpenBLAS computes for."""

    script: str
    precision: str
    formulation: str = "manual"
    core: str = "Haswell"

    def run(self, rounds: int | None = None) -> dict[str, float]:
        """{"seconds", "validation_error"}."""
        command: list[str | Path] = [PYTHON, "-B", ROOT / "bench" / "peers" / self.script]
        command += ["--precision", self.precision, "--formulation", self.formulation]
        if rounds is not None:
            command += ["--rounds", str(rounds)]
        environment = {**ONE_THREAD, "OPENBLAS_CORETYPE": self.core}
        return last_object(run(command, timeout=600, environment=environment))

    def trial(self) -> float:
        """The least time of some short runs."""
        return min(self.run(_TRIAL_ROUNDS)["seconds"] for _ in range(_TRIALS))

    @property
    def settings(self) -> str:
        return f"{self.formulation}, OPENBLAS_CORETYPE={self.core}"


def cores() -> tuple[str, ...]:
    """Values for OPENBLAS_CORETYPE here; without AVX-512 a process would die of SkylakeX."""
    has_avx512 = " avx512bw " in Path("/proc/cpuinfo").read_text()
    return ("Haswell", "SkylakeX") if has_avx512 else ("Haswell",)


@functools.cache
def fastest(script: str, precision: str, formulations: tuple[str, ...] = ("manual",)) -> Peer:
    """The fastest peer, which is measured once."""
    settings = itertools.product(formulations, cores())
    return min((Peer(script, precision, *each) for each in settings), key=Peer.trial)


def require_same_error(who: str, precision: str, error: float, expected: float) -> None:
    """Raises NotMeasured if a peer did not compute the same thing.

    In float32, 30 rounds of rounding, and of shards that end early because of it, lead to another
    error, but not far away.
    """
    if abs(error - expected) > (5e-5 if precision == "float64" else 0.1):
        raise NotMeasured(
            f"{who} ended with validation error {error:.4f}, not {expected:.4f}: "
            "it has computed something else"
        )
