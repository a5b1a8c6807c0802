"""Test scores beside scikit-learn's, with the same settings, on data that it carries."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from ..context import Context
from ..peers import PYTHON
from ..programs import BIN, ROOT, NotMeasured, last_object
from ..programs import run as run_program
from ..row import Figure, Section, at_least
from ..samples import Samples

_SETTINGS = "--solver adam --learning-rate 0.01 --hidden 100".split()
_WORK = ROOT / "build" / "bench" / "real-data"
_REGRESSION = "diabetes"


def run(context: Context) -> Section:
    section = Section("real-data", "scores on test rows, medians of 5 seeds; scikit-learn's data")
    section.notes += [
        "Accuracy; for diabetes R². The same rows, hidden layer of 100, Adam at 0.01, batches of "
        "200, 200 epochs, alpha 0.0001, inputs standardised.",
        "One shard: 1 round of 200 epochs on one node, which is what scikit-learn does. Four: 200 "
        "rounds of an epoch, averaged.",
        "Seeds draw the split, the weights and the order of the rows; scikit-learn's draws are "
        "its own.",
    ]
    try:
        shutil.rmtree(_WORK, ignore_errors=True)
        _WORK.mkdir(parents=True)
        script = ROOT / "bench" / "peers" / "sklearn_datasets.py"
        peers = last_object(run_program([PYTHON, "-B", script, _WORK], timeout=900))
        for name, scores in peers.items():
            context.say(f"real-data: {name}")
            _compare(section, name, Samples(tuple(scores)))
    except NotMeasured as why:
        section.rows.append(Figure("scores", "").missing(str(why)))
    return section


def _compare(section: Section, name: str, peer: Samples) -> None:
    seeds = range(1, len(peer.values) + 1)
    one = Samples(tuple(_score(name, seed, 1) for seed in seeds))
    four = Samples(tuple(_score(name, seed, 4) for seed in seeds))
    bar = at_least(round(peer.median - 0.01, 4))
    section.rows += [
        Figure(f"{name}: scikit-learn").row(peer),
        Figure(f"{name}: ours, one shard", "", bar).row(one),
        Figure(f"{name}: ours, 4 shards").row(four),
    ]


def _score(name: str, seed: int, shards: int) -> float:
    data = _WORK / f"{name}-{seed}-{shards}"
    rows: list[str | Path] = [_WORK / f"{name}-{seed}-train.csv"]
    split = [BIN / "mlp-client", "dataset", "split", *rows, "--shards", str(shards)]
    split += ["--validation-file", _WORK / f"{name}-{seed}-test.csv", "--out", data]
    run_program([*split, *(["--regression"] if name == _REGRESSION else [])], timeout=60)
    rounds = ["--rounds", "1", "--epochs", "200"] if shards == 1 else ["--rounds", "200"]
    command = [BIN / "mlp-client", "train", data, "--local", str(shards), *_SETTINGS, *rounds]
    summary = run_program([*command, "--seed", str(seed)], timeout=120)
    found = re.search(r"R\^2 (-?[\d.]+)\n|, accuracy ([\d.]+)\n", summary.split("SUCCEEDED")[-1])
    if found is None:
        raise NotMeasured(f"no score in {summary[-300:]!r}")
    return float(found[1] or found[2])
