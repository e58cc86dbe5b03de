"""The seam of the sound devices, and what all of them keep to.

A capture delivers blocks of 480 samples (10 ms of 48 kHz mono int16), a playback asks for them; both do so
on the reactor's thread. Whoever has a clock of his own (a sound card) follows it; all others follow the
media clock.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from twisted.internet.interfaces import IReactorTime

from voz.clock import MediaClock
from voz.codec import Sound
from voz.device.ring import BlockRing

Deliver = Callable[[Sound, Sound | None], None]
"""Takes one block that was just captured, and what the loudspeaker played meanwhile (None: nothing that
could echo)."""
Pull = Callable[[], Sound]
"""Gives one block to be played next."""
Trouble = Callable[[str], None]
"""Told a code of `voz.reporting.alerts` when a device fails, goes or comes back; on the reactor's thread."""


REFERENCE_BLOCKS: int = 8
"""Blocks that the loudspeaker may be ahead of the microphone; what does not fit is not undone as echo."""


class DeviceError(Exception):
    """A device cannot be used: no such file, no such device, a library that is missing. The message says
    which."""


@dataclass(frozen=True, slots=True)
class DeviceContext:
    """What a device is given when it is made: the reactor, the call's media clock, whom to tell of trouble,
    and the ring in which a loudspeaker leaves what it plays for the microphone that may hear it."""

    reactor: IReactorTime
    clock: MediaClock
    trouble: Trouble
    reference: BlockRing = field(default_factory=lambda: BlockRing(REFERENCE_BLOCKS))


@dataclass(frozen=True, slots=True)
class DeviceCounters:
    """What a device has counted: blocks moved, how often it ran dry or overflowed, and how uneven its calls
    are."""

    blocks: int = 0
    underruns: int = 0
    overruns: int = 0
    latency_ms: float = 0.0
    jitter_ms: float = 0.0


class Capture(Protocol):
    """A microphone, or what stands for one."""

    def start(self, deliver: Deliver) -> None:
        """Deliver blocks from now on; DeviceError if that cannot be."""

    def stop(self) -> None:
        """Deliver nothing more and let go of the device; may be called twice."""

    def counters(self) -> DeviceCounters:
        """What was counted since `start`."""


class Playback(Protocol):
    """A loudspeaker, or what stands for one."""

    def start(self, pull: Pull) -> None:
        """Pull and play blocks from now on; DeviceError if that cannot be."""

    def stop(self) -> None:
        """Pull nothing more and let go of the device; what was recorded is complete. May be called twice."""

    def counters(self) -> DeviceCounters:
        """What was counted since `start`."""


CaptureFactory = Callable[[DeviceContext], Capture]
"""Makes the microphone of one call."""
PlaybackFactory = Callable[[DeviceContext], Playback]
"""Makes the loudspeaker of one call."""
