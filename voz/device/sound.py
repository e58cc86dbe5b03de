"""Sound cards: two streams of 10 ms blocks, rings between their threads and the reactor, and a way out when
one fails.

A stream's callback copies one block and wakes the reactor; all else happens there. A device that stops
calling back is taken for gone: the next one takes over, the call is told, and the chosen one comes back when
it is there again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
from twisted.internet.interfaces import IReactorFromThreads
from twisted.internet.task import LoopingCall
from twisted.python.failure import Failure

from voz.clock import BLOCK, TICK
from voz.device import (
    CaptureFactory,
    Deliver,
    DeviceContext,
    DeviceCounters,
    DeviceError,
    PlaybackFactory,
    Pull,
    portaudio,
)
from voz.device.portaudio import DeviceInfo, Stream
from voz.device.ring import BlockRing
from voz.reporting import alerts

CAPACITY: int = 32
"""Blocks that a ring can hold: 320 ms of a stalled reactor."""
STALLED: float = 0.7
"""Seconds without a callback after which a device is gone."""
LOOK: float = 0.25
"""Seconds between two looks at that."""
RETURN: float = 4.0
"""Seconds between two looks whether the chosen device is back."""
MOST_HELD: int = 6
"""Blocks held ready for a loudspeaker at most, after it ran dry …"""
CALM: int = 1500
"""… and one less after so many blocks without that: 15 s."""
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


@dataclass(frozen=True, slots=True)
class _Words:
    """What a supervisor says when its device fails, is replaced, is back."""

    failed: str
    changed: str
    back: str


class _Supervisor:
    """Keeps a stream open: on the chosen device, else on the default, else on any other that works."""

    def __init__(
        self,
        context: DeviceContext,
        options: SoundOptions,
        words: _Words,
        opener: Callable[[str | None], Stream],
        suits: Callable[[DeviceInfo], bool],
    ) -> None:
        self._context = context
        self._options = options
        self._words = words
        self._opener = opener
        self._suits = suits
        self._stream: Stream | None = None
        self._using: str | None = None
        self._fallen_back = False
        self._failed = False
        self._heard = 0.0
        self._looked = 0.0
        self._asking = False
        self._loop = LoopingCall(self._look)
        self._loop.clock = context.reactor

    @property
    def latency(self) -> float:
        """What PortAudio says the stream holds, in seconds."""
        return float(self._stream.latency) if self._stream is not None else 0.0

    def open(self) -> None:
        """Open the chosen device; DeviceError if it cannot be."""
        if not self._known():
            _renew_all()
        self._stream = self._opener(self._options.name)
        _open_now.add(self)
        self._using = self._options.name
        self._heard = self._looked = self._context.reactor.seconds()
        self._loop.start(LOOK, now=False)

    def close(self) -> None:
        """Close the stream and look no more."""
        if self._loop.running:
            self._loop.stop()
        _open_now.discard(self)
        self.shut()

    def alive(self) -> None:
        """The stream has called back."""
        self._heard = self._context.reactor.seconds()

    def shut(self) -> None:
        """Let go of the stream, for a moment or for good."""
        stream, self._stream = self._stream, None
        if stream is None:
            return
        try:
            stream.stop()
            stream.close()
        except portaudio.sounddevice().PortAudioError:
            # A device that vanished cannot be closed in order; it is closed all the same.
            return

    def _look(self) -> None:
        now = self._context.reactor.seconds()
        if self._stream is not None and now - self._heard > STALLED:
            self._fall_back()
        elif (self._fallen_back or self._stream is None) and now - self._looked > RETURN and not self._asking:
            self._looked = now
            self._asking = True
            asked = portaudio.list_afresh(self._context.reactor)
            asked.addCallbacks(self._found, self._not_found)

    def _fall_back(self) -> None:
        self.shut()
        gone = self._using
        names: list[str | None] = [None, *self._other_names(gone)]
        for name in names:
            if name == gone:
                continue
            if self._try(name):
                self._fallen_back = True
                self._context.trouble(self._words.changed)
                return
        self._looked = self._context.reactor.seconds()
        if not self._failed:
            self._failed = True
            self._context.trouble(self._words.failed)

    def _other_names(self, gone: str | None) -> list[str]:
        try:
            return [
                device.name for device in portaudio.devices() if self._suits(device) and device.name != gone
            ]
        except DeviceError:
            return []

    def _try(self, name: str | None) -> bool:
        try:
            self._stream = self._opener(name)
        except DeviceError:
            return False
        self._using = name
        self._heard = self._context.reactor.seconds()
        return True

    def _found(self, now: tuple[DeviceInfo, ...]) -> None:
        """These devices are there: go back to the chosen one, or to any at all if there is none in use."""
        self._asking = False
        if not self._loop.running:
            return
        wanted = [device for device in now if self._suits(device)]
        chosen = self._options.name
        there = bool(wanted) if chosen is None else any(device.name == chosen for device in wanted)
        if not there:
            return
        self.shut()
        if not self._known():
            _renew_all()
        if self._try(chosen):
            self._fallen_back = self._failed = False
            self._context.trouble(self._words.back)
        else:
            self._fall_back()

    def reopen(self) -> None:
        """Go on with the device in use, after PortAudio was started anew; if it is gone, with another."""
        if self._stream is None and not self._try(self._using):
            self._fall_back()

    def _known(self) -> bool:
        """Whether the chosen device is in PortAudio's list of the time when it started."""
        name = self._options.name
        try:
            return name is None or any(device.name == name for device in portaudio.devices())
        except DeviceError:
            return False

    def _not_found(self, _: Failure) -> None:
        self._asking = False


_open_now: set[_Supervisor] = set()
"""Who has a stream open in this process: they all must let go of it when PortAudio is started anew."""


def _renew_all() -> None:
    """Start PortAudio anew, so that it sees today's devices; all streams stop for less than 200 ms."""
    interrupted = tuple(_open_now)
    for supervisor in interrupted:
        supervisor.shut()
    portaudio.renew()
    for supervisor in interrupted:
        supervisor.reopen()


class SoundCapture:
    """A microphone."""

    def __init__(self, context: DeviceContext, options: SoundOptions) -> None:
        self._reference_ring = context.reference
        self._deliver: Deliver | None = None
        self._heard, self._played = BlockRing(CAPACITY), BlockRing(CAPACITY)
        self._reference = np.zeros(BLOCK, np.int16)
        self._blocks = self._overruns = 0
        self._waker = _Waker(cast(IReactorFromThreads, context.reactor), self._drain)
        words = _Words(alerts.MIC_FAILED, alerts.MIC_CHANGED, alerts.MIC_BACK)
        self._supervisor = _Supervisor(
            context,
            options,
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
            blocks=self._blocks, overruns=self._overruns, latency_ms=self._supervisor.latency * 1000
        )

    def _callback(self, data: Any, _frames: int, _time: Any, status: Any) -> None:
        # PortAudio's thread: copies, nothing else.
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
                return
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
        self._waker = _Waker(cast(IReactorFromThreads, context.reactor), self._refill)
        words = _Words(alerts.SPEAKER_FAILED, alerts.SPEAKER_CHANGED, alerts.SPEAKER_BACK)
        self._supervisor = _Supervisor(
            context,
            options,
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
        return DeviceCounters(blocks=self._blocks, underruns=self._underruns, latency_ms=latency)

    def _callback(self, data: Any, _frames: int, _time: Any, status: Any) -> None:
        # PortAudio's thread: copies, nothing else.
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
