"""The one timer that each machine of a call has, and how long things may take."""

from collections.abc import Callable

from twisted.internet.interfaces import IDelayedCall, IReactorTime

RING_TIME = 60.0
"""Seconds after which this side gives a ring up by itself; the registry ends it after 45."""

KEY_TIME = 30.0
"""Seconds from the acceptance to the caller's key, which may wait for a connection to come back."""

PROOF_TIME = 30.0
"""Seconds from the keys to the first packet that authenticates."""

WORD_TIME = 0.5
"""Seconds in which, after the other side's BYE, its word to the registry is waited for.

Normally it is close behind, and a second word about the same call would be one too many.
"""


class Timer:
    """At most one call later; setting it again replaces it."""

    def __init__(self, clock: IReactorTime) -> None:
        self._clock = clock
        self._call: IDelayedCall | None = None

    @property
    def running(self) -> bool:
        """Something is set and has not happened."""
        return self._call is not None and self._call.active()

    def set(self, delay: float, then: Callable[[], None]) -> None:
        """Call `then` after `delay` seconds instead of what was set before."""
        self.stop()
        self._call = self._clock.callLater(delay, then)

    def stop(self) -> None:
        """Call nothing."""
        if self._call is not None and self._call.active():
            self._call.cancel()
        self._call = None
