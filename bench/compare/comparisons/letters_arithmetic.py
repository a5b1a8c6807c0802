"""The letters job's arithmetic alone, on one thread, against NumPy, PyTorch and scikit-learn."""

from __future__ import annotations

import functools

from ..context import Context
from ..letters import VALIDATION_ERROR, arithmetic
from ..peers import Peer, fastest, require_same_error
from ..programs import NotMeasured
from ..row import Figure, Row, Section, at_least
from ..samples import Samples

_PEERS = {
    "NumPy": ("numpy_letters.py", ("manual",)),
    "PyTorch": ("torch_letters.py", ("manual", "autograd")),
    "scikit-learn": ("sklearn_letters.py", ("manual",)),
}
_BARS = {("PyTorch", "float32"): at_least(6), ("PyTorch", "float64"): at_least(5)}


def run(context: Context) -> Section:
    title = "30 rounds x 11 shards x 10 epochs, 16-20-26, one thread"
    section = Section("letters-arithmetic", title)
    section.notes.append(
        "Training, averaging and validation; start, imports and reading the data are not timed. "
        "Ratios are peer ÷ ours."
    )
    for precision in ("float64", "float32"):
        _Comparison(precision).add_to(section, context)
    return section


class _Comparison:
    """The comparison in one precision. The line of a peer that fails says why."""

    def __init__(self, precision: str) -> None:
        self._precision = precision
        self._peers: dict[str, Peer] = {}
        self._errors: dict[str, float] = {}  # after the last round
        self._failed: dict[str, str] = {}

    def add_to(self, section: Section, context: Context) -> None:
        for who in _PEERS:
            self._choose(who, context)
        peers = [functools.partial(self._theirs, who) for who in self._peers]
        name = f"{section.name} {self._precision}"
        found = context.repeat(name, self._ours, *peers)
        section.rows.append(Figure(f"{self._precision}: ours", "s").row(found["ours"]))
        for who in _PEERS:
            section.rows += self._rows(who, found)
        for who, peer in self._peers.items():
            section.notes.append(f"{who}, {self._precision}: {peer.settings}.")
        ended = ", ".join(f"{who} {error:.4f}" for who, error in self._errors.items())
        section.notes.append(f"Validation error after 30 rounds, {self._precision}: {ended}.")

    def _choose(self, who: str, context: Context) -> None:
        script, formulations = _PEERS[who]
        context.say(f"letters-arithmetic: the best settings of {who}, {self._precision}")
        try:
            self._peers[who] = fastest(script, self._precision, formulations)
        except NotMeasured as why:
            self._failed[who] = str(why)

    def _ours(self) -> dict[str, float]:
        found = arithmetic(self._precision)
        self._errors["ours"] = found["validation_error"]
        return {"ours": found["seconds"]}

    def _theirs(self, who: str) -> dict[str, float]:
        if who in self._failed:
            return {}
        try:
            found = self._peers[who].run()
            self._errors[who] = found["validation_error"]
            require_same_error(who, self._precision, self._errors[who], VALIDATION_ERROR)
        except NotMeasured as why:
            self._failed[who] = str(why)
            return {}
        return {who: found["seconds"]}

    def _rows(self, who: str, found: dict[str, Samples]) -> list[Row]:
        time = Figure(f"{self._precision}: {who}", "s")
        ratio = Figure(f"{self._precision}: {who} ÷ ours", "x", _BARS.get((who, self._precision)))
        if who in self._failed:
            return [figure.missing(self._failed[who]) for figure in (time, ratio)]
        return [time.row(found[who]), ratio.row(found[who] / found["ours"])]
