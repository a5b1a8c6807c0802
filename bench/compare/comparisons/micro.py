"""Tables of the project's micro-benchmarks, as Google Benchmark prints them."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from ..context import Context
from ..google_benchmark import as_table, read
from ..peers import ONE_THREAD, cores
from ..programs import BIN, NotMeasured, run
from ..row import Figure, Section


def scheduler(context: Context) -> Section:
    section = Section("scheduler", "what a decision costs, by the number of nodes")
    _add_table(context, section, "scheduler_bench", {}, times={"decision"})
    return section


def kernels(context: Context) -> Section:
    section = Section("kernels", "the arithmetic's share of what the processor can do")
    section.notes.append("`times_openblas`: against the same training on OpenBLAS.")
    for core in cores():
        _add_table(context, section, "kernels_bench", ONE_THREAD | {"OPENBLAS_CORETYPE": core})
    return section


def _add_table(
    context: Context,
    section: Section,
    program: str,
    settings: Mapping[str, str],
    times: Collection[str] = (),
) -> None:
    """`times` are counters in seconds."""
    core = settings.get("OPENBLAS_CORETYPE")
    named = f"{program} with OPENBLAS_CORETYPE={core}" if core else program
    heading = f"{named}, medians of {context.runs} repetitions:"
    context.say(f"{section.name}: {heading}")
    command = [
        str(BIN / program),
        "--benchmark_format=json",
        f"--benchmark_repetitions={context.runs}",
    ]
    try:
        benchmarks = read(run(command, timeout=3600, environment=settings))
    except (NotMeasured, ValueError) as why:
        section.rows.append(Figure(named).missing(str(why)))
        return
    section.tables += [heading, as_table(benchmarks, times)]
