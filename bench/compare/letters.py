"""The reference system's job, and what it must end with."""

from __future__ import annotations

from typing import Any

from .programs import BIN, NotMeasured, last_object, run

DIGEST = "0f62bdb84fb4c32824489220ed6dd4b6c5db9db74a876faac0d44edf6c7d118a"  # float64
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
