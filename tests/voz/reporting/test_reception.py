"""Loss, bursts and jitter of one source."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import TestCase

from voz.reporting.reception import SETTLED, Reception


def fed(numbers: list[int]) -> Reception:
    """A reception of these sequence numbers, one each 20 ms."""
    reception = Reception()
    for index, number in enumerate(numbers):
        reception.received(number & 0xFFFF, 960 * number & 0xFFFFFFFF, 0.02 * index, 50)
    return reception


class ReceptionTests(TestCase):
    """Counting as RFC 3550 does."""

    def test_no_loss(self) -> None:
        """A run without a hole has no loss and no bursts."""
        reception = fed(list(range(100, 200)))
        self.assertEqual((reception.expected, reception.lost, reception.octets), (100, 0, 5000))
        self.assertEqual(reception.bursts().mean, 0.0)

    def test_wrap(self) -> None:
        """Sequence numbers that wrap are counted on."""
        reception = fed(list(range(65500, 65600)))
        self.assertEqual((reception.expected, reception.lost), (100, 0))
        self.assertEqual(reception.highest, 65599)

    def test_bursts(self) -> None:
        """Two holes of one and one of four packets: six missing, three runs, two on average."""
        missing = {20, 40, 60, 61, 62, 63}
        reception = fed([number for number in range(100) if number not in missing])
        bursts = reception.bursts()
        self.assertEqual((bursts.missing, bursts.runs, bursts.mean), (6, 3, 2.0))
        self.assertEqual(bursts.packets, 100 - SETTLED)
        self.assertEqual(reception.lost, 6)

    def test_reordered_and_doubled(self) -> None:
        """A late packet fills its hole; one that comes twice is counted as such."""
        reception = fed([0, 1, 3, 2, 4, 4, *range(5, 30)])
        self.assertEqual((reception.reordered, reception.duplicates), (1, 1))
        self.assertEqual(reception.bursts().missing, 0)

    def test_interval(self) -> None:
        """Each report speaks of what came since the last one."""
        reception = fed([0, 1, 2, 4])
        self.assertEqual(reception.interval(), (5, 1))
        for number in (5, 6, 9):
            reception.received(number, 960 * number, 0.02 * number, 50)
        self.assertEqual(reception.interval(), (5, 2))
        self.assertEqual(reception.interval(), (0, 0))

    def test_jitter(self) -> None:
        """The jitter of a line that alternates by 10 ms tends to 10 ms, and a wrapped timestamp is none."""
        reception = Reception()
        for index in range(300):
            reception.received(
                index, (2**32 - 960 * 100 + 960 * index) % 2**32, 0.02 * index + 0.01 * (index % 2), 1
            )
        self.assertApproximates(reception.jitter, 0.010, 0.001)

    def test_a_source_that_starts_anew(self) -> None:
        """A jump of the numbers is no loss of thousands."""
        reception = fed([*range(50), *range(20000, 20050)])
        self.assertLess(reception.lost, 2)

    @given(st.lists(st.tuples(st.integers(0, 65535), st.integers(0, 2**32 - 1)), max_size=50))
    def test_anything(self, rows: list[tuple[int, int]]) -> None:
        """Any numbers keep the counters sane."""
        reception = Reception()
        for index, (number, timestamp) in enumerate(rows):
            reception.received(number, timestamp, 0.02 * index, 10)
            expected, lost = reception.interval()
            self.assertGreaterEqual(lost, 0)
            self.assertLess(expected, 70_000)
        self.assertEqual(reception.packets, len(rows))
        self.assertGreaterEqual(reception.bursts().runs, 0)
