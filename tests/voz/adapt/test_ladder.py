"""The ladder: which protection for which reports."""

from __future__ import annotations

from random import Random

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import TestCase

from voz.adapt.ladder import CLEAN, DOWN_AFTER, LADDER, Ladder, LineReport

PLENTY = 120_000.0


class LadderTests(TestCase):
    """Reports every 500 ms."""

    def setUp(self) -> None:
        """At its foot."""
        self.ladder = Ladder()
        self.now = 0.0

    def feed(self, lost: int, times: int = 1, burst: float = 1.0) -> None:
        """So many reports of 25 packets with so many of them lost."""
        for _ in range(times):
            self.now += 0.5
            self.ladder.report(LineReport(self.now, 25, lost, burst if lost else 0.0))

    def test_classes(self) -> None:
        """Each share of loss, kept up for 4 s, leads to its class."""
        for lost, level in ((0, 0), (1, 2), (2, 2), (4, 3), (6, 4), (10, 4)):
            self.setUp()
            self.feed(lost, 8)
            self.assertEqual(self.ladder.level, level, lost)

    def test_one_in_a_hundred(self) -> None:
        """A per cent of loss asks for in-band FEC, no more."""
        for _ in range(4):
            self.feed(1)
            self.feed(0, 3)
        self.assertEqual(self.ladder.step(PLENTY).name, "fec-38")

    def test_starts_clean(self) -> None:
        """Without a report and without loss the clean step is used."""
        self.assertIs(self.ladder.step(PLENTY), CLEAN)
        self.feed(0, 20)
        self.assertIs(self.ladder.step(PLENTY), CLEAN)

    def test_up_at_once(self) -> None:
        """After a clean minute one bad report is enough."""
        self.feed(0, 120)
        self.feed(8)
        self.assertGreaterEqual(self.ladder.level, 3)

    def test_down_slowly(self) -> None:
        """After loss has ended it comes down a class at a time, each after DOWN_AFTER seconds."""
        self.feed(8, 8)
        self.assertEqual(self.ladder.level, 4)
        self.feed(0, int(2 * DOWN_AFTER) - 1)
        self.assertEqual(self.ladder.level, 4)
        seen = []
        for _ in range(200):
            self.feed(0)
            seen.append(self.ladder.level)
        self.assertEqual(sorted(set(seen), reverse=True), [4, 3, 2, 1, 0])
        self.assertGreater(seen.index(0), 3 * 2 * DOWN_AFTER)

    def test_long_bursts(self) -> None:
        """The same loss in long runs asks for one class more."""
        self.feed(2, 8, burst=1.0)
        random = self.ladder.level
        self.setUp()
        self.feed(2, 8, burst=3.0)
        self.assertEqual(self.ladder.level, random + 1)

    def test_packets_found_again(self) -> None:
        """Packets that were only out of order are no loss."""
        for _ in range(10):
            self.now += 0.5
            self.ladder.report(LineReport(self.now, 25, 2))
            self.now += 0.001
            self.ladder.report(LineReport(self.now, 0, -2))
        self.assertLessEqual(self.ladder.level, 2)
        self.assertLess(self.ladder.latest_loss, 0.02)

    @given(st.floats(5_000, 130_000), st.integers(0, 4))
    def test_never_more_than_allowed(self, allowed: float, level: int) -> None:
        """A step takes no more than the line does, unless nothing thinner exists."""
        ladder = Ladder()
        ladder._class = level
        for chosen in (10, 20):
            step = ladder.step(allowed, 66_000, chosen)
            fits = step.line(chosen) <= allowed and step.payload(chosen) <= 66_000
            self.assertTrue(fits or step == LADDER[level][-1])

    def test_rates(self) -> None:
        """No first step of a class makes more than 66 kbit/s, every class goes down to 12, and to a line of
        16 with all headers."""
        for steps in LADDER:
            self.assertLessEqual(steps[0].payload(), 66_000)
            self.assertLessEqual(steps[-1].payload(), 12_000)
            self.assertLessEqual(steps[-1].line(), 16_000)

    def test_frames_get_longer_on_a_narrow_line(self) -> None:
        """The narrower the line, the longer the frames: 20, 40 and 60 ms; a wide one has what was chosen."""
        lengths = {rate: self.ladder.step(rate).length() for rate in (120_000, 46_000, 36_000, 18_000)}
        self.assertEqual(lengths, {120_000: 20, 46_000: 20, 36_000: 40, 18_000: 60})
        self.assertEqual(self.ladder.step(120_000, chosen_ms=10).length(10), 10)
        # 40 ms cost a line of 36 kbit/s 10 kbit/s of headers; 20 ms would leave 16 for the voice.
        self.assertGreaterEqual(self.ladder.step(36_000).bitrate, 26_000)

    def test_what_a_full_line_drops(self) -> None:
        """Losses that are not believed, or forgiven afterwards, ask for no protection."""
        for _ in range(8):
            self.now += 0.5
            self.ladder.report(LineReport(self.now, 25, 12), believed=False)
        self.assertEqual(self.ladder.level, 0)
        self.assertGreater(self.ladder.latest_loss, 0.4)
        self.feed(12, 4)
        self.assertEqual(self.ladder.level, 4)
        self.ladder.forgive(self.now, noise=0.1)
        self.feed(2, 4)
        self.assertEqual(self.ladder.level, 3)

    def test_random_loss_is_stable(self) -> None:
        """A steady 10 % of random loss does not make it swing by more than one class, after the first
        seconds."""
        random = Random(4)
        seen = set()
        for index in range(240):
            self.feed(sum(random.random() < 0.10 for _ in range(25)))
            if index > 20:
                seen.add(self.ladder.level)
        self.assertLessEqual(max(seen) - min(seen), 2)
        self.assertGreaterEqual(min(seen), 2)
