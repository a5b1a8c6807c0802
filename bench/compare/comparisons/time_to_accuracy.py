"""The time for a model as good as scikit-learn's, on a coordinator and four nodes."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from ..cluster import Cluster
from ..context import Context
from ..peers import PYTHON
from ..programs import BIN, ROOT, NotMeasured, last_object
from ..programs import run as run_program
from ..row import Figure, Section, at_least
from .letters_cluster import seconds_of

OPTIONS = (
    "--solver sgd --learning-rate 0.05 --batch-size 32 --hidden 256,256 --label-smoothing 0.1 "
    "--schedule cosine --rounds 100 --precision float32"
).split()

_OURS = Figure("cluster, submission to summary", "s")
_ACCURACY = Figure("accuracy on the validation rows", "", at_least(0.975))
_HALF = Figure("… on the second half of them", "")
_PEER = Figure("scikit-learn, (512,), 150 epochs: fit()", "s")
_PEER_ACCURACY = Figure("scikit-learn: accuracy on the validation rows", "")
_RATIO = Figure("scikit-learn ÷ cluster", "x", at_least(1))
_WORK = ROOT / "build" / "bench" / "accuracy"


def run(context: Context) -> Section:
    section = Section("time-to-accuracy", "letters, a model that gets 97.5 % of the rows right")
    section.notes += [
        f"The cluster: `train {' '.join(OPTIONS)}` on the 16,500 training rows, which `dataset "
        "split` has standardised and dealt out to 4 shards. Every round is trained: the 3,500 "
        "validation rows choose nothing.",
        "scikit-learn: MLPClassifier with one hidden layer of 512, inputs standardised, two "
        "threads of OpenBLAS; its start, reading and scaling are not timed.",
    ]
    try:
        _prepare()
        found = context.repeat("time-to-accuracy", _cluster, _peer)
    except NotMeasured as why:
        section.rows += [each.missing(str(why)) for each in (_OURS, _ACCURACY, _PEER, _RATIO)]
        return section
    section.rows += [
        _OURS.row(found["seconds"]),
        _ACCURACY.row(found["accuracy"]),
        _HALF.row(found["half"]),
        _PEER.row(found["peer"]),
        _PEER_ACCURACY.row(found["peer accuracy"]),
        _RATIO.row(found["peer"] / found["seconds"]),
    ]
    return section


def _prepare() -> None:
    """The training rows as one table, the validation rows, and a half of them."""
    shutil.rmtree(_WORK, ignore_errors=True)
    _WORK.mkdir(parents=True)
    letters = ROOT / "datasets" / "letters"
    shards = sorted(letters.glob("train_*"), key=lambda path: int(re.sub(r"\D", "", path.name)))
    (_WORK / "rows.csv").write_text("".join(path.read_text() for path in shards))
    validation = (letters / "validate_letters.txt").read_text().splitlines(keepends=True)
    (_WORK / "validation.csv").write_text("".join(validation))
    (_WORK / "half.csv").write_text("".join(validation[len(validation) // 2 :]))
    split: list[str | Path] = [BIN / "mlp-client", "dataset", "split", _WORK / "rows.csv"]
    split += ["--header", "no", "--shards", "4", "--validation-file", _WORK / "validation.csv"]
    run_program([*split, "--out", _WORK / "data" / "letters4"], timeout=60)


def _cluster() -> dict[str, float]:
    with Cluster(4, _WORK / "data", "accuracy") as cluster:
        summary = cluster.client("train", "letters4", *OPTIONS)
        whole = _accuracy(cluster, "validation.csv")
        half = _accuracy(cluster, "half.csv")
    return {"seconds": seconds_of(summary), "accuracy": whole, "half": half}


def _accuracy(cluster: Cluster, rows: str) -> float:
    measured = cluster.client("evaluate", "job-1", str(_WORK / rows))
    found = re.search(r"accuracy ([\d.]+)", measured)
    if found is None:
        raise NotMeasured(f"no accuracy in {measured[:200]!r}")
    return float(found[1])


def _peer() -> dict[str, float]:
    script = ROOT / "bench" / "peers" / "sklearn_accuracy.py"
    core = {"OPENBLAS_CORETYPE": "Haswell"}
    found = last_object(run_program([PYTHON, "-B", script], timeout=600, environment=core))
    return {"peer": found["seconds"], "peer accuracy": found["accuracy"]}
