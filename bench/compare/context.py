"""The settings of all comparisons."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass

from .row import Section
from .samples import Samples


@dataclass(frozen=True)
class Context:
    """The settings: `runs` repetitions of everything."""

    runs: int

    def repeat(
        self, name: str, *measurements: Callable[[], dict[str, float]]
    ) -> dict[str, Samples]:
        """Takes the measurements in turn, so that noise hits all; returns their figures by key."""
        found: dict[str, list[float]] = {}
        for repetition in range(self.runs):
            self.say(f"{name}: repetition {repetition + 1} of {self.runs}")
            for measurement in measurements:
                for key, value in measurement().items():
                    found.setdefault(key, []).append(value)
        return {key: Samples(tuple(values)) for key, values in found.items()}

    def say(self, text: str) -> None:
        print(text, file=sys.stderr, flush=True)


Comparison = Callable[[Context], Section]
