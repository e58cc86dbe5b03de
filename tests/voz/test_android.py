"""Android's devices, with Java played by the test."""

from __future__ import annotations

import threading
from collections.abc import Callable
from queue import Empty, Queue
from typing import Any

import numpy as np
from twisted.internet.task import Clock
from twisted.trial.unittest import TestCase

from voz.clock import BLOCK, MediaClock
from voz.codec import Sound
from voz.device import DeviceContext, DeviceError, android
from voz.reporting import alerts

OCTETS = 2 * BLOCK


class Reactor(Clock):
    """A clock that also takes calls from threads, and makes them when it is told to."""

    def __init__(self) -> None:
        super().__init__()
        self.waiting: Queue[tuple[Callable[..., None], tuple[Any, ...]]] = Queue()

    def callFromThread(self, call: Callable[..., None], *args: Any) -> None:
        """Kept for `work`."""
        self.waiting.put((call, args))

    def work(self, calls: int) -> None:
        """Make so many calls, waiting for each at most five seconds."""
        for _ in range(calls):
            try:
                call, args = self.waiting.get(timeout=5)
            except Empty:
                raise AssertionError("the device's thread does nothing") from None
            call(*args)


class Java:
    """AudioRecord and AudioTrack that move blocks when the test lets them."""

    def __init__(self, *, state: int = android.INITIALISED, fails: bool = False) -> None:
        self.state = state
        self.fails = fails
        self.turns = threading.Semaphore(0)
        self.played: list[bytes] = []
        self.events: list[str] = []
        self.number = 0

    def autoclass(self, name: str) -> Any:
        """Both classes are this object."""
        self.events.append(name.rpartition(".")[2])
        return self

    def detach(self) -> None:
        """Noted."""
        self.events.append("detach")

    def __call__(self, *args: int) -> Java:
        """Make one."""
        assert android.SAMPLE_RATE in args
        return self

    def getMinBufferSize(self, *args: int) -> int:
        """Some."""
        return 100

    def getState(self) -> int:
        """As the test wants it."""
        return self.state

    def __getattr__(self, name: str) -> Callable[[], None]:
        """All other calls are noted."""
        return lambda: self.events.append(name)

    def read(self, buffer: bytearray, start: int, size: int) -> int:
        """One block, when it is its turn."""
        if self.fails or not self.turns.acquire(timeout=0.2):
            return -1 if self.fails else 0
        self.number += 1
        buffer[start : start + size] = np.full(BLOCK, self.number, "<i2").tobytes()
        return size

    def write(self, data: bytes, start: int, size: int) -> int:
        """Take one block, when it is its turn."""
        if self.fails or not self.turns.acquire(timeout=0.2):
            return -1
        self.played.append(data)
        return size


class AndroidTests(TestCase):
    """Microphone and loudspeaker."""

    def setUp(self) -> None:
        """A context with threads."""
        self.reactor = Reactor()
        self.troubles: list[str] = []
        self.context = DeviceContext(self.reactor, MediaClock(self.reactor), self.troubles.append)

    def test_microphone(self) -> None:
        """Each block that Android gives is delivered on the reactor's thread, without a reference."""
        java, heard = Java(), []
        capture = android.AndroidCapture(self.context, java)
        java.turns.release(5)
        capture.start(lambda block, reference: heard.append((int(block[0]), len(block), reference)))
        self.reactor.work(5)
        capture.stop()
        capture.stop()
        self.assertEqual(heard, [(number, BLOCK, None) for number in range(1, 6)])
        self.assertEqual(capture.counters().blocks, 5)
        self.assertEqual(
            [event for event in java.events if event in ("stop", "release")], ["stop", "release"]
        )

    def test_loudspeaker(self) -> None:
        """Blocks are pulled ahead and written in order."""
        java = Java()
        playback = android.AndroidPlayback(self.context, java)
        numbers = iter(range(1, 1000))

        def pull() -> Sound:
            return np.full(BLOCK, next(numbers), np.int16)

        java.turns.release(6)
        playback.start(pull)
        self.reactor.work(6)
        playback.stop()
        playback.stop()
        written = [int(np.frombuffer(data, "<i2")[0]) for data in java.played]
        self.assertEqual([number for number in written if number][:3], [1, 2, 3])
        self.assertEqual({len(data) for data in java.played}, {OCTETS})

    def test_refused(self) -> None:
        """A microphone without permission, or a loudspeaker that cannot be had, is a DeviceError."""
        java = Java(state=0)
        self.assertRaises(DeviceError, android.AndroidCapture(self.context, java).start, lambda *_: None)
        self.assertRaises(DeviceError, android.AndroidPlayback(self.context, java).start, lambda: None)

    def test_fails_in_a_call(self) -> None:
        """A device that fails is told on the reactor's thread, and its thread ends."""
        java = Java(fails=True)
        capture, playback = (
            kind(self.context, java) for kind in (android.AndroidCapture, android.AndroidPlayback)
        )
        capture.start(lambda *_: None)
        playback.start(lambda: np.zeros(BLOCK, np.int16))
        self.reactor.work(3)
        self.assertEqual(set(self.troubles), {alerts.MIC_FAILED, alerts.SPEAKER_FAILED})
        capture.stop()
        playback.stop()
        self.assertEqual(java.events.count("detach"), 2)

    def test_elsewhere(self) -> None:
        """On a machine that is no Android the factories say so."""
        self.assertRaises(DeviceError, android.capture)
        self.assertRaises(DeviceError, android.playback)
