"""The letters job's arithmetic alone, on one thread, against NumPy, PyTorch and scikit-learn."""

from __future__ import annotations

from collections.abc import Callable

from ..context import Context
from ..letters import VALIDATION_ERROR, arithmetic
from ..peers import Peer, fastest, require_same_error
from ..programs import NotMeasured
from ..row import Figure, Section, at_least

_PEERS = {
    "NumPy": ("numpy_letters.py", ("manual",)),
    "PyTorch": ("torch_letters.py", ("manual", "autograd")),
    "scikit-learn": ("sklearn_letters.py", ("manual",)),
}
_BARS = {("PyTorch", "float32"): at_least(6), ("PyTorch", "float64"): at_least(5)}


def run(context: Context) -> Section:
    section = Section("letters-arithmetic", "30 rounds x 11 shards x 10 epochs, 16-20-26, one thread")
    section.notes.append(
        "Training, averaging and validation; start, imports and reading the data are not timed. Ratios are peer ÷ ours."
    )
    for precision in ("float64", "float32"):
        _compare(context, section, precision)
    return section


def _compare(context: Context, section: Section, precision: str) -> None:
    errors: dict[str, float] = {}
    measurements: list[Callable[[], dict[str, float]]] = [lambda: _ours(precision, errors)]
    peers: dict[str, Peer] = {}
    ratios = {who: Figure(f"{precision}: {who} ÷ ours", "x", _BARS.get((who, precision))) for who in _PEERS}
    for who, (script, formulations) in _PEERS.items():
        try:
            context.say(f"letters-arithmetic: the best settings of {who}, {precision}")
            peers[who] = fastest(script, precision, formulations)
            measurements.append(lambda who=who: _theirs(who, peers[who], errors))  # type: ignore[misc]
        except NotMeasured as why:
            section.rows.append(ratios[who].missing(str(why)))
    found = context.repeat(f"letters-arithmetic {precision}", *measurements)
    section.rows += [Figure(f"{precision}: {who}", "s").row(samples) for who, samples in found.items()]
    section.rows += [ratios[who].row(found[who] / found["ours"]) for who in peers]
    section.notes += [f"{who}, {precision}: {peer.settings}." for who, peer in peers.items()]
    ended = ", ".join(f"{who} {error:.4f}" for who, error in errors.items())
    section.notes.append(f"Validation error after 30 rounds, {precision}: {ended}.")


def _ours(precision: str, errors: dict[str, float]) -> dict[str, float]:
    found = arithmetic(precision)
    errors["ours"] = found["validation_error"]
    return {"ours": found["seconds"]}


def _theirs(who: str, peer: Peer, errors: dict[str, float]) -> dict[str, float]:
    found = peer.run()
    errors[who] = found["validation_error"]
    if peer.precision == "float64":  # in float32 30 rounds of rounding lead elsewhere
        require_same_error(who, errors[who], VALIDATION_ERROR)
    return {who: found["seconds"]}
