"""The letters job on a coordinator and four nodes, against PyTorch with gloo in four processes."""

from __future__ import annotations

import re

from ..cluster import Cluster
from ..context import Context
from ..letters import VALIDATION_ERROR, arithmetic, require_digest
from ..peers import Peer, fastest, require_same_error
from ..programs import ROOT, NotMeasured
from ..row import Figure, Section, at_least, at_most

_CLUSTER = Figure("cluster, submission to summary", "s")
_GLOO = Figure("PyTorch with gloo", "s")
_GLOO_RATIO = Figure("gloo ÷ cluster", "x", at_least(5))
_HALF_RATIO = Figure("cluster ÷ (arithmetic on one thread ÷ 2)", "x", at_most(1.25))
_SUMMARY = re.compile(r"SUCCEEDED in (?:(\d+) min )?([\d.]+) (ms|s),")


def run(context: Context) -> Section:
    section = Section(
        "letters-cluster", "coordinator and 4 node processes on this machine, float64"
    )
    section.notes += [
        "The cluster is a new one each time, so its nodes read their shards within the time, which "
        "is the client's own; gloo's processes have theirs, and its start-up is not timed.",
        "Half of the arithmetic on one thread is what two processors need at least.",
    ]
    try:
        found = context.repeat("letters-cluster", _one_thread, _on_cluster)
        section.rows += [_CLUSTER.row(found["cluster"])]
        section.rows.append(_HALF_RATIO.row(found["cluster"] / found["one thread"].scaled(0.5)))
    except NotMeasured as why:
        section.rows += [_CLUSTER.missing(str(why)), _HALF_RATIO.missing(str(why))]
    try:
        best = fastest("torch_letters.py", "float64", ("manual", "autograd"))
        gloo = Peer("gloo_letters.py", "float64", best.formulation, best.core)
        found = context.repeat("letters-cluster", lambda: _with_gloo(gloo), _on_cluster)
        section.rows += [
            _GLOO.row(found["gloo"]),
            _GLOO_RATIO.row(found["gloo"] / found["cluster"]),
        ]
        section.notes.append(f"gloo: 4 processes, {gloo.settings}.")
    except NotMeasured as why:
        section.rows += [_GLOO.missing(str(why)), _GLOO_RATIO.missing(str(why))]
    return section


def _one_thread() -> dict[str, float]:
    return {"one thread": arithmetic("float64")["seconds"]}


def _with_gloo(gloo: Peer) -> dict[str, float]:
    found = gloo.run()
    require_same_error("gloo", gloo.precision, found["validation_error"], VALIDATION_ERROR)
    return {"gloo": found["seconds"]}


def _on_cluster() -> dict[str, float]:
    with Cluster(4, ROOT / "datasets", "letters") as cluster:
        summary = cluster.client("train", "letters", "--preset", "reference")
    digest = re.search(r"model digest +(\S+)", summary)
    require_digest("the cluster", digest[1] if digest else "none")
    return {"cluster": seconds_of(summary)}


def seconds_of(summary: str) -> float:
    taken = _SUMMARY.search(summary)
    if taken is None:
        raise NotMeasured(f"no time in the client's summary: {summary[-300:]!r}")
    minutes, value, unit = taken.groups()
    return 60 * int(minutes or 0) + float(value) * (1e-3 if unit == "ms" else 1)
