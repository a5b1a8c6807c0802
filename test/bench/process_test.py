import os
import unittest

from compare.process import Traffic, cpu_seconds, peak_memory_bytes, traffic_in

LISTING = """\
ESTAB 0 0 127.0.0.1:4321 127.0.0.1:9091 users:(("mlp-coordinator",pid=12,fd=8)) cubic bytes_sent:1010 bytes_acked:1000 bytes_received:7 segs_out:3
ESTAB 0 0 127.0.0.1:4322 127.0.0.1:9092 users:(("mlp-coordinator",pid=12,fd=9)) cubic bytes_sent:5 bytes_acked:5 segs_out:3
ESTAB 0 0 127.0.0.1:9091 127.0.0.1:4321 users:(("mlp-node",pid=123,fd=8)) cubic bytes_acked:7 bytes_received:1000
"""  # noqa: E501


class ProcessTest(unittest.TestCase):
    def test_traffic_is_that_of_the_process_alone(self) -> None:
        self.assertEqual(traffic_in(LISTING, 12), Traffic(sent=1005, received=7))
        self.assertEqual(traffic_in(LISTING, 123) - Traffic(2, 0), Traffic(sent=5, received=1000))
        self.assertEqual(traffic_in("", 12), Traffic(0, 0))

    def test_this_process_has_used_some_memory_and_no_more_time_than_it_ran(self) -> None:
        self.assertGreater(peak_memory_bytes(os.getpid()), 1 << 20)
        self.assertGreaterEqual(cpu_seconds(os.getpid()), 0)
