import json
import unittest

from compare.report import number, to_json, to_markdown
from compare.row import Measured, Missing, Section, Seen, at_least, at_most
from compare.samples import Samples

SECTION = Section(
    "dispatch",
    "an empty step",
    rows=[
        Measured("tasks", Samples.of(9000, 12000, 11000), "/s", at_least(10_000)),
        Measured("round trip", Samples.of(3, 2.5, 2), "ms", at_most(2)),
        Measured("node", Samples.of(0.0123), "ms"),
        Seen("digest", "that of 4 nodes", True, "it is"),
        Missing("echo", "echo_bench is not built", "x", at_most(3)),
    ],
    notes=["As plain as it can be."],
)


class ReportTest(unittest.TestCase):
    def test_a_row_has_its_bar_its_figure_and_whether_the_bar_is_met(self) -> None:
        lines = to_markdown({}, [SECTION]).splitlines()
        self.assertIn("| tasks | ≥ 10,000 /s | 11,000 /s | 9,000..12,000 (n=3) | met |", lines)
        self.assertIn("| round trip | ≤ 2 ms | 2.50 ms | 2.00..3.00 (n=3) | **not met** |", lines)
        self.assertIn("| node | none | 0.0123 ms | 0.0123..0.0123 (n=1) | – |", lines)
        self.assertIn("| digest | that of 4 nodes | it is |  | met |", lines)

    def test_what_was_not_measured_says_why_and_is_not_met(self) -> None:
        text = to_markdown({}, [SECTION])
        self.assertIn("| echo | ≤ 3 x | not measured: echo_bench is not built |  | – |", text)
        self.assertIn("Of 4 bars 2 are met, 1 are not, 1 were not measured.", text)

    def test_json_has_every_repetition(self) -> None:
        document = json.loads(to_json({"processor": "a"}, [SECTION]))
        rows = document["sections"][0]["rows"]
        self.assertEqual(rows[0]["samples"], [9000, 12000, 11000])
        self.assertEqual((rows[1]["bar"], rows[1]["met"]), ({"at_most": 2}, False))
        self.assertEqual(rows[4]["not_measured"], "echo_bench is not built")
        self.assertIsNone(rows[4]["met"])
        self.assertEqual(document["facts"], {"processor": "a"})

    def test_a_bar_in_a_cell_does_not_end_the_cell(self) -> None:
        self.assertIn("| a \\| b |", to_markdown({"compiler": "a | b"}, []))

    def test_numbers_have_three_digits(self) -> None:
        figures = [
            (12345.6, "12,346"),
            (99.96, "100.0"),
            (1.2345, "1.23"),
            (0.00123456, "0.00123"),
            (0, "0"),
        ]
        for value, text in figures:
            self.assertEqual(number(value), text)
