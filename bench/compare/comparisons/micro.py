"""Tables of our own micro-benchmarks, as Google Benchmark prints them."""

from __future__ import annotations

from collections.abc import Collection

from ..context import Context
from ..google_benchmark import as_table, read
from ..programs import BIN, NotMeasured, run
from ..row import Figure, Section


def _section(context: Context, section: Section, program: str, times: Collection[str] = ()) -> Section:
    """`times` are counters in seconds."""
    context.say(f"{section.name}: {program}")
    command = [BIN / program, "--benchmark_format=json", f"--benchmark_repetitions={context.runs}"]
    environment = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    try:
        section.tables.append(as_table(read(run(command, timeout=1800, environment=environment)), times))
        section.notes.append(f"Medians of {context.runs} repetitions.")
    except (NotMeasured, ValueError) as why:
        section.rows.append(Figure(program).missing(str(why)))
    return section


def scheduler(context: Context) -> Section:
    section = Section("scheduler", "what a decision costs, by the number of nodes")
    return _section(context, section, "scheduler_bench", times={"decision"})


def kernels(context: Context) -> Section:
    section = Section("kernels", "the arithmetic's share of what the processor can do")
    return _section(context, section, "kernels_bench")
