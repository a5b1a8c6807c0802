"""The reference system's job, and what it must end with."""

from __future__ import annotations

from typing import Any

from .programs import BIN, NotMeasured, last_object, run

DIGEST = "90cdecbb99e2a174f50cc806efb58c60a0e932431333ccf1bd9f8dacef814064"  # float64
VALIDATION_ERROR = 1166 / 3500  # float64, by the reference system's own arithmetic


def require_digest(who: str, digest: str) -> None:
    if digest != DIGEST:
        raise NotMeasured(f"{who} ended with the model digest {digest}, not {DIGEST}")


def arithmetic(precision: str) -> dict[str, Any]:
    """One thread, no cluster: {"seconds", "validation_error", "digest", "instruction_set"}."""
    found = last_object(run([BIN / "letters_arithmetic", precision], timeout=300))
    if precision == "float64":
        require_digest("letters_arithmetic", found["digest"])
    return found
