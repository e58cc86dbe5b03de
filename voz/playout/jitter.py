"""The jitter buffer: which frame is played next, and what to do when it is not there; pure, driven by
numbers.

Frames are kept by their media time (extended RTP timestamp), because the copies inside RED carry no sequence
number; the sequence numbers of the packets tell a loss (a number is missing) from silence (none is). Time is
an argument.

When nothing is there to be played, sound is made up and media time stands still: should the frame come after
all it is played, later by what was made up, and the delay has grown at once. If later frames show that it
was lost, what was made up stood for it.

The sender's silence has no length of its own: what comes after it is played when its delay is the target, so
that the delay is put right where nobody can hear it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import Enum

from voz.packet import CLOCK_RATE, wrapped_difference
from voz.playout.delay import DelayEstimator

MAX_FRAMES: int = 256
"""Frames held at most."""
MAX_AHEAD: int = 5 * CLOCK_RATE
"""A frame farther ahead than this, in ticks, starts the buffer anew."""
RESTART_AFTER: int = 25
"""So many packets behind what was played, without one ahead, start the buffer anew."""
SILENT_PIECE: int = CLOCK_RATE // 100
"""Silence is made in pieces of at most 10 ms: what follows it can begin soon …"""
HELD_PIECE: int = CLOCK_RATE // 100
"""While a frame is awaited sound is made up in pieces of at most 10 ms: the delay grows by no more than it
must."""
SILENT_GRAIN: int = CLOCK_RATE // 400
"""… and of whole multiples of 2.5 ms, the least that a codec makes up."""
SLACK: float = 0.060
"""How far the delay may exceed the ceiling before frames are thrown away, in seconds."""


class Verdict(Enum):
    """What became of an inserted frame."""

    KEPT = "kept"
    DUPLICATE = "duplicate"
    LATE = "late"


class Kind(Enum):
    """Where the next piece of sound comes from."""

    FRAME = "frame"
    COPY = "copy"
    RECOVERED = "recovered"
    CONCEALED = "concealed"
    SILENCE = "silence"


@dataclass(frozen=True, slots=True)
class Step:
    """One piece of sound to make: `samples` long, from `payload` (for RECOVERED the payload after the
    hole)."""

    kind: Kind
    samples: int
    payload: bytes = b""
    held: bool = False


@dataclass(slots=True)
class _Frame:
    payload: bytes
    samples: int
    sequence: int | None
    recovery: bool
    silent: bool

    def continues(self, sequence: int | None) -> bool:
        """Whether no packet is missing between number `sequence` and this one: a gap is the sender's
        silence."""
        return self.sequence is not None and sequence is not None and self.sequence <= sequence + 1


class JitterBuffer:
    """One source's frames between the line and the decoder.

    `frame_samples` is what is made up at a time. Delays and times are in seconds, media times in ticks of 48
    kHz.
    """

    def __init__(self, estimator: DelayEstimator, frame_samples: int = 960) -> None:
        self.estimator = estimator
        self.late = 0
        self.discarded = 0
        self._frames: dict[int, _Frame] = {}
        self._frame_samples = frame_samples
        self._next: int | None = None
        self._started = False
        self._newest = 0
        self._made_up = 0
        self._last_sequence: int | None = None
        self._in_silence = False
        self._behind = 0
        self._first_seen: dict[int, None] = {}

    def __len__(self) -> int:
        """Frames held."""
        return len(self._frames)

    def media_time(self, timestamp: int) -> int:
        """The extended form of a 32-bit RTP timestamp, near the newest one seen."""
        if self._next is None:
            return timestamp
        return self._newest + wrapped_difference(timestamp, self._newest & 0xFFFF_FFFF, 32)

    def insert(
        self,
        media: int,
        payload: bytes,
        samples: int,
        arrival: float,
        sequence: int | None,
        *,
        waited: int = 0,
        recovery: bool = False,
        silent: bool = False,
    ) -> Verdict:
        """Keep a frame of `samples` that arrived now; `sequence` is None for a copy out of a later packet,
        whose own frame is `waited` ticks younger.

        `recovery`: it carries the frame before it as well. `silent`: it says that silence begins or goes on.
        """
        if self._next is None or media - self._newest > MAX_AHEAD:
            self._restart(media)
        if self._next is None or samples <= 0:
            return Verdict.DUPLICATE
        if sequence is not None:
            self._frame_samples = samples
        fresh = self._see(media, arrival, waited=waited)
        if recovery and media - samples >= self._next:
            self._see(media - samples, arrival, waited=samples)
        if not self._started and 0 < self._next - media < CLOCK_RATE // 2:
            # The first packets came out of order: begin with the older one.
            self._next = media
        if media < self._next:
            return self._too_late(media, arrival, fresh, own=sequence is not None)
        return self._keep(media, _Frame(payload, samples, sequence, recovery, silent))

    def delay(self, now: float, ahead: int = 0) -> float:
        """How long after its smallest transit the next piece is played if `ahead` samples are played before
        it."""
        if self._next is None:
            return 0.0
        stood_for = self._made_up if self._in_silence else 0
        return self._delay_of(self._next + stood_for, now, ahead)

    def _delay_of(self, media: int, now: float, ahead: int) -> float:
        return now + (ahead - media) / CLOCK_RATE - self.estimator.base

    def take(self, now: float, ahead: int = 0) -> Step:
        """The next piece of sound, decided at `now` with `ahead` samples still to be played before it."""
        if not self._started and self._frames:
            self._next = min(self._frames)
            self._started = self.delay(now, ahead) >= self.estimator.target - 1e-6
        if not self._started:
            return Step(Kind.SILENCE, SILENT_PIECE, held=True)
        self._throw_away_backlog(now, ahead)
        while True:
            step = self._decide(now, ahead)
            if step is not None:
                return step

    def _restart(self, media: int) -> None:
        self._frames.clear()
        self._first_seen.clear()
        self._next = self._newest = media
        self._started = False
        self._made_up = 0
        self._in_silence = False
        self._behind = 0
        self._last_sequence = None

    def _see(self, media: int, arrival: float, *, waited: int) -> bool:
        """Tell the estimator of the first sight of a frame."""
        if media in self._first_seen:
            return False
        self._first_seen[media] = None
        if len(self._first_seen) > 2 * MAX_FRAMES:
            del self._first_seen[next(iter(self._first_seen))]
        self._newest = max(self._newest, media)
        self.estimator.available(
            arrival - media / CLOCK_RATE,
            arrival,
            waited=waited / CLOCK_RATE,
            frame=self._frame_samples / CLOCK_RATE,
        )
        return True

    def _too_late(self, media: int, arrival: float, fresh: bool, *, own: bool) -> Verdict:
        if own and fresh:
            self._behind += 1
            if self._behind >= RESTART_AFTER and not self._frames:
                self._restart(media)
                self._see(media, arrival, waited=0)
        if fresh:
            self.late += 1
        return Verdict.LATE if fresh else Verdict.DUPLICATE

    def _keep(self, media: int, frame: _Frame) -> Verdict:
        known = self._frames.get(media)
        if known is not None:
            if known.sequence is None and frame.sequence is not None:
                self._frames[media] = frame
            return Verdict.DUPLICATE
        self._behind = 0
        self._frames[media] = frame
        if len(self._frames) > MAX_FRAMES:
            self._skip_to(sorted(self._frames)[len(self._frames) // 2])
        return Verdict.KEPT

    def _throw_away_backlog(self, now: float, ahead: int) -> None:
        """Beyond the ceiling (this machine slept, the line held everything back) go to where the target
        is."""
        excess = self.delay(now, ahead) - self.estimator.ceiling - SLACK
        if excess <= 0 or self._next is None or not self._frames:
            return
        self.estimator.forget()
        wanted = self._next + int((self.delay(now, ahead) - self.estimator.target) * CLOCK_RATE)
        later = [media for media in self._frames if media >= wanted]
        self._skip_to(min(later) if later else max(self._frames))

    def _skip_to(self, media: int) -> None:
        dropped = [old for old in self._frames if old < media]
        for old in dropped:
            del self._frames[old]
        self.discarded += len(dropped)
        self._next = media
        self._made_up = 0

    def _decide(self, now: float, ahead: int) -> Step | None:
        """One step, or None when a hole was closed by what had been made up and the next frame is to be
        seen."""
        media = self._next
        assert media is not None
        frame = self._frames.pop(media, None)
        if frame is not None:
            return self._play(media, frame)
        if not self._frames:
            if self._in_silence:
                return self._make_up(Kind.SILENCE, SILENT_PIECE)
            return self._make_up(Kind.CONCEALED, HELD_PIECE)
        following = min(self._frames)
        return self._hole(media, following, now, ahead)

    def _play(self, media: int, frame: _Frame) -> Step:
        self._next = media + frame.samples
        self._made_up = 0
        self._in_silence = frame.silent
        if frame.sequence is None:
            if self._last_sequence is not None:
                self._last_sequence += 1
            return Step(Kind.COPY, frame.samples, frame.payload)
        self._last_sequence = frame.sequence
        return Step(Kind.FRAME, frame.samples, frame.payload)

    def _make_up(self, kind: Kind, samples: int) -> Step:
        """A piece at most so long of sound that stands for what is not there yet."""
        samples = min(samples, self._frame_samples)
        self._made_up += samples
        return Step(kind, samples, held=True)

    def _hole(self, media: int, following: int, now: float, ahead: int) -> Step | None:
        gap = following - media
        if self._frames[following].continues(self._last_sequence):
            return self._silent_gap(following, now, ahead)
        if self.estimator.target - self.delay(now, ahead) > self._frame_samples / CLOCK_RATE / 2:
            # Too early to give up: a copy may come, and the delay has to grow anyway.
            return self._make_up(Kind.CONCEALED, HELD_PIECE)
        stride = min(gap, self._frame_samples)
        made_up, self._made_up = self._made_up, max(0, self._made_up - stride)
        self._give_up(media + stride)
        if made_up >= stride:
            # Sound was made up for this frame already: step over it.
            return None
        frame = self._frames[following]
        if frame.recovery and gap <= self._frame_samples:
            self._made_up = 0
            return Step(Kind.RECOVERED, stride, frame.payload)
        return Step(Kind.CONCEALED, stride - made_up)

    def _give_up(self, following: int) -> None:
        """A frame is lost: go on with the next one."""
        self._next = following
        if self._last_sequence is not None:
            self._last_sequence += 1

    def _silent_gap(self, following: int, now: float, ahead: int) -> Step | None:
        """Silence until what follows it is due."""
        self._in_silence = True
        early = self.estimator.target - self._delay_of(following, now, ahead)
        grains = math.ceil(early * CLOCK_RATE / SILENT_GRAIN - 1e-6)
        if grains > 0:
            return self._make_up(Kind.SILENCE, min(SILENT_PIECE, grains * SILENT_GRAIN))
        self._next = following
        self._made_up = 0
        return None
