"""What the line takes: tells a full line from a noisy one; pure.

A noisy line loses the same share whatever is sent. A full line holds packets back (the round trip grows) or
delivers no more when more is sent. How much went through while it was full is what it carries: packets come
out of a full line one behind the other, so what the other side says it received in a time is its rate. The
allowance sinks below that until the queue is empty, then uses nearly all of it; more is tried later, ever
more rarely.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from math import sqrt

UNLIMITED: float = 160_000.0
"""The highest allowance in bit/s: more than any way to send takes."""
LEAST: float = 12_000.0
"""The lowest."""
QUEUE: float = 0.120
"""A round trip this much above its minimum, in seconds, is a queue …"""
QUEUE_REPORTS: int = 2
"""… if it is seen in so many reports running."""
UNANSWERED: int = 6
"""So many reports running that know no round trip, because none of our reports arrived, …"""
UNANSWERED_LOSS: float = 0.2
"""… while this share of the packets was lost, are a queue that has no room."""
EMPTY: float = 0.040
"""Below this much above its minimum there is no queue."""
DRAIN: float = 3.0
"""Seconds that a queue may take to empty …"""
DRAIN_SHARE: float = 0.90
"""… while so much of what the line carries is used."""
STALE: int = 1
"""Reports after a change that still speak of packets from before it …"""
STALE_WHEN_FULL: int = 2
"""… and after a queue."""
DROPS: float = 0.3
"""Loss above the noise by so much is the full line's doing, whatever chance does."""
STUCK: float = 0.060
"""A round trip that sinks by less than this while the queue should empty, …"""
STUCK_DRAINS: int = 2
"""… so many times running, is no queue: the way is longer."""
FULL_SHARE: float = 0.93
"""So much of what a full line carries is used: speech is not even, and a queue is delay."""
BASE_WINDOW: float = 60.0
"""Seconds over which the smallest round trip is remembered."""
RISE: float = 1.25
"""How many times more must really be sent for a rise to be judged."""
ENOUGH: int = 40
"""Packets that must be known after a rise to judge it …"""
ENOUGH_BEFORE: int = 20
"""… and before it."""
RECENT: int = 8
"""Reports before a rise that it is compared with, and from which the noise is known."""
SURE: float = 3.0
"""Standard errors by which the loss after a rise must exceed the loss before."""
FIRST_RETRY: float = 45.0
"""Seconds until a full line is tried with more; doubled at every failure up to …"""
LAST_RETRY: float = 180.0
"""… this."""
SINK_AGAIN: float = 0.96
"""A line that is full again, with what was allowed, gets so much of it at the most."""
UNSURE_RETRY: float = 4.0
"""The same where the queue was gone before the line's rate could be measured."""
GROWTH: float = 1.2
"""How much more is tried …"""
TRIAL: float = 6.0
"""… for so many seconds, in which the first sign of a queue ends the trial."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """What became of some packets: how many were due, how many of them lost, and the bit/s, headers included,
    at which they were due at the other side."""

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
    """The allowance of one direction in bit/s, headers included."""

    def __init__(self) -> None:
        self.allowed = UNLIMITED
        self.full = False
        self._trips: deque[tuple[float, float]] = deque()
        self._excess = 0.0
        self._queued = 0
        self._unanswered: list[Delivery] = []
        self._drain: _Drain | None = None
        self._stuck = 0
        self._free = UNLIMITED, False
        self._calm: deque[Delivery] = deque(maxlen=RECENT)
        self._before: Delivery | None = None
        self._after = Delivery()
        self._stale = 0
        self._retry = FIRST_RETRY
        self._unsure = False
        self._trial = 0.0
        self._changed = 0.0

    @property
    def queued(self) -> bool:
        """Whether packets may be waiting on the line: what is lost meanwhile may be lost to that."""
        return self._drain is not None or self._before is not None or self._excess > QUEUE

    @property
    def noise(self) -> float:
        """Share of packets lost when there is no queue, 0 to 1."""
        return sum(self._calm, Delivery()).loss

    def report(self, now: float, delivery: Delivery, round_trip: float | None) -> bool:
        """Learn from a report: what became of the packets since the last one, and the round trip if known.

        True if the line has turned out to be full just now.
        """
        self._note_trip(now, round_trip)
        self._unanswered = [*self._unanswered, delivery][-UNANSWERED:] if round_trip is None else []
        self._note(delivery, known=round_trip is not None or not self._trips)
        if self._drain is not None:
            self._go_on_draining(now, self._drain, delivery)
        elif self._trial_failed(now):
            self._drain = _Drain(now, self._excess, self.allowed, True, self._trial, back=self._trial)
            self._set(now, self._trial * DRAIN_SHARE)
            self._give_up_trying()
        elif self._queued >= QUEUE_REPORTS or self._no_room:
            self._start_draining(now, delivery)
            return True
        elif self._before is not None and self._after.packets >= ENOUGH:
            return self._judge(now, self._before)
        elif self.allowed < UNLIMITED and now - self._changed >= self._patience:
            self._try_more(now)
        return False

    def rising(self) -> None:
        """The rate goes up from now on: what is reported next is compared with what was before."""
        if self._before is None:
            self._before = sum(self._calm, Delivery())
            self._after = Delivery()
            self._stale = STALE

    @property
    def _patience(self) -> float:
        return UNSURE_RETRY if self._unsure else self._retry

    @property
    def _no_room(self) -> bool:
        loss = sum(self._unanswered, Delivery()).loss
        return len(self._unanswered) == UNANSWERED and loss >= UNANSWERED_LOSS

    def _note(self, delivery: Delivery, *, known: bool) -> None:
        if self._stale:
            self._stale -= 1
        elif self._before is not None:
            self._after += delivery
        elif self._excess < EMPTY and known:
            self._calm.append(delivery)

    def _note_trip(self, now: float, round_trip: float | None) -> None:
        if round_trip is None:
            return
        self._trips.append((now, round_trip))
        while self._trips[0][0] < now - BASE_WINDOW:
            self._trips.popleft()
        self._excess = round_trip - min(trip for _, trip in self._trips)
        self._queued = self._queued + 1 if self._excess > QUEUE else 0

    def _judge(self, now: float, before: Delivery) -> bool:
        full = is_full(before, self._after)
        if full:
            # What noise took had passed the bottleneck.
            through = max(before.delivered, self._after.delivered) / max(0.1, 1 - before.loss)
            self._sink(now, through * FULL_SHARE)
        if full or self._after.packets >= 2 * ENOUGH:
            self._before = None
        return full

    def _start_draining(self, now: float, delivery: Delivery) -> None:
        through = delivery.delivered / max(0.1, 1 - self.noise)
        if not self._stuck:
            self._free = self.allowed, self.full
        self._drain = _Drain(now, self._excess, self.allowed, self.full, min(through, delivery.rate))
        self._before = None
        self._unanswered = []
        self._sink(now, self._drain.through * DRAIN_SHARE)

    def _go_on_draining(self, now: float, drain: _Drain, delivery: Delivery) -> None:
        drain.report(delivery, self.noise, full=self._excess > EMPTY)
        over = now - drain.since >= DRAIN
        if self._excess > EMPTY and not over:
            return
        self._drain = None
        self._queued = 0
        stuck = over and self._excess > drain.excess - STUCK and not drain.drops
        self._stuck = self._stuck + 1 if stuck else 0
        if self._stuck >= STUCK_DRAINS:
            self._trips = deque(each for each in self._trips if each[0] > drain.since)
            allowed, self.full = self._free
            self._stuck = 0
            self._set(now, allowed)
        else:
            most = drain.allowed * SINK_AGAIN if drain.was_full else UNLIMITED
            blind = not drain.measured
            back = drain.back if blind else None
            self._set(now, min(most, drain.through * FULL_SHARE) if back is None else back)
            self._unsure = blind and back is None

    def _sink(self, now: float, to: float) -> None:
        if self.full:
            self._give_up_trying()
        self.full = True
        self._trial = 0.0
        self._stale = STALE_WHEN_FULL
        self._set(now, min(self.allowed, to))

    def _set(self, now: float, allowed: float) -> None:
        self.allowed = max(LEAST, min(UNLIMITED, allowed))
        self._changed = now

    def _trial_failed(self, now: float) -> bool:
        """Shortly after more was tried, the first sign of a queue is enough to go back."""
        if now - self._changed > TRIAL:
            self._trial = 0.0
        return self._trial > 0 and self._excess > EMPTY

    def _give_up_trying(self) -> None:
        self._trial = 0.0
        self._retry = min(LAST_RETRY, 2 * self._retry)

    def _try_more(self, now: float) -> None:
        self._unsure = False
        self._trial = self.allowed
        self._set(now, self.allowed * GROWTH)
        if self.allowed >= UNLIMITED:
            self.full = False


class _Drain:
    """A queue that is being let run empty, and what comes out of the line meanwhile."""

    def __init__(
        self,
        since: float,
        excess: float,
        allowed: float,
        was_full: bool,
        through: float,
        back: float | None = None,
    ) -> None:
        self.back = back
        self.drops = False
        self.since = since
        self.excess = excess
        self.allowed = allowed
        self.was_full = was_full
        self._first = through
        self._rates: list[float] = []
        self._stale = STALE

    @property
    def measured(self) -> bool:
        """Whether the queue lasted long enough to know what the line carries."""
        return bool(self._rates)

    @property
    def through(self) -> float:
        """bit/s that the line carries: by what came out of it while nothing was dropped any more."""
        return sum(self._rates) / len(self._rates) if self._rates else self._first

    def report(self, delivery: Delivery, noise: float, *, full: bool) -> None:
        """While the line is `full`, packets are due at its rate, unless it drops more than `noise`."""
        if self._stale:
            self._stale -= 1
        elif full:
            self.drops = delivery.loss > noise + DROPS
            through = delivery.delivered / max(0.1, 1 - noise)
            self._rates.append(through if self.drops else delivery.rate)
