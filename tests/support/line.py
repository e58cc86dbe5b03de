"""An impaired virtual line: datagrams in, later, lost, doubled, out of order; under any clock that can call
later."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from twisted.internet.task import Clock


@dataclass(frozen=True)
class Impairment:
    """What a line does to datagrams. Times in seconds, shares 0 to 1.

    `loss` is lost in runs of `burst` packets. `jitter` is the mean of a gamma distribution (shape 2) added to
    `delay`; datagrams overtake each other unless `ordered`. `jump_at`/`jump_by`: from then on that much more
    delay. `rate` in bit/s of datagram payload with a queue of `queue` seconds: what does not fit is dropped.
    `first` seconds are unimpaired.
    """

    loss: float = 0.0
    burst: int = 1
    delay: float = 0.030
    jitter: float = 0.0
    ordered: bool = False
    reorder: float = 0.0
    duplicate: float = 0.0
    jump_at: float = 0.0
    jump_by: float = 0.0
    rate: float = 0.0
    queue: float = 0.2
    overhead: int = 0


class Line:
    """One direction. `deliver`, to be set, gets each datagram that arrives and the time of its arrival."""

    def __init__(self, clock: Clock, impairment: Impairment, seed: int = 1) -> None:
        self._clock = clock
        self._impairment = impairment
        self.deliver: Callable[[bytes, float], object] = lambda _data, _now: None
        self._random = Random(seed)
        self._burst_left = 0
        self._busy_until = 0.0
        self._last = 0.0
        self.sent = self.lost = self.dropped = 0
        self.octets = 0

    def send(self, datagram: bytes) -> bool:
        """Take a datagram."""
        self.sent += 1
        self.octets += len(datagram)
        now = self._clock.seconds()
        held = self._queue(now, len(datagram))
        if held is None:
            self.dropped += 1
        elif self._is_lost():
            self.lost += 1
        else:
            self._arrive(datagram, held)
            if self._random.random() < self._impairment.duplicate:
                self._arrive(datagram, held)
        return True

    def _is_lost(self) -> bool:
        if self._burst_left:
            self._burst_left -= 1
            return True
        share, burst = self._impairment.loss, self._impairment.burst
        # A run begins so often that the share comes out.
        start = share / (burst * (1 - share) + share) if burst > 1 else share
        if self._random.random() < start:
            self._burst_left = burst - 1
            return True
        return False

    def _queue(self, now: float, size: int) -> float | None:
        """Seconds that a datagram waits before a line of limited rate, None if there is no room."""
        impairment = self._impairment
        if not impairment.rate:
            return 0.0
        start = max(now, self._busy_until)
        if start - now > impairment.queue:
            return None
        self._busy_until = start + 8 * (size - impairment.overhead) / impairment.rate
        return self._busy_until - now

    def _arrive(self, datagram: bytes, held: float) -> None:
        impairment = self._impairment
        delay = impairment.delay + held
        if impairment.jitter:
            delay += self._random.gammavariate(2, impairment.jitter / 2)
        if self._random.random() < impairment.reorder:
            delay += 0.045
        now = self._clock.seconds()
        if impairment.jump_by and now >= impairment.jump_at:
            delay += impairment.jump_by
        at = now + delay
        if impairment.ordered:
            at = max(at, self._last)
            self._last = at
        self._clock.callLater(at - now, lambda: self.deliver(datagram, self._clock.seconds()))
