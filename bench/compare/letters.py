"""The reference system's job, and the digest that it must end with."""

from __future__ import annotations

from typing import Any

from .programs import BIN, NotMeasured, last_object, run

DIGEST = "24c8fb8d80c1f8b2b3f61d77cacf04033620c6b1d5074b579a4acbe95a384012"  # float64
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
