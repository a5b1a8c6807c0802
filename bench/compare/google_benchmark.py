"""Reads what a Google Benchmark program prints with --benchmark_format=json. Pure."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from .report import number, table

# Keys of a benchmark that are not its counters.
_STANDARD = frozenset({
    "name", "run_name", "run_type", "family_index", "per_family_instance_index", "repetitions",
    "repetition_index", "threads", "iterations", "real_time", "cpu_time", "time_unit", "label",
    "aggregate_name", "aggregate_unit", "error_occurred", "error_message", "big_o", "rms",
})  # fmt: skip
_NANOSECONDS = {"ns": 1.0, "us": 1e3, "ms": 1e6, "s": 1e9}


@dataclass(frozen=True)
class Benchmark:
    """One benchmark: the median of its repetitions if it was repeated, else its only run."""

    name: str
    nanoseconds: float  # real time of an iteration
    counters: Mapping[str, float]
    label: str = ""
    error: str = ""


def _benchmark(entry: Mapping[str, object]) -> Benchmark:
    name = str(entry.get("run_name", entry["name"]))
    if entry.get("error_occurred"):
        return Benchmark(name, 0.0, {}, error=str(entry.get("error_message", "failed")))
    counters = {
        key: float(value)
        for key, value in entry.items()
        if key not in _STANDARD and isinstance(value, (int, float)) and not isinstance(value, bool)
    }
    time = float(str(entry["real_time"])) * _NANOSECONDS[str(entry["time_unit"])]
    return Benchmark(name, time, counters, label=str(entry.get("label", "")))


def read(text: str) -> list[Benchmark]:
    """The benchmarks in the order of the program. ValueError if `text` is no such output."""
    try:
        entries = json.loads(text)["benchmarks"]
    except (KeyError, TypeError) as error:
        raise ValueError(f"no output of Google Benchmark: {error}") from error
    medians = {entry["run_name"] for entry in entries if entry.get("aggregate_name") == "median"}

    def counts(entry: Mapping[str, object]) -> bool:
        if entry.get("run_type") == "aggregate":
            return entry.get("aggregate_name") == "median"
        return entry.get("run_name", entry["name"]) not in medians

    return [_benchmark(entry) for entry in entries if counts(entry)]


def _time(nanoseconds: float) -> str:
    for unit, factor in (("s", 1e9), ("ms", 1e6), ("µs", 1e3)):
        if nanoseconds >= factor:
            return f"{number(nanoseconds / factor)} {unit}"
    return f"{number(nanoseconds)} ns"


def _counter(value: float | None, is_time: bool) -> str:
    if value is None:
        return ""
    if is_time:
        return _time(1e9 * value)
    for prefix, factor in (("G", 1e9), ("M", 1e6)):
        if value >= factor:
            return f"{number(value / factor)} {prefix}"
    return number(value)


def as_table(benchmarks: Sequence[Benchmark], times: Collection[str] = ()) -> str:
    """A Markdown table with a column for each counter; `times` are those that are in seconds."""
    names = list(dict.fromkeys(name for benchmark in benchmarks for name in benchmark.counters))
    labels = any(benchmark.label for benchmark in benchmarks)
    rows = []
    for benchmark in benchmarks:
        time = benchmark.error or _time(benchmark.nanoseconds)
        counters = [_counter(benchmark.counters.get(name), name in times) for name in names]
        row = [f"`{benchmark.name}`", time, *counters]
        rows.append([*row, benchmark.label] if labels else row)
    head = ["benchmark", "time", *names]
    return table([*head, ""] if labels else head, rows)
