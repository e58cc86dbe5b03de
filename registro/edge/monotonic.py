"""Timers that a jump of the wall clock cannot touch.

Twisted's reactors measure by `time.time`: set the clock back an hour, and every timer is an hour late.
"""

from __future__ import annotations

import time
from typing import Any

from twisted.internet.interfaces import IReactorTime


def never_jump(reactor: IReactorTime) -> None:
    """Make the reactor measure by the monotonic clock; what it has scheduled already keeps its delay."""
    if getattr(reactor, "seconds", None) is time.monotonic:
        return
    waiting = [(call, call.getTime() - reactor.seconds()) for call in reactor.getDelayedCalls()]
    changed: Any = reactor
    changed.seconds = time.monotonic
    for call, left in waiting:
        delayed: Any = call
        delayed.seconds = time.monotonic
        delayed.time = time.monotonic() + left
