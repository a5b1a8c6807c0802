"""The cost of a task that has nothing to compute, against a bare echo."""

from __future__ import annotations

from ..cluster import Cluster, timestamp
from ..context import Context
from ..echo import calls
from ..generated_data import DATA, dataset
from ..process import cpu_seconds
from ..programs import NotMeasured
from ..row import Figure, Section, at_least, at_most
from .round_trip import round_trip_rows

SHARDS = 256
_ROUNDS = 60
_CALLS = 20_000
_OUTSTANDING = 64
_FIGURES = {
    "tasks per second": Figure("tasks through one coordinator", "/s", at_least(10_000)),
    "coordinator": Figure("coordinator, processor time a task", "µs"),
    "node": Figure("all nodes, processor time a task", "µs"),
    "echo calls per second": Figure("bare echo, calls", "/s"),
    "echo client": Figure("bare echo, client's processor time a call", "µs"),
    "echo server": Figure("bare echo, server's processor time a call", "µs"),
}
_RATIO = Figure("coordinator a task ÷ echo client a call", "x", at_most(3))
_NODE_RATIO = Figure("nodes a task ÷ echo server a call", "x")


def run(context: Context) -> Section:
    section = Section("dispatch", "an empty training step, 4 nodes")
    section.notes += [
        f"{SHARDS} shards of one row, 2 features, 2 hidden units, 1 epoch, {_ROUNDS} rounds, "
        "default policy and slots; nobody watches the job. Tasks a second are its tasks by its "
        "start and end times.",
        f"The echo: unary calls of 256 bytes, {_OUTSTANDING} outstanding, client and server one "
        "process each, one thread on one completion queue each.",
    ]
    try:
        found = context.repeat("dispatch", empty_steps, lambda: calls(_CALLS, _OUTSTANDING))
        section.rows += [figure.row(found[key]) for key, figure in _FIGURES.items()]
        section.rows.append(_RATIO.row(found["coordinator"] / found["echo client"]))
        section.rows.append(_NODE_RATIO.row(found["node"] / found["echo server"]))
    except NotMeasured as why:
        figures = (*_FIGURES.values(), _RATIO, _NODE_RATIO)
        section.rows += [figure.missing(str(why)) for figure in figures]
    round_trip_rows(context, section)
    return section


def empty_steps(
    nodes: int = 4, rounds: int = _ROUNDS, digests: set[str] | None = None
) -> dict[str, float]:
    """One job on a new cluster that has run another before. Its digest is added to `digests`."""
    name = dataset(SHARDS, rows=1, features=2)
    options = ["--epochs", "1", "--hidden", "2"]
    with Cluster(nodes, DATA, f"dispatch-{nodes}") as cluster:
        cluster.wait_for(cluster.submit(name, *options, "--rounds", "2"))
        coordinator = cpu_seconds(cluster.coordinator)
        trainers = sum(map(cpu_seconds, cluster.nodes))
        job = cluster.wait_for(cluster.submit(name, *options, "--rounds", str(rounds)))
        coordinator = cpu_seconds(cluster.coordinator) - coordinator
        trainers = sum(map(cpu_seconds, cluster.nodes)) - trainers
    if digests is not None:
        digests.add(job["modelDigest"])
    tasks = SHARDS * rounds
    return {
        "tasks per second": tasks / (timestamp(job["endTime"]) - timestamp(job["startTime"])),
        "coordinator": 1e6 * coordinator / tasks,
        "node": 1e6 * trainers / tasks,
    }
