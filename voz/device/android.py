"""Android's AudioRecord and AudioTrack through pyjnius: the microphone and the loudspeaker of a phone or
tablet.

Both block, so each has a thread of its own, which copies between Android and a ring and does nothing else.
The source is VOICE_COMMUNICATION: the system's own echo canceller, noise suppression and gain are on, so no
reference is given and the engine's own treatment stays out of the way.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any, Protocol, cast

import numpy as np
from twisted.internet.interfaces import IReactorFromThreads

from voz.clock import BLOCK, SAMPLE_RATE
from voz.device import (
    CaptureFactory,
    Deliver,
    DeviceContext,
    DeviceCounters,
    DeviceError,
    PlaybackFactory,
    Pull,
)
from voz.device.ring import BlockRing
from voz.reporting import alerts

CAPACITY: int = 32
"""Blocks that a ring can hold."""
HELD: int = 3
"""Blocks kept ready for the loudspeaker."""
VOICE_COMMUNICATION: int = 7
"""MediaRecorder.AudioSource: a call; the system cancels the echo."""
STREAM_VOICE_CALL: int = 0
"""AudioManager: the volume keys change the volume of the call."""
CHANNEL_IN_MONO, CHANNEL_OUT_MONO, PCM_16, MODE_STREAM, INITIALISED = 16, 4, 2, 1, 1
_OCTETS = 2 * BLOCK
_JOIN = 1.0


class Java(Protocol):
    """What is needed of pyjnius: Java classes by their names."""

    def autoclass(self, name: str) -> Any:
        """The class."""

    def detach(self) -> None:
        """A thread that has called Java is about to end."""


def java() -> Java:
    """pyjnius; DeviceError where there is none."""
    try:
        import jnius
    except ImportError as error:
        raise DeviceError("pyjnius is missing: this is no Android") from error
    return cast(Java, jnius)


class _Worker:
    """A thread that calls `step` until it is told to stop or `step` says that the device failed."""

    def __init__(self, machine: Java, step: Callable[[], bool], failed: Callable[[], None]) -> None:
        self._machine = machine
        self._step = step
        self._failed = failed
        self._running = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True, name="sound")

    def start(self) -> None:
        """Start it."""
        self._running.set()
        self._thread.start()

    def stop(self) -> None:
        """Stop it, and wait a moment for its last step."""
        self._running.clear()
        if self._thread.ident is not None:
            self._thread.join(_JOIN)

    def _run(self) -> None:
        try:
            while self._running.is_set():
                if not self._step():
                    self._failed()
                    return
        finally:
            self._machine.detach()


class AndroidCapture:
    """The microphone."""

    def __init__(self, context: DeviceContext, machine: Java) -> None:
        self._reactor = cast(IReactorFromThreads, context.reactor)
        self._trouble = context.trouble
        self._machine = machine
        self._ring = BlockRing(CAPACITY)
        self._deliver: Deliver | None = None
        self._record: Any = None
        self._worker: _Worker | None = None
        self._buffer = bytearray(_OCTETS)
        self._blocks = self._overruns = 0

    def start(self, deliver: Deliver) -> None:
        """Deliver blocks from now on."""
        kind = self._machine.autoclass("android.media.AudioRecord")
        least = kind.getMinBufferSize(SAMPLE_RATE, CHANNEL_IN_MONO, PCM_16)
        size = max(least, 4 * _OCTETS)
        self._record = kind(VOICE_COMMUNICATION, SAMPLE_RATE, CHANNEL_IN_MONO, PCM_16, size)
        if self._record.getState() != INITIALISED:
            raise DeviceError("the microphone is refused: is the permission missing?")
        self._deliver = deliver
        self._record.startRecording()
        self._worker = _Worker(self._machine, self._read, self._fail)
        self._worker.start()

    def stop(self) -> None:
        """Deliver nothing more and let go of the microphone."""
        self._deliver = None
        worker, self._worker = self._worker, None
        if worker is not None:
            worker.stop()
        record, self._record = self._record, None
        if record is not None:
            record.stop()
            record.release()

    def counters(self) -> DeviceCounters:
        """Blocks delivered, and those that found the ring full."""
        return DeviceCounters(blocks=self._blocks, overruns=self._overruns)

    def _read(self) -> bool:
        """On the thread: wait for one block."""
        if self._record.read(self._buffer, 0, _OCTETS) != _OCTETS:
            return False
        if not self._ring.put(np.frombuffer(self._buffer, "<i2")):
            self._overruns += 1
        self._reactor.callFromThread(self._drain)
        return True

    def _drain(self) -> None:
        while self._deliver is not None and (block := self._ring.get()) is not None:
            self._blocks += 1
            self._deliver(block, None)

    def _fail(self) -> None:
        self._reactor.callFromThread(self._trouble, alerts.MIC_FAILED)


class AndroidPlayback:
    """The loudspeaker, or what the system's audio route makes of it."""

    def __init__(self, context: DeviceContext, machine: Java) -> None:
        self._reactor = cast(IReactorFromThreads, context.reactor)
        self._trouble = context.trouble
        self._machine = machine
        self._ring = BlockRing(CAPACITY)
        self._pull: Pull | None = None
        self._track: Any = None
        self._worker: _Worker | None = None
        self._block = np.zeros(BLOCK, np.int16)
        self._blocks = self._underruns = 0

    def start(self, pull: Pull) -> None:
        """Pull blocks from now on."""
        kind = self._machine.autoclass("android.media.AudioTrack")
        least = kind.getMinBufferSize(SAMPLE_RATE, CHANNEL_OUT_MONO, PCM_16)
        size = max(least, 2 * _OCTETS)
        self._track = kind(STREAM_VOICE_CALL, SAMPLE_RATE, CHANNEL_OUT_MONO, PCM_16, size, MODE_STREAM)
        if self._track.getState() != INITIALISED:
            raise DeviceError("the loudspeaker cannot be opened")
        self._pull = pull
        self._refill()
        self._track.play()
        self._worker = _Worker(self._machine, self._write, self._fail)
        self._worker.start()

    def stop(self) -> None:
        """Pull nothing more and let go of the loudspeaker."""
        self._pull = None
        worker, self._worker = self._worker, None
        if worker is not None:
            worker.stop()
        track, self._track = self._track, None
        if track is not None:
            track.stop()
            track.release()

    def counters(self) -> DeviceCounters:
        """Blocks pulled, and how often none was ready."""
        return DeviceCounters(blocks=self._blocks, underruns=self._underruns)

    def _write(self) -> bool:
        """On the thread: wait until one block fits."""
        if not self._ring.get_into(self._block):
            self._underruns += 1
        self._reactor.callFromThread(self._refill)
        data = self._block.astype("<i2").tobytes()
        return bool(self._track.write(data, 0, _OCTETS) == _OCTETS)

    def _refill(self) -> None:
        while self._pull is not None and len(self._ring) < HELD:
            self._blocks += 1
            self._ring.put(self._pull())

    def _fail(self) -> None:
        self._reactor.callFromThread(self._trouble, alerts.SPEAKER_FAILED)


def capture() -> CaptureFactory:
    """A factory of Android's microphone; DeviceError anywhere else."""
    machine = java()
    return lambda context: AndroidCapture(context, machine)


def playback() -> PlaybackFactory:
    """A factory of Android's loudspeaker; DeviceError anywhere else."""
    machine = java()
    return lambda context: AndroidPlayback(context, machine)
