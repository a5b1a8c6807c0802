"""A line of the report: a figure beside the bar that it has to reach. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field

from .samples import Samples


@dataclass(frozen=True)
class Bar:
    """A bar: the figure must be `limit` at least, or else at most."""

    limit: float
    at_least: bool

    def met_by(self, figure: float) -> bool:
        return figure >= self.limit if self.at_least else figure <= self.limit


def at_least(limit: float) -> Bar:
    return Bar(limit, at_least=True)


def at_most(limit: float) -> Bar:
    return Bar(limit, at_least=False)


@dataclass(frozen=True)
class Measured:
    """A figure for each repetition; the median is compared with the bar, if there is one."""

    what: str
    samples: Samples
    unit: str = ""
    bar: Bar | None = None

    @property
    def met(self) -> bool | None:
        return None if self.bar is None else self.bar.met_by(self.samples.median)


@dataclass(frozen=True)
class Seen:
    """Something that must be so, such as that a job completes. `met` says whether it was."""

    what: str
    must: str
    met: bool
    seen: str


@dataclass(frozen=True)
class Missing:
    """A figure that could not be measured, and the reason."""

    what: str
    why: str
    unit: str = ""
    bar: Bar | None = None
    met: bool | None = None


Row = Measured | Seen | Missing


@dataclass(frozen=True)
class Figure:
    """A figure that a comparison is to measure, before it is known whether it can."""

    what: str
    unit: str = ""
    bar: Bar | None = None

    def row(self, samples: Samples) -> Measured:
        return Measured(self.what, samples, self.unit, self.bar)

    def missing(self, why: str) -> Missing:
        return Missing(self.what, why, self.unit, self.bar)


@dataclass
class Section:
    """One comparison in the report."""

    name: str
    title: str
    rows: list[Row] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)  # how it was measured, and what was found
    tables: list[str] = field(default_factory=list)  # Markdown, after the rows
