"""64 node processes on this machine: the same model, and the coordinator's cost for a task."""

from __future__ import annotations

from ..context import Context
from ..programs import NotMeasured
from ..row import Figure, Section, Seen, at_most
from .dispatch import SHARDS, empty_steps

_ROUNDS = 30
_FEW = 4
_MANY = 64
_FIGURES = {
    nodes: Figure(f"coordinator, processor time a task, {nodes} nodes", "µs")
    for nodes in (_FEW, _MANY)
}
_RATIO = Figure(f"{_MANY} nodes ÷ {_FEW} nodes", "x", at_most(1.5))
_COMPLETES = f"{SHARDS} shards on {_MANY} nodes"
_DIGESTS = f"model digest on {_MANY} nodes, as on {_FEW}"


def run(context: Context) -> Section:
    title = f"{SHARDS} shards of one row on {_MANY} node processes, {_ROUNDS} rounds"
    section = Section("scale", title)
    digests: dict[int, set[str]] = {_FEW: set(), _MANY: set()}

    def on(nodes: int) -> dict[str, float]:
        found = empty_steps(nodes, _ROUNDS, digests[nodes])
        return {str(nodes): found["coordinator"]}

    try:
        found = context.repeat("scale", lambda: on(_FEW), lambda: on(_MANY))
    except NotMeasured as why:
        section.rows.append(Seen(_COMPLETES, "completes", False, str(why)))
        section.rows += [figure.missing(str(why)) for figure in (*_FIGURES.values(), _RATIO)]
        return section
    section.rows.append(Seen(_COMPLETES, "completes", True, "completes"))
    same = len(digests[_FEW] | digests[_MANY]) == 1
    seen = ", ".join(sorted(digests[_MANY]))
    section.rows.append(Seen(_DIGESTS, ", ".join(sorted(digests[_FEW])), same, seen))
    section.rows += [figure.row(found[str(nodes)]) for nodes, figure in _FIGURES.items()]
    section.rows.append(_RATIO.row(found[str(_MANY)] / found[str(_FEW)]))
    return section
