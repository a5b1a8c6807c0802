"""Predicting 5 million rows of a file."""

from __future__ import annotations

import json
from pathlib import Path

from ..context import Context
from ..peers import PYTHON
from ..programs import BIN, ROOT, NotMeasured, last_object
from ..programs import run as run_program
from ..row import Figure, Section, at_least

_ROWS = 5_000_000
_WORK = ROOT / "build" / "bench" / "predict"
_OURS = Figure("ours, classes", "rows/s")
_OURS_ALL = Figure("ours, classes and 26 probabilities", "rows/s")
_MEMORY = Figure("ours, memory", "MiB")
_PEER = Figure("scikit-learn, classes", "rows/s")
_PEER_MEMORY = Figure("scikit-learn, memory", "MiB")
_RATIO = Figure("ours ÷ scikit-learn, classes", "x", at_least(1))


def run(context: Context) -> Section:
    section = Section("predict", "5 million rows of letters from a file to a file, 16-20-26")
    section.notes += [
        "From reading the first row to writing the last line. scikit-learn reads 100,000 rows at a "
        "time with numpy.loadtxt.",
        "Memory is the process's peak (resident).",
    ]
    try:
        model, rows = _prepare()
        found = context.repeat(
            "predict", lambda: _ours(model, rows), lambda: _ours_all(model, rows), lambda: _peer(rows)
        )
    except NotMeasured as why:
        section.rows += [each.missing(str(why)) for each in (_OURS, _PEER, _RATIO)]
        return section
    section.rows += [
        _OURS.row(found["ours"]),
        _OURS_ALL.row(found["all"]),
        _MEMORY.row(found["memory"]),
        _PEER.row(found["peer"]),
        _PEER_MEMORY.row(found["peer memory"]),
        _RATIO.row(found["ours"] / found["peer"]),
    ]
    return section


def _prepare() -> tuple[Path, Path]:
    _WORK.mkdir(parents=True, exist_ok=True)
    model, rows = _WORK / "letters.mlp", _WORK / "rows.csv"
    train = [BIN / "mlp-client", "train", ROOT / "datasets" / "letters", "--local", "2"]
    run_program([*train, "--rounds", "5", "--save", model], timeout=60)
    lines = (ROOT / "datasets" / "letters" / "train_letters1.txt").read_text().splitlines(True)
    times, rest = divmod(_ROWS, len(lines))
    with open(rows, "w") as file:
        for _ in range(times):
            file.writelines(lines)
        file.writelines(lines[:rest])
    return model, rows


def _predict(model: Path, rows: Path, *options: str) -> dict[str, float]:
    command = [BIN / "mlp-client", "--json", "predict", model, rows, "-o", _WORK / "out.csv"]
    found = json.loads(run_program([*command, *options], timeout=300).splitlines()[-1])
    return {
        "rate": float(found["rowsPerSecond"]),
        "memory": float(found["peakBytes"]) / 2**20,
    }


def _ours(model: Path, rows: Path) -> dict[str, float]:
    found = _predict(model, rows, "--labels-only")
    return {"ours": found["rate"], "memory": found["memory"]}


def _ours_all(model: Path, rows: Path) -> dict[str, float]:
    return {"all": _predict(model, rows)["rate"]}


def _peer(rows: Path) -> dict[str, float]:
    script = ROOT / "bench" / "peers" / "sklearn_predict.py"
    found = last_object(run_program([PYTHON, "-B", script, rows, _WORK / "peer.csv"], timeout=600))
    return {"peer": found["rows_per_second"], "peer memory": found["peak_bytes"] / 2**20}
