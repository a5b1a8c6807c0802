import os
import unittest

from compare.process import Traffic, cpu_seconds, peak_memory_bytes, traffic_in


def connection(pid: int, figures: str) -> str:
    ends = "ESTAB 0 0 127.0.0.1:4321 127.0.0.1:9091"
    return f'{ends} users:(("mlp-node",pid={pid},fd=8)) cubic bytes_sent:99 {figures} segs_out:3\n'


LISTING = (
    connection(12, "bytes_acked:1000 bytes_received:7")
    + connection(12, "bytes_acked:5")
    + connection(123, "bytes_acked:7 bytes_received:1000")
)


class ProcessTest(unittest.TestCase):
    def test_traffic_is_that_of_the_process_alone(self) -> None:
        self.assertEqual(traffic_in(LISTING, 12), Traffic(sent=1005, received=7))
        self.assertEqual(traffic_in(LISTING, 123) - Traffic(2, 0), Traffic(sent=5, received=1000))
        self.assertEqual(traffic_in("", 12), Traffic(0, 0))

    def test_this_process_has_used_some_memory_and_no_more_time_than_it_ran(self) -> None:
        self.assertGreater(peak_memory_bytes(os.getpid()), 1 << 20)
        self.assertGreaterEqual(cpu_seconds(os.getpid()), 0)
