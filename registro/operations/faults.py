"""The last things that went wrong, for the operator's page: what the log has from `warn` on."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from twisted.logger import ILogObserver, LogEvent, LogLevel, formatEvent, globalLogPublisher
from twisted.python.failure import Failure
from zope.interface import implementer

from registro.trouble import Trouble

KEPT = 50
LONGEST = 300
_SERIOUS = (LogLevel.warn, LogLevel.error, LogLevel.critical)


@dataclass(frozen=True, slots=True)
class Fault:
    """One sentence, and when (Unix seconds)."""

    at: float
    text: str
    trouble: Trouble | None = None
    """what it was made of, where it is one of ours"""


@implementer(ILogObserver)
class Faults:
    """An observer of the log that keeps the last faults, newest first."""

    def __init__(self, wall: Callable[[], float] = time.time) -> None:
        self._wall = wall
        self._kept: deque[Fault] = deque(maxlen=KEPT)

    def startService(self) -> None:
        """Keep what is logged from now on."""
        globalLogPublisher.addObserver(self)

    def stopService(self) -> None:
        """Keep nothing more."""
        globalLogPublisher.removeObserver(self)

    def __call__(self, event: LogEvent) -> None:
        """Look at one event of the log."""
        if event.get("log_level") in _SERIOUS:
            self._kept.appendleft(_fault(event, event.get("log_time", self._wall())))

    def latest(self) -> tuple[Fault, ...]:
        """Give them, newest first."""
        return tuple(self._kept)


def _fault(event: LogEvent, at: float) -> Fault:
    said = event.get("sentence")
    return Fault(at, _sentence(event), said if isinstance(said, Trouble) else None)


def _sentence(event: LogEvent) -> str:
    text = " ".join(formatEvent(event).split())
    failure = event.get("log_failure")
    if isinstance(failure, Failure):
        text = f"{text} ({failure.type.__name__}: {failure.getErrorMessage()})" if failure.type else text
    return text if len(text) <= LONGEST else text[:LONGEST] + "…"
