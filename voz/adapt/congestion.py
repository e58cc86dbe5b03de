"""What the line takes: tells a full line from a noisy one; pure.

A noisy line loses the same share whatever is sent. A full line holds packets back (the round trip grows) or
delivers no more when more is sent. Then the allowance sinks to what was delivered, and is tried again later,
ever more rarely.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from math import sqrt

UNLIMITED: float = 120_000.0
"""The highest allowance in bit/s: what a relay leg takes, less headers."""
LEAST: float = 12_000.0
"""The lowest."""
QUEUE: float = 0.120
"""A round trip this much above its minimum, in seconds, is a queue …"""
QUEUE_REPORTS: int = 2
"""… if it is seen in so many reports running."""
DRAIN: float = 3.0
"""Seconds that a queue may take to empty after less is sent, and reports to tell of it."""
QUEUE_LOOK_BACK: int = 6
"""A full line took the most that it delivered in so many reports; speech has pauses …"""
QUEUE_SHARE: float = 0.95
"""… and so much of it is used, that the queue may empty."""
FULL_SHARE: float = 1.0
"""The same for a line without a queue to empty."""
BASE_WINDOW: float = 60.0
"""Seconds over which the smallest round trip is remembered."""
RISE: float = 1.25
"""How many times more must really be sent for a rise to be judged."""
ENOUGH: int = 40
"""Packets that must be known after a rise to judge it …"""
ENOUGH_BEFORE: int = 20
"""… and before it."""
UNSETTLED: int = 1
"""Reports after a rise that still speak of packets from before it."""
RECENT: int = 8
"""Reports before a rise that it is compared with."""
SURE: float = 3.0
"""Standard errors by which the loss after a rise must exceed the loss before."""
FIRST_RETRY: float = 45.0
"""Seconds until a full line is tried with more; doubled at every failure up to …"""
LAST_RETRY: float = 180.0
"""… this."""
SINK_AGAIN: float = 0.85
"""A line that is full again, with what was allowed, gets so much of it."""
GROWTH: float = 1.2
"""How much more is tried …"""
TRIAL: float = 6.0
"""… for so many seconds, in which …"""
TRIAL_QUEUE: float = 0.040
"""… a round trip so much above its minimum ends the trial."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """What became of some packets: how many were due, how many of them lost, and bit/s sent meanwhile."""

    packets: int = 0
    lost: int = 0
    rate: float = 0.0

    @property
    def loss(self) -> float:
        """Share lost, 0 to 1."""
        return self.lost / self.packets if self.packets else 0.0

    @property
    def delivered(self) -> float:
        """bit/s that arrived."""
        return self.rate * (1 - self.loss)

    def __add__(self, other: Delivery) -> Delivery:
        """Both together; the rate is the mean by packets."""
        packets = self.packets + other.packets
        rate = (self.rate * self.packets + other.rate * other.packets) / packets if packets else 0.0
        return Delivery(packets, self.lost + other.lost, rate)


def is_full(before: Delivery, after: Delivery) -> bool:
    """Whether more loss came with more rate, and about as much as a line would lose that was full before.

    A noisy line would lose the same share; a full one would deliver no more than before. The loss after must
    lie nearer to the second, and above the first by more than chance explains.
    """
    known = before.packets >= ENOUGH_BEFORE and after.packets >= ENOUGH
    if not known or after.rate < RISE * before.rate:
        return False
    if_full = 1 - before.delivered / after.rate
    together = before + after
    error = sqrt(together.loss * (1 - together.loss) * (1 / before.packets + 1 / after.packets))
    more = after.loss - before.loss
    return more > SURE * error and more > (if_full - before.loss) / 2


class Congestion:
    """The allowance of one direction in bit/s of RTP payload."""

    def __init__(self) -> None:
        self.allowed = UNLIMITED
        self.full = False
        self._trips: deque[tuple[float, float]] = deque()
        self._queued = 0
        self._latest: deque[Delivery] = deque(maxlen=QUEUE_LOOK_BACK)
        self._recent: deque[Delivery] = deque(maxlen=RECENT)
        self._before: Delivery | None = None
        self._after = Delivery()
        self._unsettled = 0
        self._retry = FIRST_RETRY
        self._trial = 0.0
        self._changed = 0.0

    def report(self, now: float, delivery: Delivery, round_trip: float | None) -> None:
        """Learn from a report: what became of the packets since the last one, and the round trip if known."""
        if self._unsettled:
            self._unsettled -= 1
        elif self._before is not None:
            self._after += delivery
        else:
            self._recent.append(delivery)
        self._latest.append(delivery)
        if self._trial_failed(now, round_trip):
            self._sink(now, self._trial)
        elif self._queue(now, round_trip):
            noise = min(each.loss for each in self._latest)
            self._sink(now, max(each.delivered for each in self._latest) / max(0.1, 1 - noise) * QUEUE_SHARE)
            self._queued = 0
        elif self._before is not None and self._after.packets >= ENOUGH:
            self._judge(now, self._before)
        elif self.allowed < UNLIMITED and now - self._changed >= self._retry:
            self._try_more(now)

    def rising(self) -> None:
        """The rate goes up from now on: what is reported next is compared with what was before."""
        if self._before is None:
            self._before = sum(self._recent, Delivery())
            self._after = Delivery()
            self._unsettled = UNSETTLED

    def _judge(self, now: float, before: Delivery) -> None:
        if is_full(before, self._after):
            # What noise took had passed the bottleneck.
            through = max(before.delivered, self._after.delivered) / max(0.1, 1 - before.loss)
            self._sink(now, through * FULL_SHARE)
            self._before = None
            self._recent.clear()
        elif self._after.packets >= 2 * ENOUGH:
            self._before = None
            self._recent.clear()

    def _queue(self, now: float, round_trip: float | None) -> bool:
        if round_trip is None:
            return False
        self._trips.append((now, round_trip))
        while self._trips[0][0] < now - BASE_WINDOW:
            self._trips.popleft()
        draining = self.full and now - self._changed < DRAIN
        queued = round_trip - self._base_trip() > QUEUE and not draining
        self._queued = self._queued + 1 if queued else 0
        return self._queued >= QUEUE_REPORTS

    def _sink(self, now: float, to: float) -> None:
        if self.full:
            self._retry = min(LAST_RETRY, 2 * self._retry)
            to = min(to, self.allowed * SINK_AGAIN) if not self._trial else to
        self.allowed = max(LEAST, min(self.allowed, to))
        self.full = True
        self._trial = 0.0
        self._changed = now

    def _trial_failed(self, now: float, round_trip: float | None) -> bool:
        """Shortly after more was tried, the first sign of a queue is enough to go back."""
        if not self._trial or now - self._changed > TRIAL:
            self._trial = 0.0
            return False
        return round_trip is not None and round_trip - self._base_trip() > TRIAL_QUEUE

    def _base_trip(self) -> float:
        return min((trip for _, trip in self._trips), default=0.0)

    def _try_more(self, now: float) -> None:
        self._trial = self.allowed
        self.allowed = min(UNLIMITED, self.allowed * GROWTH)
        self._changed = now
        if self.allowed >= UNLIMITED:
            self.full = False
