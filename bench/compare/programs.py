"""Running programs to their end."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
BIN = ROOT / "build" / "release" / "bin"


class NotMeasured(Exception):
    """A figure that could not be had; the message says why, for the report."""


def _name(command: Sequence[str | Path]) -> str:
    """The name of the program, or of the script that an interpreter runs."""
    words = [str(word) for word in command]
    return Path(next((word for word in words if word.endswith(".py")), words[0])).name


def run(
    command: Sequence[str | Path], timeout: float, environment: Mapping[str, str] | None = None
) -> str:
    """Its standard output. NotMeasured, with its last line, if it failed."""
    name = _name(command)
    try:
        done = subprocess.run(
            [str(word) for word in command],
            cwd=ROOT,
            env={**os.environ, **(environment or {})},
            timeout=timeout,
            capture_output=True,
            text=True,
            check=False,
        )
    except FileNotFoundError as error:
        raise NotMeasured(f"{name} is not there") from error
    except subprocess.TimeoutExpired as error:
        raise NotMeasured(f"{name} did not end within {timeout:g} s") from error
    if done.returncode != 0:
        last = (done.stderr.strip() or done.stdout.strip() or "without a word").splitlines()[-1]
        raise NotMeasured(f"{name} failed with exit code {done.returncode}: {last}")
    return done.stdout


def last_object(output: str) -> dict[str, Any]:
    """The JSON object in the last line."""
    try:
        found: dict[str, Any] = json.loads(output.strip().splitlines()[-1])
    except (IndexError, ValueError) as error:
        raise NotMeasured(f"unexpected output: {output[-200:]!r}") from error
    return found
