"""How often the window looks for work: often while something moves or is touched, seldom while nothing
happens.

Kivy's loop wakes up `maxfps` times a second even when nothing is drawn; at 60 that alone is 3 % of a core.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum


class Pace(Enum):
    """Turns of the window's loop per second."""

    HIDDEN = 5
    IDLE = 12
    CALL = 18
    BUSY = 60


LINGER = 1.0
"""Seconds of full pace after the last touch, key or new screen."""


@dataclass
class Pacer:
    """Decides the pace from what happened when; `apply` is called when it changes."""

    apply: Callable[[int], None]
    hidden: bool = False
    in_call: bool = False
    stirred_at: float = float("-inf")
    pace: Pace = Pace.BUSY

    def stir(self, now: float) -> None:
        """Something was touched, typed, or began to move."""
        self.stirred_at = now
        self.settle(now)

    def settle(self, now: float) -> None:
        """Choose the pace for now."""
        wanted = self._wanted(now)
        if wanted is not self.pace:
            self.pace = wanted
            self.apply(wanted.value)

    def _wanted(self, now: float) -> Pace:
        if now - self.stirred_at < LINGER:
            return Pace.BUSY
        if self.hidden:
            return Pace.HIDDEN
        return Pace.CALL if self.in_call else Pace.IDLE
