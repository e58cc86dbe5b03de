"""Puts the figures of a call together: the snapshot of a moment, the worst of its seconds, the report at the
end."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

from voz.clock import SAMPLE_RATE
from voz.engine import Engine
from voz.reporting.course import Course
from voz.sound import SoundDesk
from voz.stats import CallReport, Snapshot

_WARM_UP = 5.0
"""Seconds at the start whose loss and delay are not called the worst: the engine is finding its way."""


class Summary:
    """The figures of one call. `wall` gives Unix seconds, `cpu` the processor seconds of the call's own
    thread: a window draws in others."""

    def __init__(
        self, wall: Callable[[], float] = time.time, cpu: Callable[[], float] = time.thread_time
    ) -> None:
        self._wall = wall
        self._cpu = cpu
        self._began: float | None = None
        self._mark: tuple[float, float] = (0.0, 0.0)
        self._load = 0.0
        self._worst_loss = 0.0
        self._worst_delay = 0.0
        self._highest = [0.0, 0.0]
        self._course = Course()

    def began(self) -> None:
        """The voice begins now."""
        self._began = self._wall()
        self._mark = self._began, self._cpu()

    def snapshot(self, engine: Engine, desk: SoundDesk, path: str, seconds: float) -> Snapshot:
        """The call at this moment, `seconds` after the voice began."""
        round_trip, played, feedback = engine.reports.round_trip, engine.played(), engine.feedback
        figures = replace(desk.figures(), cpu=self._load)
        frame_ms = engine.sender.frame_samples * 1000 / SAMPLE_RATE
        half_trip = (round_trip or 0.0) * 500
        level_in, level_out = desk.levels
        self._highest = [max(self._highest[0], level_in), max(self._highest[1], level_out)]
        return Snapshot(
            seconds=seconds,
            path=path,
            round_trip_ms=None if round_trip is None else round_trip * 1000,
            delay_ms=half_trip + frame_ms + played.delay_ms + figures.device_latency_ms,
            sent=engine.sent(),
            received=engine.received(),
            played=played,
            refused=engine.refused(),
            sound=figures,
            level=engine.ladder.level,
            step=engine.sender.step.name,
            line_full=engine.congestion.full,
            muted=desk.muted,
            their_delay_ms=(feedback.their_delay if feedback else 0.0) * 1000,
            their_discards=feedback.their_discards if feedback else 0.0,
            began=self._began,
            level_in_highest=self._highest[0],
            level_out_highest=self._highest[1],
            findings=self._course.now,
            course=self._course.whole(),
        )

    def second(self, snapshot: Snapshot) -> Snapshot:
        """A second has gone by: note the load of the processor and the worst; the snapshot with what is
        found in it."""
        wall, cpu = self._wall(), self._cpu()
        if wall > self._mark[0]:
            self._load = max(0.0, (cpu - self._mark[1]) / (wall - self._mark[0]))
        self._mark = wall, cpu
        if snapshot.seconds >= _WARM_UP:
            self._worst_loss = max(self._worst_loss, snapshot.received.loss)
            self._worst_delay = max(self._worst_delay, snapshot.delay_ms)
        self._course.second(snapshot)
        return replace(snapshot, findings=self._course.now, course=self._course.whole())

    def report(self, last: Snapshot, reason: str) -> CallReport:
        """The report of a call that ended with `last`, because of `reason`."""
        return CallReport(
            started_at=self._began,
            seconds=last.seconds,
            reason=reason,
            last=last,
            worst_loss=self._worst_loss,
            worst_delay_ms=self._worst_delay,
        )
