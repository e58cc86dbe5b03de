"""The target of the jitter buffer, by lists of (transit, arrival)."""

from __future__ import annotations

from random import Random

from twisted.trial.unittest import TestCase

from voz.playout import delay
from voz.playout.delay import DelayEstimator

FRAME = 0.020


class DelayEstimatorTests(TestCase):
    """What is learnt from when frames become available."""

    def setUp(self) -> None:
        """An estimator that knows nothing, and a line without a delay."""
        self.estimator = DelayEstimator()
        self.now = 100.0

    def feed(self, delays: list[float], *, waited: float = 0.0) -> None:
        """One frame each 20 ms, each with this delay beyond 5 s of odds between the clocks."""
        for extra in delays:
            self.now += FRAME
            self.estimator.available(5.0 + extra, self.now + extra, waited=waited)

    def test_a_clean_line(self) -> None:
        """Frames that are all on time need the least target."""
        self.feed([0.030] * 200)
        self.assertApproximates(self.estimator.target, delay.FLOOR, 0.001)
        self.assertApproximates(self.estimator.base, 5.030, 1e-9)

    def test_nothing_known(self) -> None:
        """Before the first frame there is a start value."""
        self.assertEqual(self.estimator.target, delay.START)

    def test_jitter(self) -> None:
        """The target lets through the wanted share of a gamma distribution, and is not longer."""
        random = Random(1)
        rows = [random.gammavariate(2, 0.010) for _ in range(2000)]
        self.feed(rows)
        target = self.estimator.target
        in_time = sum(row - min(rows[-500:]) <= target for row in rows[-500:]) / 500
        self.assertGreaterEqual(in_time, delay.QUANTILE - 0.005)
        self.assertLess(target, 0.085)

    def test_up_at_once_down_slowly(self) -> None:
        """Ten late frames raise the target at once; it sinks only after a while, by a millisecond a frame."""
        self.feed([0.0] * 100)
        self.feed([0.040] * 10)
        high = self.estimator.target
        self.assertGreater(high, 0.040)
        self.feed([0.0] * int(delay.HOLD / FRAME))
        self.assertEqual(self.estimator.target, high)
        self.feed([0.0] * (int(delay.WINDOW / FRAME) + 100))
        self.assertLess(self.estimator.target, 0.030)

    def test_in_silence(self) -> None:
        """A target that is too high sinks as fast where silence sends a packet each 140 ms only, until it is
        so near to the least that it stays."""
        self.feed([0.0] * 100)
        self.feed([0.040] * 5)
        self.estimator._order.clear()
        self.estimator._sorted.clear()
        high = self.estimator.target
        self.assertGreater(high, 0.030)
        for _ in range(int(delay.HOLD / 0.140) + 6):
            self.now += 0.140
            self.estimator.available(5.0, self.now)
        self.assertLess(self.estimator.target, delay.FLOOR + delay.NEAR)

    def test_start_up(self) -> None:
        """What came late while the devices were being opened is forgotten within two seconds."""
        self.feed([0.075, 0.055, 0.035, 0.015])
        self.assertGreater(self.estimator.target, 0.060)
        self.feed([0.0] * 96)
        self.assertApproximates(self.estimator.target, delay.FLOOR, 0.001)

    def test_a_spike_is_left_out(self) -> None:
        """Frames held back together for 200 ms, which then come at once, do not raise the target."""
        self.feed([0.0] * 100)
        arrival = self.now + 0.220
        for _ in range(10):
            self.now += FRAME
            self.estimator.available(5.0 + arrival - self.now, arrival)
        self.feed([0.0] * 20)
        self.assertLess(self.estimator.target, 0.030)

    def test_a_jump_up_is_a_new_line(self) -> None:
        """When every frame takes 60 ms more, the base follows within 2 s and the target within 5 s."""
        self.feed([0.0] * 300)
        self.feed([0.060] * 100)
        self.assertApproximates(self.estimator.base, 5.060, 0.001)
        self.feed([0.060] * 150)
        self.assertLess(self.estimator.target, delay.FLOOR + 0.010)

    def test_a_jump_down(self) -> None:
        """When every frame takes 60 ms less, the same."""
        self.feed([0.060] * 300)
        self.feed([0.0] * 250)
        self.assertApproximates(self.estimator.base, 5.0, 0.001)
        self.assertLess(self.estimator.target, delay.FLOOR + 0.010)

    def test_drift(self) -> None:
        """Clocks that drift apart by 200 ppm for half an hour keep the target low."""
        self.feed([200e-6 * FRAME * index for index in range(90_000)])
        self.assertLess(self.estimator.target, 0.015)

    def test_copies_that_save(self) -> None:
        """Where frames live from copies that come 60 ms later, the target covers nearly all of them."""
        random = Random(2)
        for _ in range(1000):
            saved = random.random() < 0.015
            self.feed([0.060 if saved else 0.0], waited=0.060 * saved)
        self.assertGreater(self.estimator.target, 0.060)

    def test_few_copies_that_save(self) -> None:
        """A copy that saves one frame in a hundred, by chance none for seconds, keeps the target where it
        is: each change would be heard."""
        random = Random(3)
        targets = set()
        for index in range(6000):
            saved = random.random() < 0.01
            self.feed([0.020 if saved else 0.0], waited=0.020 * saved)
            if index > 1500:
                targets.add(round(self.estimator.target, 3))
        self.assertEqual(targets, {round(0.020 + delay.MARGIN, 3)})

    def test_a_copy_after_a_jam(self) -> None:
        """A copy that was held up by a jam is waited for as long as copies take, not as long as the jam."""
        self.feed([0.0] * 300)
        for _ in range(30):
            self.feed([0.200] * 9)
            self.feed([0.240], waited=0.040)
        self.feed([0.0] * int((delay.WINDOW + 10) / FRAME))
        self.assertLess(self.estimator.target, 0.060)

    def test_long_frames(self) -> None:
        """The windows are of time, not of frames."""
        for index in range(1000):
            self.estimator.available(5.0, 100 + index * 0.040, frame=0.040)
        self.assertLessEqual(len(self.estimator._order), delay.WINDOW / 0.040)

    def test_ceiling(self) -> None:
        """Whatever comes, the target stays at the ceiling."""
        estimator = DelayEstimator(ceiling=0.100)
        for index in range(200):
            estimator.available(0.5 * (index % 2), 100 + index * FRAME)
        self.assertEqual(estimator.target, 0.100)

    def test_bounded(self) -> None:
        """After an hour it holds no more than its windows."""
        random = Random(3)
        self.feed([random.expovariate(50) for _ in range(180_000 // 10)])
        self.assertLessEqual(len(self.estimator._order), delay.WINDOW / FRAME)
        self.assertLessEqual(len(self.estimator._saves), delay.SAVES_WINDOW / FRAME)
        self.assertEqual(sorted(self.estimator._order), self.estimator._sorted)
        self.assertLess(len(self.estimator._minima), 600)
