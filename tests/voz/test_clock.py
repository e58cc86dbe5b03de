"""The media clock: a grid of 10 ms."""

from __future__ import annotations

from twisted.internet.task import Clock
from twisted.trial.unittest import TestCase

from voz.clock import MAX_CATCH_UP, MediaClock


class MediaClockTests(TestCase):
    """Ticks under a fake clock."""

    def setUp(self) -> None:
        """A clock that keeps its ticks and gaps."""
        self.timer = Clock()
        self.timer.advance(7.0)
        self.ticks: list[float] = []
        self.gaps: list[float] = []
        self.clock = MediaClock(self.timer, self.gaps.append)
        self.clock.add(self.ticks.append)

    def test_a_tick_every_ten_milliseconds(self) -> None:
        """A second has a hundred ticks, the first one 10 ms after the start."""
        self.clock.start()
        self.timer.pump([0.001] * 1001)
        self.assertEqual(len(self.ticks), 100)
        self.assertApproximates(self.ticks[0], 7.010, 1e-9)
        self.assertApproximates(self.ticks[-1], 8.0, 1e-9)

    def test_lateness_does_not_add_up(self) -> None:
        """A reactor that is 3 ms late at each turn loses no tick in a minute."""
        self.clock.start()
        self.timer.pump([0.013] * 4616)
        self.assertApproximates(len(self.ticks), 6000, 1)
        self.assertEqual(self.gaps, [])

    def test_lateness_is_told(self) -> None:
        """The latest tick of the last second or two is told, and forgotten then."""
        self.clock.start()
        self.timer.advance(0.012)
        self.assertApproximates(self.clock.lateness, 0.002, 1e-9)
        self.timer.advance(0.043)
        self.assertApproximates(self.clock.lateness, 0.035, 1e-9)
        self.timer.pump([0.005] * 250)
        self.assertApproximates(self.clock.lateness, 0.035, 1e-9)
        self.timer.pump([0.005] * 200)
        self.assertLess(self.clock.lateness, 0.006)

    def test_a_late_reactor_makes_up(self) -> None:
        """Ticks that came late are given at once, each with the time it was due."""
        self.clock.start()
        self.timer.advance(0.041)
        self.assertEqual([round(tick - 7, 3) for tick in self.ticks], [0.01, 0.02, 0.03, 0.04])

    def test_a_machine_that_slept(self) -> None:
        """After ten seconds of sleep the ticks go on from now, and the gap is told."""
        self.clock.start()
        self.timer.advance(0.01)
        self.timer.advance(10.0)
        self.assertLessEqual(len(self.ticks), 1 + MAX_CATCH_UP)
        self.assertApproximates(sum(self.gaps), 9.99, 0.011)
        before = len(self.ticks)
        self.timer.pump([0.001] * 100)
        self.assertEqual(len(self.ticks) - before, 10)

    def test_stop_and_start(self) -> None:
        """Stopped, also from within a tick, it ticks no more; started, it begins a new grid."""
        self.clock.add(lambda _: self.clock.stop())
        self.clock.start()
        self.timer.advance(0.05)
        self.assertEqual(len(self.ticks), 1)
        self.assertFalse(self.clock.running)
        self.assertEqual(self.timer.calls, [])
        self.timer.advance(1.0)
        self.clock.start()
        self.timer.advance(0.010)
        self.assertEqual(len(self.ticks), 2)
        self.assertEqual(self.gaps, [])

    def test_remove(self) -> None:
        """Who was removed hears nothing more; removing a stranger does no harm."""
        self.clock.remove(self.ticks.append)
        self.clock.remove(self.gaps.append)
        self.clock.start()
        self.timer.advance(0.02)
        self.assertEqual(self.ticks, [])
