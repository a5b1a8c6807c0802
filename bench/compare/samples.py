"""Repeated measurements, and the figures that sum them up. Pure."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Samples:
    """One figure of each repetition, in the order of the repetitions; at least one."""

    values: tuple[float, ...]

    def __post_init__(self) -> None:
        if not self.values:
            raise ValueError("no repetition was measured")
        if not all(math.isfinite(value) for value in self.values):
            raise ValueError(f"a repetition gave no finite figure: {self.values}")

    @classmethod
    def of(cls, *values: float) -> Samples:
        return cls(tuple(float(value) for value in values))

    @property
    def median(self) -> float:
        return statistics.median(self.values)

    @property
    def least(self) -> float:
        return min(self.values)

    @property
    def most(self) -> float:
        return max(self.values)

    def __truediv__(self, other: Samples) -> Samples:
        """Divides repetition by repetition: a disturbance of both of a pair cancels."""
        pairs = zip(self.values, other.values, strict=True)
        return Samples(tuple(a / b for a, b in pairs))

    def scaled(self, factor: float) -> Samples:
        return Samples(tuple(value * factor for value in self.values))


def percentile(values: Sequence[float], share: float) -> float:
    """The least value that is not less than `share` of all (nearest rank)."""
    if not values:
        raise ValueError("no values")
    ordered = sorted(values)
    return ordered[max(math.ceil(share * len(ordered)), 1) - 1]
