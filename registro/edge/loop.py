"""The epoll reactor's loop, written again: one write a connection and turn, and no log context an event.

A busy registry serves hundreds of connections in a turn of the reactor. What they bring anybody leaves at the
turn's end in one write each: a person is written to once, and the other program is woken once. Twisted's own
loop makes a log context for every event besides (3 µs of 20); what a handler raises is logged all the same.

This leans on attributes that Twisted does not promise. Where they are not as they were, or the reactor is
another, or with `--sem-escrita-direta`, the reactor keeps its loop, and a turn is one read.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

_NEEDED = ("_poller", "_selectables", "_doReadOrWrite", "doIteration")

MANY = 64
"""After so many events what was gathered leaves, so that nobody waits for the thousandth."""


class Gatherer(Protocol):
    """Who gathers what is written."""

    def begin_turn(self) -> bool:
        """Gather from now on; False if that is so already."""

    def end_turn(self) -> None:
        """Write what was gathered."""


def fits(reactor: Any) -> bool:
    """Say whether the reactor is one whose loop can be taken over."""
    return all(hasattr(reactor, name) for name in _NEEDED)


def take_over(reactor: Any, gatherer: Gatherer) -> None:
    """Run the reactor by this loop from now on, if it is one that can be."""
    if fits(reactor):
        reactor.doIteration = _loop(reactor, gatherer)


def _loop(reactor: Any, gatherer: Gatherer) -> Callable[[float | None], None]:
    """Return one iteration: wait, serve what is ready, write."""
    poll, selectables, serve = reactor._poller.poll, reactor._selectables, reactor._doReadOrWrite

    def iterate(timeout: float | None) -> None:
        try:
            ready = poll(-1 if timeout is None else timeout, len(selectables) or 1)
        except InterruptedError:
            return
        for start in range(0, len(ready), MANY):
            gatherer.begin_turn()
            try:
                for descriptor, event in ready[start : start + MANY]:
                    selectable = selectables.get(descriptor)
                    if selectable is not None:
                        serve(selectable, descriptor, event)
            finally:
                gatherer.end_turn()

    return iterate
