"""Datasets of made-up rows, the same ones each time, below build/bench/data."""

from __future__ import annotations

import random
from pathlib import Path

from .programs import ROOT

DATA = ROOT / "build" / "bench" / "data"


def _rows(draw: random.Random, rows: int, features: int) -> str:
    text = ""
    for row in range(rows):
        text += "".join(f"{draw.uniform(-1, 1):.4f}," for _ in range(features)) + f"{row % 2}\n"
    return text


def dataset(shards: int, rows: int, features: int) -> str:
    """Makes a dataset of two classes; returns its name.

    Shards of one row have class 0, so the validation rows have both.
    """
    name = f"made-up-{shards}x{rows}x{features}"
    directory = Path(DATA, name)
    directory.mkdir(parents=True, exist_ok=True)
    draw = random.Random(1)
    for shard in range(1, shards + 1):
        (directory / f"train_{shard}.txt").write_text(_rows(draw, rows, features))
    (directory / "validate_1.txt").write_text(_rows(draw, max(rows, 2), features))
    return name
