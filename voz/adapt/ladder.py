"""Which protection to send with: a ladder of steps, climbed at once and come down slowly; pure.

Driven by what the other side reports. The table says, for a class of loss, which steps serve it, the best
one first; the first that fits the rate the line takes is used.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from math import sqrt

DOWN_AFTER: float = 8.0
"""Seconds that a lower class must have been enough before the ladder comes down by one."""
LONG_WINDOW: float = 4.0
"""Seconds over which loss is judged."""
SHORT_WINDOWS: tuple[float, ...] = (0.4, 1.0)
"""Seconds in which a sudden loss is believed …"""
DOUBT: float = 1.5
"""… less so many times what chance makes of it (the root of the number)."""
FEW: int = 100
"""Of fewer packets than this the share lost is not believed as it is."""
LONG_BURST: float = 2.2
"""Mean burst, in packets, from which on a class counts as one higher."""
HEADERS: int = 50
"""Bytes that each packet costs a line beside its payload: IPv4 20, UDP 8, RTP 12, the tag of SRTP 10."""


@dataclass(frozen=True, slots=True)
class Step:
    """One way to send: `bitrate` of each copy in bit/s, percent of loss told to the encoder, copies by age
    in ms, and the least length of a frame in ms."""

    name: str
    bitrate: int
    expected_loss: int = 0
    copies_ms: tuple[int, ...] = ()
    frame_ms: int = 10

    def length(self, chosen_ms: int = 20) -> int:
        """Milliseconds of a frame where `chosen_ms` is what this call would have."""
        return max(chosen_ms, self.frame_ms)

    def payload(self, chosen_ms: int = 20) -> float:
        """What it makes in bit/s of RTP payload, at the most."""
        count = len(self.copies_ms)
        red = 8 * (4 * count + 1) * 1000 / self.length(chosen_ms) if count else 0.0
        return self.bitrate * (1 + count) + red

    def line(self, chosen_ms: int = 20) -> float:
        """What it takes from the line in bit/s, headers included, at the most."""
        return self.payload(chosen_ms) + 8 * HEADERS * 1000 / self.length(chosen_ms)


def _steps(
    kind: str, thousands: range, *, loss: int = 0, copies: tuple[int, ...] = (), frame_ms: int = 10
) -> tuple[Step, ...]:
    """Steps that differ in the rate alone."""
    ages = "".join(f"-{age}" for age in copies)
    length = f"-{frame_ms}ms" if frame_ms > 20 else ""
    return tuple(
        Step(f"{kind}{ages}-{rate}{length}", rate * 1000, loss, copies, frame_ms) for rate in thousands
    )


CLEAN = Step("clean-32", 32_000)
_NARROW_FEC = (
    *_steps("fec", range(24, 15, -1), loss=15, frame_ms=40),
    *_steps("fec", range(16, 7, -1), loss=15, frame_ms=60),
)
_NARROW = (*_steps("copies", range(28, 11, -1), copies=(40,), frame_ms=40), *_NARROW_FEC)
_NARROW_TWICE = (*_steps("copies", range(19, 13, -1), copies=(40, 80), frame_ms=40), *_NARROW)
LADDER: tuple[tuple[Step, ...], ...] = (
    (
        CLEAN,
        *_steps("clean", range(31, 23, -1), frame_ms=20),
        *_steps("clean", range(30, 11, -1), frame_ms=40),
        *_steps("clean", range(14, 7, -1), frame_ms=60),
    ),
    (
        Step("fec-38", 38_000, 8),
        *_steps("fec", range(37, 29, -1), loss=8, frame_ms=20),
        *_steps("fec", range(36, 15, -1), loss=8, frame_ms=40),
        *_steps("fec", range(16, 7, -1), loss=8, frame_ms=60),
    ),
    (Step("copies-40-31", 31_000, 0, (40,)), *_steps("copies", range(30, 22, -1), copies=(40,)), *_NARROW),
    (Step("copies-40-80-20", 20_000, 0, (40, 80)), *_NARROW_TWICE),
    (Step("copies-20-60-100-15", 15_000, 0, (20, 60, 100)), *_NARROW_TWICE),
)
"""Steps by class of loss. Where the line is narrow frames are longer: half or a third of the headers."""
_CLASS_FROM: tuple[float, ...] = (0.0, 0.008, 0.03, 0.085, 0.24)


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
        self._forgiven = float("-inf")

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

    def report(self, report: LineReport, *, believed: bool = True) -> None:
        """Learn from a report. What a full line drops is not `believed`: it does not ask for protection."""
        self._reports.append(report)
        while self._reports and self._reports[0].at < report.at - LONG_WINDOW:
            self._reports.popleft()
        if not believed:
            return
        wanted = self._wanted(report)
        if wanted >= self._class:
            self._class = wanted
            self._calm_since = None
        elif self._calm_since is None:
            self._calm_since = report.at
        elif report.at - self._calm_since >= DOWN_AFTER:
            self._class -= 1
            self._calm_since = report.at

    def forgive(self, now: float, noise: float) -> None:
        """What was lost up to now was lost to a full line, but for this share."""
        self._forgiven = now
        self._class = min(self._class, _class_of(noise))
        self._calm_since = None

    def step(self, allowed: float, most: float = float("inf"), chosen_ms: int = 20) -> Step:
        """The step to send with when the line takes `allowed` bit/s, headers included, and no more than
        `most` bit/s of payload are wanted; the thinnest if none fits."""
        steps = LADDER[self._class]
        fitting = (
            step for step in steps if step.line(chosen_ms) <= allowed and step.payload(chosen_ms) <= most
        )
        return next(fitting, steps[-1])

    def _wanted(self, report: LineReport) -> int:
        since = report.at - self._forgiven
        expected, lost = self._sums(report.at, min(LONG_WINDOW, since))
        wanted = _class_of(lost / max(FEW, expected))
        for window in SHORT_WINDOWS:
            expected, lost = self._sums(report.at, min(window, since))
            certain = lost - DOUBT * sqrt(lost)
            wanted = max(wanted, _class_of(certain / max(1, expected)))
        if wanted and report.burst >= LONG_BURST:
            wanted += 1
        return min(wanted, len(LADDER) - 1)

    def _sums(self, now: float, window: float) -> tuple[int, int]:
        recent = [report for report in self._reports if report.at > now - window]
        return sum(report.expected for report in recent), max(0, sum(report.lost for report in recent))


def _class_of(loss: float) -> int:
    return max(0, sum(loss >= start for start in _CLASS_FROM) - 1)
