"""What every microphone and every loudspeaker must do."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from twisted.internet.task import Clock
from twisted.trial.unittest import TestCase

from voz.clock import BLOCK, MediaClock
from voz.codec import Sound
from voz.device import CaptureFactory, DeviceContext, PlaybackFactory


class ThreadClock(Clock):
    """A fake clock that also takes calls from threads: at once, for there are none."""

    def callFromThread(self, call: Callable[..., None], *args: object) -> None:
        """Make the call."""
        call(*args)


class Stage:
    """A device's surroundings under a fake clock."""

    def __init__(self) -> None:
        self.reactor = ThreadClock()
        self.clock = MediaClock(self.reactor)
        self.troubles: list[str] = []
        self.context = DeviceContext(self.reactor, self.clock, self.troubles.append)
        self.clock.start()

    def run(self, seconds: float) -> None:
        """Let time go by."""
        self.reactor.pump([0.005] * round(seconds * 200))


def make_capture_tests(name: str, make: Callable[[TestCase], CaptureFactory]) -> type[TestCase]:
    """The contract's tests for one kind of microphone."""

    class CaptureContract(TestCase):
        """The contract of a microphone."""

        def setUp(self) -> None:
            """A microphone that is not started."""
            self.stage = Stage()
            self.capture = make(self)(self.stage.context)
            self.blocks: list[Sound] = []

        def deliver(self, block: Sound, reference: Sound | None) -> None:
            """Keep what is delivered."""
            self.blocks.append(block)

        def test_a_hundred_blocks_a_second(self) -> None:
            """From the start on a block of 480 int16 samples comes every 10 ms; the counters say so."""
            self.stage.run(0.1)
            self.assertEqual(self.blocks, [])
            self.capture.start(self.deliver)
            self.stage.run(1.0)
            self.assertApproximates(len(self.blocks), 100, 1)
            for block in self.blocks:
                self.assertEqual((block.dtype, block.shape), (np.dtype(np.int16), (BLOCK,)))
            self.assertEqual(self.capture.counters().blocks, len(self.blocks))

        def test_stop(self) -> None:
            """Stopped, also twice, it delivers nothing more."""
            self.capture.start(self.deliver)
            self.stage.run(0.1)
            before = len(self.blocks)
            self.capture.stop()
            self.capture.stop()
            self.stage.run(0.2)
            self.assertEqual(len(self.blocks), before)

    CaptureContract.__name__ = CaptureContract.__qualname__ = f"{name}CaptureContract"
    return CaptureContract


def make_playback_tests(name: str, make: Callable[[TestCase], PlaybackFactory]) -> type[TestCase]:
    """The contract's tests for one kind of loudspeaker."""

    class PlaybackContract(TestCase):
        """The contract of a loudspeaker."""

        def setUp(self) -> None:
            """A loudspeaker that is not started."""
            self.stage = Stage()
            self.playback = make(self)(self.stage.context)
            self.pulled = 0

        def pull(self) -> Sound:
            """One more block."""
            self.pulled += 1
            return np.full(BLOCK, self.pulled, np.int16)

        def test_a_hundred_blocks_a_second(self) -> None:
            """From the start on a block is pulled every 10 ms, at most two ahead; the counters say so."""
            self.playback.start(self.pull)
            self.stage.run(1.0)
            self.assertApproximates(self.pulled, 100, 2)
            self.assertEqual(self.playback.counters().blocks, self.pulled)
            self.playback.stop()

        def test_stop(self) -> None:
            """Stopped, also twice, it pulls nothing more."""
            self.playback.start(self.pull)
            self.stage.run(0.1)
            before = self.pulled
            self.playback.stop()
            self.playback.stop()
            self.stage.run(0.2)
            self.assertEqual(self.pulled, before)

    PlaybackContract.__name__ = PlaybackContract.__qualname__ = f"{name}PlaybackContract"
    return PlaybackContract
