import unittest

from compare.cluster import duration, timestamp
from compare.comparisons.letters_cluster import seconds_of
from compare.programs import NotMeasured


class TimesTest(unittest.TestCase):
    def test_a_timestamp_keeps_its_fraction(self) -> None:
        later, earlier = timestamp("2026-11-25T00:27:24.480670961Z"), timestamp(
            "2026-11-25T00:27:24Z"
        )
        self.assertAlmostEqual(later - earlier, 0.480670961, places=6)

    def test_a_duration_is_in_seconds(self) -> None:
        self.assertEqual((duration("0.010s"), duration("3s")), (0.01, 3))

    def test_the_client_tells_the_time_in_three_ways(self) -> None:
        for text, expected in (("987 ms", 0.987), ("1.25 s", 1.25), ("1 min 05 s", 65)):
            summary = f"job-1 SUCCEEDED in {text}, from submission to this summary"
            self.assertAlmostEqual(seconds_of(summary), expected)
        with self.assertRaises(NotMeasured):
            seconds_of("job-1 FAILED")
