import json
import unittest

from compare.google_benchmark import as_table, read


def entry(name: str, **more: object) -> dict[str, object]:
    common = {
        "name": name,
        "run_name": name,
        "run_type": "iteration",
        "threads": 1,
        "iterations": 9,
    }
    return {**common, "real_time": 1.5, "cpu_time": 1.4, "time_unit": "ms", **more}


def output(*entries: dict[str, object]) -> str:
    return json.dumps({"context": {}, "benchmarks": entries})


class GoogleBenchmarkTest(unittest.TestCase):
    def test_counters_are_what_is_not_standard(self) -> None:
        (found,) = read(output(entry("Train/16", GFLOPs=60.5, label="ours")))
        self.assertEqual((found.name, found.nanoseconds, found.label), ("Train/16", 1.5e6, "ours"))
        self.assertEqual(found.counters, {"GFLOPs": 60.5})

    def test_of_a_repeated_benchmark_the_median_counts(self) -> None:
        aggregate = {"run_type": "aggregate", "run_name": "a"}
        repeated = [entry("a", real_time=time) for time in (1, 2, 9)]
        repeated += [
            entry("a_mean", aggregate_name="mean", real_time=4, **aggregate),
            entry("a_median", aggregate_name="median", real_time=2, **aggregate),
        ]
        found = read(output(*repeated, entry("b")))
        self.assertEqual(
            [(each.name, each.nanoseconds) for each in found], [("a", 2e6), ("b", 1.5e6)]
        )

    def test_an_error_stands_in_its_row(self) -> None:
        failed = entry("c", error_occurred=True, error_message="no AVX-512")
        text = as_table(read(output(entry("a", rate=2.0), failed)))
        self.assertIn("| `a` | 1.50 ms | 2.00 |", text)
        self.assertIn("| `c` | no AVX-512 |  |", text)

    def test_large_counters_are_shortened(self) -> None:
        text = as_table(read(output(entry("a", FLOPS=7.71e10, rows=2e6, share_of_peak=0.625))))
        self.assertIn("| `a` | 1.50 ms | 77.1 G | 2.00 M | 0.625 |", text)

    def test_times_have_a_unit(self) -> None:
        text = as_table(
            read(output(entry("a", decision=1.5e-6, decisions=3.0))), times={"decision"}
        )
        self.assertIn("| `a` | 1.50 ms | 1.50 µs | 3.00 |", text)

    def test_other_output_is_refused(self) -> None:
        for text in ("", "{}", "[]", "no json"):
            with self.assertRaises(ValueError):
                read(text)
