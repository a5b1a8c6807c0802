"""Runs the comparisons and writes latest.md and latest.json."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from .comparisons import (
    dispatch,
    large,
    letters_arithmetic,
    letters_cluster,
    micro,
    predict,
    real_data,
    scale,
    time_to_accuracy,
)
from .context import Comparison, Context
from .machine import facts
from .programs import ROOT
from .report import to_json, to_markdown
from .row import Missing, Section

COMPARISONS: dict[str, Comparison] = {
    "letters-arithmetic": letters_arithmetic.run,
    "letters-cluster": letters_cluster.run,
    "kernels": micro.kernels,
    "scheduler": micro.scheduler,
    "dispatch": dispatch.run,
    "large": large.run,
    "scale": scale.run,
    "time-to-accuracy": time_to_accuracy.run,
    "real-data": real_data.run,
    "predict": predict.run,
}


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="scripts/bench",
        description="Measures this project side by side with its peers, and writes a report.",
        epilog="Comparisons: " + ", ".join(COMPARISONS) + ".",
    )
    parser.add_argument("--only", metavar="NAME,…", help="these comparisons; all without it")
    parser.add_argument(
        "--runs", type=int, default=5, metavar="N", help="repetitions of everything [5]"
    )
    results = ROOT / "bench" / "results"
    parser.add_argument(
        "--out", type=Path, default=results, metavar="DIR", help="for the report [bench/results]"
    )
    options = parser.parse_args()
    options.only = list(COMPARISONS) if options.only is None else options.only.split(",")
    for name in options.only:
        if name not in COMPARISONS:
            parser.error(f"there is no comparison '{name}'; there are {', '.join(COMPARISONS)}")
    if options.runs < 1:
        parser.error("--runs must be 1 or more")
    return options


def _section(name: str, context: Context) -> Section:
    """Runs one comparison, whose errors do not keep the others from the report."""
    try:
        return COMPARISONS[name](context)
    except Exception as error:  # noqa: BLE001
        why = f"{type(error).__name__}: {error}"
        context.say(f"{name}: {why}")
        return Section(name, "did not run", rows=[Missing(name, why)])


def main() -> int:
    options = _arguments()
    context = Context(options.runs)
    known = facts(options.runs)
    sections: list[Section] = []
    options.out.mkdir(parents=True, exist_ok=True)
    for name in options.only:
        sections.append(_section(name, context))
        # Written after each one, so that no result is lost if a later one is interrupted.
        (options.out / "latest.md").write_text(to_markdown(known, sections))
        (options.out / "latest.json").write_text(to_json(known, sections))
    context.say(f"Written: {options.out / 'latest.md'} and latest.json")
    return 0


sys.exit(main())
