"""One media clock for a call: it ticks every 10 ms, without drift, and knows when the machine slept.

Everything that has no clock of its own (files, tones, the null device, a simulated line) is paced by it.
Under a `twisted.internet.task.Clock` it runs as fast as the clock is advanced.
"""

from __future__ import annotations

from collections.abc import Callable

from twisted.internet.interfaces import IDelayedCall, IReactorTime

SAMPLE_RATE: int = 48_000
"""Samples in one second of sound, everywhere in the engine."""
BLOCK: int = 480
"""Samples in one tick: 10 ms."""
TICK: float = BLOCK / SAMPLE_RATE
"""Seconds between two ticks."""
MAX_CATCH_UP: int = 5
"""Ticks made up for in one go when the reactor was late; what is older is skipped."""


class MediaClock:
    """Ticks that start with `start()` and keep to the grid of 10 ms that began then.

    A listener is called once per tick with the time the tick was due. Late ticks are made up for, up to
    MAX_CATCH_UP; a longer gap (a machine that slept, a stopped process) is skipped and told to `on_gap` in
    seconds.
    """

    def __init__(self, timer: IReactorTime, on_gap: Callable[[float], None] | None = None) -> None:
        self._timer = timer
        self._on_gap = on_gap
        self._listeners: list[Callable[[float], None]] = []
        self._call: IDelayedCall | None = None
        self._running = False
        self._origin = 0.0
        self._ticks = 0
        self._second = 0
        self._late = self._late_before = 0.0

    @property
    def lateness(self) -> float:
        """By how many seconds a tick was late at most, in the second that runs and the one before."""
        return max(self._late, self._late_before)

    @property
    def running(self) -> bool:
        """Whether it ticks."""
        return self._running

    def seconds(self) -> float:
        """The time of the timer behind it."""
        return self._timer.seconds()

    def add(self, listener: Callable[[float], None]) -> None:
        """Call `listener` at every tick from now on, after those that were added before."""
        self._listeners.append(listener)

    def remove(self, listener: Callable[[float], None]) -> None:
        """Call `listener` no more; nothing happens if it was not there."""
        if listener in self._listeners:
            self._listeners.remove(listener)

    def start(self) -> None:
        """Start the grid now; the first tick comes 10 ms later."""
        if not self._running:
            self._running = True
            self._origin = self._timer.seconds()
            self._ticks = self._second = 0
            self._late = self._late_before = 0.0
            self._schedule()

    def stop(self) -> None:
        """Tick no more; may be called from within a tick."""
        self._running = False
        if self._call is not None:
            self._call.cancel()
            self._call = None

    def _schedule(self) -> None:
        due = self._origin + (self._ticks + 1) * TICK
        self._call = self._timer.callLater(max(0.0, due - self._timer.seconds()), self._run)

    def _run(self) -> None:
        self._call = None
        self._note_lateness()
        self._skip_gap()
        self._tick_until(self._timer.seconds())
        if self._running:
            self._schedule()

    def _note_lateness(self) -> None:
        behind = self._timer.seconds() - self._origin
        second = int(behind)
        if second != self._second:
            self._late_before = self._late if second == self._second + 1 else 0.0
            self._second, self._late = second, 0.0
        self._late = max(self._late, behind - (self._ticks + 1) * TICK)

    def _skip_gap(self) -> None:
        behind = int((self._timer.seconds() - self._origin) / TICK + 1e-6) - self._ticks
        if behind > MAX_CATCH_UP:
            skipped = behind - 1
            self._ticks += skipped
            if self._on_gap is not None:
                self._on_gap(skipped * TICK)

    def _tick_until(self, now: float) -> None:
        while self._running:
            due = self._origin + (self._ticks + 1) * TICK
            if due > now + 1e-9:
                return
            self._ticks += 1
            for listener in tuple(self._listeners):
                listener(due)
