"""The machine and the versions of the measurements."""

from __future__ import annotations

import os
import platform
import re
from collections.abc import Sequence
from datetime import datetime, timezone
from pathlib import Path

from .letters import arithmetic
from .peers import PYTHON
from .programs import ROOT, NotMeasured, run


def facts(runs: int) -> dict[str, str]:
    """The facts in the order to show them; one that cannot be found out says so."""
    return {
        "date": datetime.now(timezone.utc).strftime("%Y-%m-%d %H:%M UTC"),
        "repetitions": str(runs),
        "processor": _processor(),
        "kernel": platform.release(),
        "instruction set": _instruction_set(),
        "load average at the start": f"{os.getloadavg()[0]:.2f}",
        "mlp-cluster": _output(["git", "describe", "--always", "--dirty", "--abbrev=12"]),
        "compiler": _output(["c++", "--version"]).splitlines()[0],
        "gRPC": _output(["pkg-config", "--modversion", "grpc++"]),
        "Python": _output([PYTHON, "--version"]),
        "NumPy": _package("python3-numpy"),
        "PyTorch": _package("python3-torch"),
        "scikit-learn": _package("python3-sklearn"),
        "OpenBLAS": _package("libopenblas0-pthread"),
    }


def _output(command: Sequence[str | Path]) -> str:
    try:
        return run(command, timeout=60).strip() or "nothing said"
    except NotMeasured as why:
        return f"unknown: {why}"


def _package(name: str) -> str:
    return _output(["dpkg-query", "-W", "-f", "${Version}", name])


def _processor() -> str:
    model = re.search(r"^model name\s*: (.+)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    return f"{model[1] if model else 'unknown'}, {len(os.sched_getaffinity(0))} cores"


def _instruction_set() -> str:
    try:
        return str(arithmetic("float32")["instruction_set"])
    except NotMeasured as why:
        return f"unknown: {why}"
