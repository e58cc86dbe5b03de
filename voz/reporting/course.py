"""The course of a call: what is wrong now, and what was wrong for a good part of it; pure."""

from __future__ import annotations

from collections import deque

from voz.reporting.diagnosis import RULES, diagnose, gravest_first, stretch
from voz.stats import Finding, Severity, Snapshot

RECENT: int = 5
"""Seconds that «now» is made of."""
GOOD_PART: float = 0.1
"""Share of a call from which on a trouble belongs to its story …"""
LEAST: int = 3
"""… but at least so many seconds."""


class Course:
    """Is shown one snapshot a second. Knows the last few of them, and of each trouble how long it lasted."""

    def __init__(self) -> None:
        self._recent: deque[Snapshot] = deque([Snapshot()], maxlen=RECENT + 1)
        self._seconds = 0
        self._lasted: dict[tuple[str, Severity], int] = {}
        self.now: tuple[Finding, ...] = ()

    def second(self, snapshot: Snapshot) -> None:
        """One second more."""
        self._seconds += 1
        if self._seconds == 1:
            # Devices that open run dry until they have found their pace: that is not counted.
            self._recent[0] = Snapshot(sound=snapshot.sound)
        self._recent.append(snapshot)
        self.now = diagnose(snapshot, stretch(self._recent[0], snapshot))
        for finding in self.now:
            for severity in Severity:
                if finding.severity >= severity:
                    known = finding.code, severity
                    self._lasted[known] = self._lasted.get(known, 0) + 1

    def whole(self) -> tuple[Finding, ...]:
        """What was wrong for a good part of the call, each as bad as it was for that long."""
        least = max(LEAST, GOOD_PART * self._seconds)
        found = []
        for rule in RULES:
            grades = [grade for grade in Severity if self._lasted.get((rule.code, grade), 0) >= least]
            if grades:
                found.append(Finding(rule.code, rule.side, max(grades)))
        return gravest_first(found)
