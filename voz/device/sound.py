"""Sound cards: two streams of 10 ms blocks, and rings between their threads and the reactor.

A stream's callback copies one block, looks at the clock and wakes the reactor; all else happens there.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
from twisted.internet.interfaces import IReactorFromThreads

from voz.clock import BLOCK, TICK
from voz.device import (
    CaptureFactory,
    Deliver,
    DeviceContext,
    DeviceCounters,
    PlaybackFactory,
    Pull,
    portaudio,
)
from voz.device.ring import BlockRing
from voz.device.supervisor import Supervisor, Words
from voz.reporting import alerts

CAPACITY: int = 32
"""Blocks that a ring can hold: 320 ms of a stalled reactor."""
MOST_HELD: int = 6
"""Blocks held ready for a loudspeaker at most, after it ran dry …"""
CALM: int = 1500
"""… and one less after so many blocks without that: 15 s."""
FRESH: int = 2
"""Blocks that are taken of what was heard before this thread first had time for it: while it opened the other
device. More would only be late."""
WARM_UP: int = 50
"""Blocks at the start in which a loudspeaker that runs dry is only finding its pace."""


@dataclass(frozen=True, slots=True)
class SoundOptions:
    """A device by `name` (None: the system's default, which may change under us), and how much it holds.

    `latency` in seconds is asked of PortAudio; `held` blocks are kept ready for a loudspeaker.
    """

    name: str | None = None
    latency: float = 0.020
    held: int = 2


NORMAL = SoundOptions()
LOW_LATENCY = SoundOptions(latency=0.010, held=1)


class _Waker:
    """Calls a function on the reactor's thread, once for any number of wake-ups in a row."""

    def __init__(self, reactor: IReactorFromThreads, call: Callable[[], None]) -> None:
        self._reactor = reactor
        self._call = call
        self._pending = False

    def wake(self) -> None:
        """From any thread."""
        if not self._pending:
            self._pending = True
            self._reactor.callFromThread(self._run)

    def _run(self) -> None:
        self._pending = False
        self._call()


class _Pace:
    """How evenly a stream calls back: the mean by which the time between two calls is not 10 ms."""

    def __init__(self) -> None:
        self._last = 0.0
        self._calls = 0
        self._off = 0.0

    def beat(self) -> None:
        """It called back; on its thread."""
        now = time.perf_counter()
        if self._last:
            self._calls += 1
            self._off += abs(now - self._last - TICK)
        self._last = now

    @property
    def jitter_ms(self) -> float:
        """The mean since the start, in ms."""
        return self._off * 1000 / self._calls if self._calls else 0.0


class SoundCapture:
    """A microphone."""

    def __init__(self, context: DeviceContext, options: SoundOptions) -> None:
        self._reference_ring = context.reference
        self._deliver: Deliver | None = None
        self._heard, self._played = BlockRing(CAPACITY), BlockRing(CAPACITY)
        self._reference = np.zeros(BLOCK, np.int16)
        self._blocks = self._overruns = 0
        self._fresh = False
        self._pace = _Pace()
        self._waker = _Waker(cast(IReactorFromThreads, context.reactor), self._drain)
        words = Words(alerts.MIC_FAILED, alerts.MIC_CHANGED, alerts.MIC_BACK)
        self._supervisor = Supervisor(
            context,
            options.name,
            words,
            lambda name: portaudio.open_input(name, options.latency, self._callback),
            lambda device: device.inputs > 0,
        )

    def start(self, deliver: Deliver) -> None:
        """Deliver blocks from now on."""
        self._deliver = deliver
        self._supervisor.open()

    def stop(self) -> None:
        """Deliver nothing more."""
        self._deliver = None
        self._supervisor.close()

    def counters(self) -> DeviceCounters:
        """Blocks delivered; overruns are blocks that came while the reactor stood still, or that the card
        dropped."""
        return DeviceCounters(
            blocks=self._blocks,
            overruns=self._overruns,
            latency_ms=self._supervisor.latency * 1000,
            jitter_ms=self._pace.jitter_ms,
        )

    def _callback(self, data: Any, _frames: int, _time: Any, status: Any) -> None:
        # PortAudio's thread: copies, nothing else that takes time.
        self._pace.beat()
        self._overruns += bool(status.input_overflow)
        self._reference_ring.get_into(self._reference)
        if self._heard.put(np.frombuffer(data, np.int16)):
            self._played.put(self._reference)
        else:
            self._overruns += 1
        self._waker.wake()

    def _drain(self) -> None:
        self._supervisor.alive()
        while self._deliver is not None:
            played = self._played.get()
            heard = self._heard.get() if played is not None else None
            if heard is None:
                self._fresh = True
                return
            if self._fresh or len(self._heard) < FRESH:
                self._blocks += 1
                self._deliver(heard, played)


class SoundPlayback:
    """A loudspeaker."""

    def __init__(self, context: DeviceContext, options: SoundOptions) -> None:
        self._reference_ring = context.reference
        self._pull: Pull | None = None
        self._ready = BlockRing(CAPACITY)
        self._held = self._least_held = options.held
        self._calm_from = 0
        self._blocks = self._underruns = 0
        self._dry = 0
        self._pace = _Pace()
        self._waker = _Waker(cast(IReactorFromThreads, context.reactor), self._refill)
        words = Words(alerts.SPEAKER_FAILED, alerts.SPEAKER_CHANGED, alerts.SPEAKER_BACK)
        self._supervisor = Supervisor(
            context,
            options.name,
            words,
            lambda name: portaudio.open_output(name, options.latency, self._callback),
            lambda device: device.outputs > 0,
        )

    def start(self, pull: Pull) -> None:
        """Pull blocks from now on."""
        self._pull = pull
        self._refill()
        self._supervisor.open()

    def stop(self) -> None:
        """Pull nothing more."""
        self._pull = None
        self._supervisor.close()

    def counters(self) -> DeviceCounters:
        """Blocks pulled, and how often there was none when the card asked for it."""
        held = self._held * TICK * 1000
        latency = self._supervisor.latency * 1000 + held
        return DeviceCounters(
            blocks=self._blocks,
            underruns=self._underruns,
            latency_ms=latency,
            jitter_ms=self._pace.jitter_ms,
        )

    def _callback(self, data: Any, _frames: int, _time: Any, status: Any) -> None:
        # PortAudio's thread: copies, nothing else that takes time.
        self._pace.beat()
        out = np.frombuffer(data, np.int16)
        if not self._ready.get_into(out) or status.output_underflow:
            self._underruns += 1
        self._reference_ring.put(out)
        self._waker.wake()

    def _refill(self) -> None:
        self._supervisor.alive()
        self._hold_what_is_needed()
        while self._pull is not None and len(self._ready) < self._held:
            self._blocks += 1
            self._ready.put(self._pull())

    def _hold_what_is_needed(self) -> None:
        """A loudspeaker that ran dry gets one more block to live on, and gives it back when all is calm."""
        if self._underruns > self._dry:
            self._dry = self._underruns
            if self._blocks > WARM_UP:
                self._held = min(MOST_HELD, self._held + 1)
            self._calm_from = self._blocks
        elif self._blocks - self._calm_from > CALM:
            self._held = max(self._least_held, self._held - 1)
            self._calm_from = self._blocks


def capture(name: str | None = None, *, low_latency: bool = False) -> CaptureFactory:
    """A factory of microphones by the device's name; None is the system's default."""
    options = _options(name, low_latency=low_latency)
    return lambda context: SoundCapture(context, options)


def playback(name: str | None = None, *, low_latency: bool = False) -> PlaybackFactory:
    """A factory of loudspeakers by the device's name; None is the system's default."""
    options = _options(name, low_latency=low_latency)
    return lambda context: SoundPlayback(context, options)


def _options(name: str | None, *, low_latency: bool) -> SoundOptions:
    base = LOW_LATENCY if low_latency else NORMAL
    return SoundOptions(name, base.latency, base.held)
