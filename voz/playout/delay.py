"""How long the jitter buffer must wait: a target learnt from when frames became available; pure.

The transit of a frame is its arrival minus its media time, by two clocks that do not agree; only differences
mean something. The smallest transit of the last ten seconds is zero delay: a drift between the two clocks
moves it along. A frame counts when it is first available, be it in its own packet or as a copy in a later
one: so the target grows by the look-ahead of the redundancy exactly while copies save frames. How many of
them do is counted over a longer time than jitter is: by chance a few seconds have none, and each change of
the target is heard.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import deque

WINDOW: float = 6.0
"""Seconds of sound that the target is learnt from; silence that is not sent does not count."""
BASE_SECONDS: float = 10.0
"""How long the smallest transit is remembered."""
QUANTILE: float = 0.975
"""Share of the frames that shall be in time."""
QUANTILE_OF_COPIES: float = 0.90
"""Share of the packets with copies that shall be in time, where the copies save frames."""
SAVES_WINDOW: float = 20.0
"""Seconds of sound over which saved frames are counted."""
WORTH: float = 0.004
"""The target rises for copies that save this share of the frames, …"""
FEW_SAVES: int = 2
"""… and no fewer than so many of them, …"""
WORTHLESS: float = 0.002
"""… and sinks when they save less than this."""
MARGIN: float = 0.006
"""Added to the quantile: what a pull of 10 ms blocks and a busy reactor need, in seconds."""
FLOOR: float = 0.014
"""The least target in seconds."""
FALL: float = 0.050
"""How fast the target sinks: seconds per second."""
LONGEST_STEP: float = 0.2
"""… for at most so many seconds from one frame to the next."""
NEAR: float = 0.006
"""The target does not sink for less than this …"""
HOLD: float = 3.0
"""… nor before it has been too high for so many seconds running: each change is heard a little."""
HOLD_OF_COPIES: float = 3.0
"""The same where copies save frames."""
MUCH: float = 0.070
"""If it is too high by this much, a third of that is enough."""
SETTLING: float = 1.5
"""Seconds at the start during which it sinks at once …"""
START_UP: float = 0.5
"""… and what the first of them were like is forgotten: both sides were busy with opening their devices."""
SPIKE_FACTOR: float = 3.0
"""A delay above this many targets is a spike …"""
SPIKE_MINIMUM: float = 0.060
"""… if it also is above this many seconds."""
SPIKES: int = 5
"""So many spikes …"""
SHIFT_SPAN: float = 0.100
"""… that arrive over this many seconds or more …"""
SPIKE_MEMORY: float = 2.0
"""… within so many are none: the line has changed."""
RECENT: int = 50
"""If the last 50 frames lie apart from those before, the line has jumped and the rest is forgotten."""
JUMP: float = 0.015
"""… if they lie apart by this many seconds: devices that hand over blocks of 10 ms move by so much."""
START: float = 0.040
"""The target before anything is known."""
USUAL_FRAME: float = 0.020
"""Seconds of a frame before one is known."""


class DelayEstimator:
    """The target delay of one source, in seconds above the smallest transit."""

    def __init__(self, ceiling: float = 0.400) -> None:
        self.ceiling = ceiling
        self._order: deque[float] = deque()
        self._sorted: list[float] = []
        self._minima: deque[tuple[float, float]] = deque()
        self._spikes: deque[tuple[float, float]] = deque()
        self._target = START
        self._too_high_since: float | None = None
        self._began: float | None = None
        self._starting_up = True
        self._seen = 0.0
        self._frame = USUAL_FRAME
        self._counted = 0
        self._saves: deque[tuple[int, float]] = deque()

    @property
    def base(self) -> float:
        """The smallest transit of late, in seconds."""
        return self._minima[0][1] if self._minima else 0.0

    @property
    def target(self) -> float:
        """How long after its smallest transit a frame shall be played, at most the ceiling."""
        return min(self._target, self.ceiling)

    def available(
        self, transit: float, arrival: float, *, waited: float = 0.0, frame: float = USUAL_FRAME
    ) -> None:
        """A `frame` of so many seconds became available at `arrival`, `transit` seconds after its media time;
        a copy that saved it came in a packet whose own frame is `waited` seconds younger."""
        self._frame = frame
        self._update_base(transit, arrival)
        delay = transit - self.base
        if self._order and delay - waited > max(SPIKE_FACTOR * self._target, SPIKE_MINIMUM):
            self._suspect(transit - waited, arrival)
            return
        self._settle(arrival)
        self._count(waited)
        self._add(transit - waited)
        self._update_target(arrival)

    def forget(self) -> None:
        """What was learnt is worth nothing any more (this machine slept); the smallest transit is kept."""
        self._order.clear()
        self._sorted.clear()
        self._spikes.clear()
        self._target = START
        self._too_high_since = None

    def _count(self, waited: float) -> None:
        self._counted += 1
        if waited:
            self._saves.append((self._counted, waited))
        while self._saves and self._saves[0][0] <= self._counted - SAVES_WINDOW / self._frame:
            self._saves.popleft()

    def _suspect(self, transit: float, arrival: float) -> None:
        """Leave a spike out, unless so many came apart from each other that the line has changed."""
        self._spikes.append((transit, arrival))
        while self._spikes[0][1] < arrival - SPIKE_MEMORY:
            self._spikes.popleft()
        if len(self._spikes) < SPIKES or arrival - self._spikes[0][1] < SHIFT_SPAN:
            return
        for spike, _ in self._spikes:
            self._add(spike)
        self._spikes.clear()
        self._update_target(arrival)

    def _add(self, transit: float) -> None:
        self._order.append(transit)
        insort(self._sorted, transit)
        while len(self._order) > WINDOW / self._frame:
            self._forget_oldest()
        if len(self._order) > RECENT and not len(self._order) % 10:
            self._forget_before_jump()

    def _forget_oldest(self) -> None:
        del self._sorted[bisect_left(self._sorted, self._order.popleft())]

    def _forget_before_jump(self) -> None:
        """Keep only the recent frames if they all lie apart from nearly all of the older ones."""
        values = list(self._order)
        recent, older = values[-RECENT:], sorted(values[:-RECENT])
        few = len(older) // 10
        if max(recent) < older[few] - JUMP or min(recent) > older[-1 - few] + JUMP:
            self._order = deque(recent)
            self._sorted = sorted(recent)
            self._minima = deque((at, low) for at, low in self._minima if low >= min(recent))
            self._target = min(self._target, self._wanted(WORTH))

    def _update_base(self, transit: float, arrival: float) -> None:
        while self._minima and self._minima[-1][1] >= transit:
            self._minima.pop()
        self._minima.append((arrival, transit))
        while self._minima[0][0] < arrival - BASE_SECONDS:
            self._minima.popleft()

    def _wanted(self, worth: float) -> float:
        """The target for jitter, and for copies that save this share of the frames."""
        wanted = max(FLOOR, self._quantile(QUANTILE) + MARGIN)
        look_ahead = self._look_ahead(worth)
        if look_ahead:
            wanted = max(wanted, look_ahead + self._quantile(QUANTILE_OF_COPIES) + MARGIN)
        return wanted

    def _quantile(self, share: float) -> float:
        if not self._sorted:
            return 0.0
        return self._sorted[min(len(self._sorted) - 1, int(share * len(self._sorted)))] - self.base

    def _look_ahead(self, worth: float) -> float:
        """How long copies must be waited for so that they save all but this share of the frames."""
        rank = max(FEW_SAVES, int(worth * min(self._counted, SAVES_WINDOW / self._frame)))
        return sorted(waited for _, waited in self._saves)[-rank] if len(self._saves) >= rank else 0.0

    def _settle(self, arrival: float) -> None:
        """Forget the first moments once they are over."""
        if self._began is None:
            self._began = self._seen = arrival
        if self._starting_up and arrival - self._began >= START_UP:
            self._starting_up = False
            self._order.clear()
            self._sorted.clear()
            self._target = min(self._target, START)

    def _update_target(self, arrival: float) -> None:
        since, self._seen = max(0.0, arrival - self._seen), arrival
        settling = self._began is None or arrival - self._began < SETTLING
        wanted, kept = self._wanted(WORTH), self._wanted(WORTHLESS)
        if wanted >= self._target or (kept > self._target - NEAR and not settling):
            self._target = max(wanted, self._target)
            self._too_high_since = None
            return
        if self._too_high_since is None:
            self._too_high_since = arrival
        if settling or arrival - self._too_high_since > self._hold(kept):
            self._target = max(kept, self._target - FALL * min(since, LONGEST_STEP))

    def _hold(self, wanted: float) -> float:
        """For how many seconds the target stays too high."""
        if wanted < self._target - MUCH:
            return HOLD / 3
        return HOLD_OF_COPIES if self._saves else HOLD
