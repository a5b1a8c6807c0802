"""The time that a task is under way at 1,000 tasks a second."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..cluster import Cluster, duration, timestamp
from ..context import Context
from ..generated_data import DATA, dataset
from ..programs import NotMeasured
from ..row import Figure, Section, at_most
from ..samples import percentile

_SHARDS = 256
_CYCLE = 1e-3  # seconds from a dispatch to the next, which makes 1,000 tasks a second
_TRIAL_EPOCHS = 2_000
_TRIAL_ROUNDS = 6
_ADJUSTMENTS = 4
_FIGURES = {
    "rate": Figure("one task at a time: tasks", "/s"),
    "arithmetic": Figure("arithmetic of a task, median", "ms"),
    "p50": Figure("dispatch to result, median", "ms"),
    "p99": Figure("dispatch to result, 99th percentile", "ms", at_most(2)),
    "p50 without": Figure("… without the arithmetic, median", "ms"),
    "p99 without": Figure("… without the arithmetic, 99th percentile", "ms"),
}


def round_trip_rows(context: Context, section: Section) -> None:
    section.notes.append(
        "Round trips: one node, --slots 1, so that one task is under way at a time, and as many "
        "epochs on the one row as make a task follow the last one after 1 ms, found anew by short "
        "jobs before each repetition. Times are `attempt_finished.total_time` of the job's events, "
        "with the arithmetic; those of round 1, which reads the shards, are left out."
    )
    try:
        context.say("round trip: how long an epoch takes")
        pace = _Pace()
        found = context.repeat("round trip", lambda: _paced(pace.epochs()))
    except NotMeasured as why:
        section.rows += [figure.missing(str(why)) for figure in _FIGURES.values()]
        return
    section.rows += [figure.row(found[key]) for key, figure in _FIGURES.items()]
    if not all(abs(rate * _CYCLE - 1) < 0.2 for rate in found["rate"].values):
        section.notes.append("The rate was not everywhere within 20 % of 1,000/s: see its spread.")


class _Pace:
    """Fills up a cycle with arithmetic."""

    def __init__(self) -> None:
        few, many = (_paced(epochs, _TRIAL_ROUNDS)["arithmetic"] for epochs in (1, _TRIAL_EPOCHS))
        self._epoch = 1e-3 * (many - few) / (_TRIAL_EPOCHS - 1)  # seconds
        if self._epoch <= 0:
            raise NotMeasured("the machine is too noisy to tell how long an epoch takes")
        self._epochs = 1

    def epochs(self) -> int:
        """The epochs that gave about 1,000 tasks a second just now; 1 on a machine too slow."""
        for _ in range(_ADJUSTMENTS):
            cycle = 1 / _paced(self._epochs, _TRIAL_ROUNDS)["rate"]
            adjusted = max(self._epochs + round((_CYCLE - cycle) / self._epoch), 1)
            if abs(cycle / _CYCLE - 1) < 0.05 or adjusted == self._epochs:
                break
            self._epochs = adjusted
        return self._epochs


def _paced(epochs: int, rounds: int = 21) -> dict[str, float]:
    name = dataset(_SHARDS, rows=1, features=2)
    with Cluster(1, DATA, "round-trip") as cluster:
        options = ["--hidden", "2", "--slots", "1", "--hedge", "off"]
        options += ["--epochs", str(epochs), "--rounds", str(rounds)]
        job = cluster.submit(name, *options)
        cluster.wait_for(job)
        return _figures(cluster.events(job))


def _figures(events: Sequence[dict[str, Any]]) -> dict[str, float]:
    warm = [event for event in events if event.get("round", 0) >= 2]
    finished = [event for event in warm if "attemptFinished" in event]
    if not finished:
        raise NotMeasured("the job's events tell of no finished task")
    took = timestamp(finished[-1]["time"]) - timestamp(warm[0]["time"])
    total = [1e3 * duration(event["attemptFinished"]["totalTime"]) for event in finished]
    computed = [1e3 * duration(event["attemptFinished"]["computeTime"]) for event in finished]
    without = [a - b for a, b in zip(total, computed, strict=True)]
    return {
        "rate": len(finished) / took,
        "arithmetic": percentile(computed, 0.5),
        "p50": percentile(total, 0.5),
        "p99": percentile(total, 0.99),
        "p50 without": percentile(without, 0.5),
        "p99 without": percentile(without, 0.99),
    }
