"""The peers, each with the settings that are best for it on this machine."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from pathlib import Path

from .programs import ROOT, NotMeasured, last_object, run

PYTHON = Path("/usr/bin/python3")  # Debian's, which has Debian's packages
ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
_TRIAL_ROUNDS = 3
_TRIALS = 3


@dataclass(frozen=True)
class Peer:
    """A script of bench/peers in one formulation, and the kernels that its OpenBLAS is told to use."""

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
        return last_object(run(command, timeout=600, environment={**ONE_THREAD, "OPENBLAS_CORETYPE": self.core}))

    def trial(self) -> float:
        """The least time of some short runs."""
        return min(self.run(_TRIAL_ROUNDS)["seconds"] for _ in range(_TRIALS))

    @property
    def settings(self) -> str:
        return f"{self.formulation}, OPENBLAS_CORETYPE={self.core}"


def cores() -> tuple[str, ...]:
    """What OPENBLAS_CORETYPE may be here. SkylakeX is not asked of a machine that would die of it."""
    has_avx512 = " avx512bw " in Path("/proc/cpuinfo").read_text()
    return ("Haswell", "SkylakeX") if has_avx512 else ("Haswell",)


@functools.cache
def fastest(script: str, precision: str, formulations: tuple[str, ...] = ("manual",)) -> Peer:
    """Measured once."""
    candidates = [Peer(script, precision, formulation, core) for formulation in formulations for core in cores()]
    return min(candidates, key=Peer.trial)


def require_same_error(who: str, error: float, expected: float) -> None:
    """NotMeasured where a peer did not compute the same thing."""
    if abs(error - expected) > 5e-5:
        raise NotMeasured(f"{who} ended with validation error {error:.4f}, not {expected:.4f}: another computation")
