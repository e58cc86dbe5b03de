"""The two kinds of device that have no clock of their own: the media clock moves their blocks."""

from __future__ import annotations

from abc import ABC, abstractmethod

from voz.codec import Sound
from voz.device import Deliver, DeviceContext, DeviceCounters, Pull


class PacedCapture(ABC):
    """A capture that makes one block a tick."""

    def __init__(self, context: DeviceContext) -> None:
        self._clock = context.clock
        self._deliver: Deliver | None = None
        self._blocks = 0

    def start(self, deliver: Deliver) -> None:
        """Deliver a block at every tick from the next one on."""
        self._deliver = deliver
        self._clock.add(self._tick)

    def stop(self) -> None:
        """Deliver no more."""
        self._clock.remove(self._tick)
        self._deliver = None

    def counters(self) -> DeviceCounters:
        """Blocks delivered; nothing can run over."""
        return DeviceCounters(blocks=self._blocks)

    @abstractmethod
    def next_block(self) -> Sound:
        """The next 480 samples."""

    def _tick(self, _due: float) -> None:
        if self._deliver is not None:
            self._blocks += 1
            self._deliver(self.next_block(), None)


class PacedPlayback(ABC):
    """A playback that pulls one block a tick."""

    def __init__(self, context: DeviceContext) -> None:
        self._clock = context.clock
        self._pull: Pull | None = None
        self._blocks = 0

    def start(self, pull: Pull) -> None:
        """Pull a block at every tick from the next one on."""
        self._pull = pull
        self._clock.add(self._tick)

    def stop(self) -> None:
        """Pull no more."""
        self._clock.remove(self._tick)
        self._pull = None

    def counters(self) -> DeviceCounters:
        """Blocks pulled; nothing can run dry."""
        return DeviceCounters(blocks=self._blocks)

    @abstractmethod
    def take_block(self, block: Sound) -> None:
        """Play, keep or forget these 480 samples."""

    def _tick(self, _due: float) -> None:
        if self._pull is not None:
            self._blocks += 1
            self.take_block(self._pull())
