"""Keeps a stream open: a device that stops calling back is taken for gone, the next one takes over, the call
is told, and the chosen one comes back when it is there again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from twisted.internet.task import LoopingCall
from twisted.python.failure import Failure

from voz.device import DeviceContext, DeviceError, portaudio
from voz.device.portaudio import DeviceInfo, Stream

STALLED: float = 0.7
"""Seconds without a callback after which a device is gone."""
LOOK: float = 0.25
"""Seconds between two looks at that."""
RETURN: float = 4.0
"""Seconds between two looks whether the chosen device is back."""


@dataclass(frozen=True, slots=True)
class Words:
    """What a supervisor says when its device fails, is replaced, is back."""

    failed: str
    changed: str
    back: str


class Supervisor:
    """Keeps a stream open: on the chosen device, else on the default, else on any other that works."""

    def __init__(
        self,
        context: DeviceContext,
        name: str | None,
        words: Words,
        opener: Callable[[str | None], Stream],
        suits: Callable[[DeviceInfo], bool],
    ) -> None:
        self._context = context
        self._name = name
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
        self._stream = self._opener(self._name)
        _open_now.add(self)
        self._using = self._name
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
        chosen = self._name
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
        name = self._name
        try:
            return name is None or any(device.name == name for device in portaudio.devices())
        except DeviceError:
            return False

    def _not_found(self, _: Failure) -> None:
        self._asking = False


_open_now: set[Supervisor] = set()
"""Who has a stream open in this process: they all must let go of it when PortAudio is started anew."""


def _renew_all() -> None:
    """Start PortAudio anew, so that it sees today's devices; all streams stop for less than 200 ms."""
    interrupted = tuple(_open_now)
    for supervisor in interrupted:
        supervisor.shut()
    portaudio.renew()
    for supervisor in interrupted:
        supervisor.reopen()
