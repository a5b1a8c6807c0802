import unittest

from compare.peers import require_same_error
from compare.programs import NotMeasured


class PeersTest(unittest.TestCase):
    def test_a_peer_that_computes_something_else_is_not_measured(self) -> None:
        require_same_error("a peer", "float64", 0.33314, 1166 / 3500)
        require_same_error("a peer", "float32", 0.38, 1166 / 3500)
        for precision, error in (("float64", 0.3334), ("float32", 0.5)):
            with self.assertRaises(NotMeasured):
                require_same_error("a peer", precision, error, 1166 / 3500)
