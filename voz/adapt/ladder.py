"""Which protection to send with: a ladder of steps, climbed at once and come down slowly; pure.

Driven by what the other side reports. The table says, for a class of loss, which steps serve it, the best
one first; the first that fits the rate the line takes is used.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

DOWN_AFTER: float = 8.0
"""Seconds that a lower class must have been enough before the ladder comes down by one."""
LONG_WINDOW: float = 4.0
"""Seconds over which loss is judged."""
SHORT_WINDOW: float = 1.0
"""Seconds in which a sudden loss is believed …"""
SUDDEN: int = 3
"""… if at least so many packets were lost."""
FEW: int = 100
"""Of fewer packets than this the share lost is not believed as it is."""
LONG_BURST: float = 2.2
"""Mean burst, in packets, from which on a class counts as one higher."""


@dataclass(frozen=True, slots=True)
class Step:
    """One way to send: `bitrate` of each copy in bit/s, percent of loss told to the encoder, copies by age
    in ms."""

    name: str
    bitrate: int
    expected_loss: int = 0
    copies_ms: tuple[int, ...] = ()

    @property
    def rate(self) -> int:
        """What it takes from the line in bit/s of RTP payload, at the most."""
        count = len(self.copies_ms)
        red = 50 * 8 * (4 * count + 1) if count else 0
        return self.bitrate * (1 + count) + red


CLEAN = Step("clean-32", 32_000)
_NARROW = (
    Step("copies-40-15k", 15_000, 0, (40,)),
    Step("copies-40-14k", 14_000, 0, (40,)),
    Step("copies-40-13k", 13_000, 0, (40,)),
    Step("copies-40-12k", 12_000, 0, (40,)),
    Step("copies-40-11k", 11_000, 0, (40,)),
    Step("fec-16", 16_000, 20),
    Step("fec-12", 12_000, 20),
)
LADDER: tuple[tuple[Step, ...], ...] = (
    (CLEAN, Step("clean-26", 26_000), Step("clean-20", 20_000), Step("clean-12", 12_000)),
    (Step("fec-38", 38_000, 8), Step("fec-30", 30_000, 8), Step("fec-24", 24_000, 8), *_NARROW[4:]),
    (Step("copies-20-60", 20_000, 0, (20, 60)), *_NARROW),
    (Step("copies-40-80", 20_000, 0, (40, 80)), *_NARROW),
    (Step("copies-20-60-100", 15_000, 0, (20, 60, 100)), *_NARROW),
)
"""Steps by class of loss."""
_CLASS_FROM: tuple[float, ...] = (0.0, 0.008, 0.03, 0.12, 0.22)


@dataclass(frozen=True, slots=True)
class LineReport:
    """What one report of the other side says: packets due and lost since the report before, mean burst in
    packets."""

    at: float
    expected: int
    lost: int
    burst: float = 0.0


class Ladder:
    """The protection of one direction."""

    def __init__(self) -> None:
        self._reports: deque[LineReport] = deque()
        self._class = 0
        self._calm_since: float | None = None

    @property
    def level(self) -> int:
        """The class of loss it stands at, 0 to 4."""
        return self._class

    def loss(self, now: float, window: float = LONG_WINDOW) -> float:
        """Share of packets lost in the last `window` seconds of reports, 0 to 1."""
        expected, lost = self._sums(now, window)
        return lost / expected if expected else 0.0

    @property
    def latest_loss(self) -> float:
        """Share of packets lost over the last seconds of reports, 0 to 1."""
        return self.loss(self._reports[-1].at) if self._reports else 0.0

    def report(self, report: LineReport) -> None:
        """Learn from a report."""
        self._reports.append(report)
        while self._reports and self._reports[0].at < report.at - LONG_WINDOW:
            self._reports.popleft()
        wanted = self._wanted(report)
        if wanted >= self._class:
            self._class = wanted
            self._calm_since = None
        elif self._calm_since is None:
            self._calm_since = report.at
        elif report.at - self._calm_since >= DOWN_AFTER:
            self._class -= 1
            self._calm_since = report.at

    def step(self, allowed: float) -> Step:
        """The step to send with when the line takes `allowed` bit/s; the thinnest if none fits."""
        steps = LADDER[self._class]
        return next((step for step in steps if step.rate <= allowed), steps[-1])

    def _wanted(self, report: LineReport) -> int:
        expected, lost = self._sums(report.at, LONG_WINDOW)
        wanted = _class_of(lost / max(FEW, expected))
        expected, lost = self._sums(report.at, SHORT_WINDOW)
        if lost >= SUDDEN:
            wanted = max(wanted, _class_of(lost / expected))
        if wanted and report.burst >= LONG_BURST:
            wanted += 1
        return min(wanted, len(LADDER) - 1)

    def _sums(self, now: float, window: float) -> tuple[int, int]:
        recent = [report for report in self._reports if report.at > now - window]
        return sum(report.expected for report in recent), max(0, sum(report.lost for report in recent))


def _class_of(loss: float) -> int:
    return sum(loss >= start for start in _CLASS_FROM) - 1
