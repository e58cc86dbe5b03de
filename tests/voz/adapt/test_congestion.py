"""A full line told from a noisy one."""

from __future__ import annotations

from random import Random

from twisted.trial.unittest import TestCase

from voz.adapt import congestion
from voz.adapt.congestion import UNLIMITED, Congestion, Delivery, is_full


class JudgementTests(TestCase):
    """What came with more rate."""

    def test_rows(self) -> None:
        """More loss with more rate is a full line only when hardly more was delivered."""
        rows = [
            ("noise stays noise", (100, 10, 32_000), (100, 11, 60_000), False),
            ("all of the rise is lost", (100, 5, 32_000), (100, 48, 60_000), True),
            ("noise and a full line", (100, 10, 32_000), (100, 52, 60_000), True),
            ("too little is known", (10, 0, 32_000), (100, 48, 60_000), False),
            ("too little is known after it", (100, 5, 32_000), (10, 5, 60_000), False),
            ("the rate did not really rise", (100, 5, 32_000), (100, 48, 33_000), False),
            ("chance", (25, 2, 32_000), (50, 10, 60_000), False),
            ("less loss", (100, 30, 32_000), (100, 5, 60_000), False),
        ]
        for name, before, after, full in rows:
            self.assertEqual(is_full(Delivery(*before), Delivery(*after)), full, name)

    def test_sums(self) -> None:
        """Deliveries add up; the rate is the mean by packets."""
        together = Delivery(10, 1, 1000.0) + Delivery(30, 3, 2000.0)
        self.assertEqual(together, Delivery(40, 4, 1750.0))
        self.assertEqual(Delivery().loss, 0.0)


class CongestionTests(TestCase):
    """Reports every 500 ms."""

    def setUp(self) -> None:
        """A line that nothing is known of."""
        self.congestion = Congestion()
        self.now = 0.0

    def feed(self, times: int, rate: float, loss: float = 0.0, trip: float | None = 0.05) -> None:
        """So many reports."""
        random = Random(5)
        for _ in range(times):
            self.now += 0.5
            lost = sum(random.random() < loss for _ in range(25))
            self.congestion.report(self.now, Delivery(25, lost, rate), trip)

    def test_a_noisy_line(self) -> None:
        """Thirty per cent of noise, with a rise in rate, never limits anything."""
        self.feed(6, 32_000, 0.3)
        self.congestion.rising()
        self.feed(100, 60_000, 0.3)
        self.assertEqual(self.congestion.allowed, UNLIMITED)
        self.assertFalse(self.congestion.full)

    def test_a_line_that_drops(self) -> None:
        """A line of 32 kbit/s without a queue, found out within 3 s of the rise, is allowed about that."""
        self.feed(6, 32_000, 0.05)
        self.congestion.rising()
        self.feed(6, 64_000, 0.52)
        self.assertTrue(self.congestion.full)
        self.assertTrue(26_000 <= self.congestion.allowed <= 34_000, self.congestion.allowed)

    def test_a_line_that_holds_back(self) -> None:
        """A round trip that has grown by 200 ms means a full queue: less until it is empty, then nearly all
        of what went through meanwhile."""
        self.feed(10, 50_000)
        self.feed(2, 44_000, trip=0.25)
        self.assertTrue(self.congestion.queued)
        self.assertLess(self.congestion.allowed, 40_000)
        self.feed(3, 40_000, trip=0.15)
        self.feed(1, 36_000, trip=0.06)
        self.assertFalse(self.congestion.queued)
        self.assertApproximates(self.congestion.allowed, 40_000 * congestion.FULL_SHARE, 100)

    def test_noise_while_the_queue_is_full(self) -> None:
        """What the queue drops is not taken for what the line carries: the rate at which packets come out of
        it without drops is."""
        self.feed(10, 50_000, 0.1)
        self.feed(2, 80_000, 0.55, trip=0.25)
        self.assertLess(self.congestion.allowed, 45_000)
        self.feed(1, 60_000, 0.4, trip=0.25)
        self.feed(3, 40_000, 0.1, trip=0.15)
        self.feed(1, 30_000, 0.1)
        self.assertApproximates(self.congestion.allowed, 40_000 * congestion.FULL_SHARE, 100)

    def test_gone_before_it_was_measured(self) -> None:
        """If the queue is gone at once, more is tried soon."""
        self.feed(10, 50_000)
        self.feed(2, 30_000, trip=0.25)
        self.feed(1, 30_000)
        low = self.congestion.allowed
        self.feed(int(2 * congestion.UNSURE_RETRY) + 1, 25_000)
        self.assertApproximates(self.congestion.allowed, low * congestion.GROWTH, 100)

    def test_a_longer_way(self) -> None:
        """A round trip that stays long although less is sent is a longer way: nothing is limited."""
        self.feed(20, 40_000)
        self.feed(60, 34_000, trip=0.30)
        self.assertEqual(self.congestion.allowed, UNLIMITED)
        self.assertFalse(self.congestion.full)

    def test_a_long_way_is_no_queue(self) -> None:
        """A long round trip that does not change, or one slow report, is nothing."""
        self.feed(20, 40_000, trip=0.6)
        self.feed(1, 40_000, trip=0.9)
        self.feed(20, 40_000, trip=0.6)
        self.assertEqual(self.congestion.allowed, UNLIMITED)

    def test_tries_again(self) -> None:
        """After a while more is tried, step by step, until the line is free again."""
        self.test_a_line_that_holds_back()
        self.feed(int(2 * congestion.FIRST_RETRY) + 2, 30_000)
        self.assertApproximates(
            self.congestion.allowed, 40_000 * congestion.FULL_SHARE * congestion.GROWTH, 200
        )
        self.feed(2000, 30_000)
        self.assertEqual(self.congestion.allowed, UNLIMITED)
        self.assertFalse(self.congestion.full)

    def test_a_trial_that_fails(self) -> None:
        """The first sign of a queue after a trial brings back what was allowed before it, and the next one
        is waited for twice as long."""
        self.test_a_line_that_holds_back()
        before = self.congestion.allowed
        self.feed(int(2 * congestion.FIRST_RETRY) + 2, 30_000)
        self.feed(1, 40_000, trip=0.11)
        self.feed(1, 30_000)
        self.assertEqual(self.congestion.allowed, before)
        before = self.congestion.allowed
        self.feed(int(2 * congestion.FIRST_RETRY) + 2, 30_000)
        self.assertEqual(self.congestion.allowed, before)

    def test_never_below_the_least(self) -> None:
        """A line that carries nothing is still tried with the least."""
        self.feed(10, 20_000)
        for _ in range(20):
            self.feed(3, 20_000, 0.9, trip=0.5)
        self.assertEqual(self.congestion.allowed, congestion.LEAST)

    def test_without_a_round_trip(self) -> None:
        """Reports from which no round trip is known are taken too."""
        self.feed(10, 32_000, trip=None)
        self.assertEqual(self.congestion.allowed, UNLIMITED)

    def test_no_room_for_reports(self) -> None:
        """Where a full queue swallows our reports too, so that no round trip is known, heavy loss means
        a full line; light loss is not."""
        self.feed(20, 40_000, 0.1, trip=None)
        self.assertEqual(self.congestion.allowed, UNLIMITED)
        self.feed(congestion.UNANSWERED, 80_000, 0.5, trip=None)
        self.assertLess(self.congestion.allowed, 50_000)
