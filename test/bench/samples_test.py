import unittest

from compare.samples import Samples, percentile


class SamplesTest(unittest.TestCase):
    def test_the_median_of_an_even_number_lies_between_the_middle_two(self) -> None:
        self.assertEqual(Samples.of(4, 1, 3, 100).median, 3.5)

    def test_a_ratio_is_taken_repetition_by_repetition(self) -> None:
        ratio = Samples.of(6, 20, 30) / Samples.of(2, 10, 10)
        self.assertEqual(ratio.values, (3, 2, 3))

    def test_a_ratio_of_unlike_numbers_of_repetitions_is_refused(self) -> None:
        with self.assertRaises(ValueError):
            Samples.of(1, 2) / Samples.of(1)

    def test_no_repetition_and_no_finite_figure_are_refused(self) -> None:
        for values in ((), (float("nan"),), (1.0, float("inf"))):
            with self.assertRaises(ValueError):
                Samples(values)

    def test_a_percentile_is_one_of_the_values(self) -> None:
        values = list(range(1, 101))
        self.assertEqual(percentile(values, 0.99), 99)
        self.assertEqual(percentile(values, 0.5), 50)
        self.assertEqual(percentile([7.0], 0.99), 7)
        with self.assertRaises(ValueError):
            percentile([], 0.5)
