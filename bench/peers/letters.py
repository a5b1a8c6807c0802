"""The reference system's job on letters, as every peer computes it.

Each round every shard is trained from the same parameters: at most EPOCHS full-batch steps, given
up after a step that changed the loss by TOLERANCE or less. The changes are averaged, and the
validation rows are measured. What a peer must do beside the steps is what a node does: the loss of
each step (the tolerance needs it), and loss and error of the shard's rows after the last one.
"""

from __future__ import annotations

import argparse
import json
import re
from pathlib import Path

import numpy

ROUNDS = 30
EPOCHS = 10
LEARNING_RATE = 1e-4
TOLERANCE = 0.2
HIDDEN = 20
FEATURES = 16
CLASSES = 26
DATA = Path(__file__).resolve().parents[2] / "datasets" / "letters"


Rows = tuple[numpy.ndarray, numpy.ndarray]  # features (rows, d), labels (rows)


def _rows(path: Path, dtype: str) -> Rows:
    rows = numpy.loadtxt(path, delimiter=",")
    return rows[:, :-1].astype(dtype), rows[:, -1].astype(numpy.int64)


def _number(path: Path) -> int:
    return int(re.findall(r"\d+", path.name)[0])


def read(dtype: str) -> tuple[list[Rows], Rows]:
    """The shards in their order, and the validation rows."""
    shards = [_rows(path, dtype) for path in sorted(DATA.glob("train_*"), key=_number)]
    return shards, _rows(DATA / "validate_letters.txt", dtype)


def initial(dtype: str) -> tuple[numpy.ndarray, numpy.ndarray]:
    """W (d + 1, hidden) and V (hidden + 1, classes), row 0 the bias; V is drawn first."""
    random = numpy.random.RandomState(1)
    v = random.uniform(-0.01, 0.01, (HIDDEN + 1, CLASSES))
    w = random.uniform(-0.01, 0.01, (FEATURES + 1, HIDDEN))
    return w.astype(dtype), v.astype(dtype)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("--precision", choices=("float32", "float64"), default="float64")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--formulation", choices=("manual", "autograd"), default="manual")
    return parser.parse_args()


def say(seconds: float, validation_error: float) -> None:
    print(json.dumps({"seconds": seconds, "validation_error": validation_error}), flush=True)
