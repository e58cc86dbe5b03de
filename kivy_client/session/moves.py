"""A change of network, noticed at once: from Wi-Fi to a cable, out of a tunnel, home.

The watch and the question «from which address would a packet leave?» are those of the voice's paths
(`voz.path.network`).
"""

from collections.abc import Callable, Sequence
from typing import Protocol

from twisted.internet.interfaces import IReactorTime

from kivy_client.session.calls.timing import Timer
from voz.path.watch import Watch

ANY_PORT = 9
"""The port makes no difference to the route; nothing is sent."""

SETTLING = 0.1
"""Seconds without a further change before it is told: addresses and routes come one after the other, and a
packet that is sent in between is lost, which costs TCP a second.
"""

Place = tuple[str, int]


class Surroundings(Protocol):
    """What is asked of the machine's network."""

    def addresses(self, targets: Sequence[Place]) -> tuple[str, ...]:
        """The local addresses from which packets to the targets and to the Internet leave now."""

    def watch(self, changed: Callable[[], None]) -> Watch:
        """Call `changed` whenever our own addresses or routes may have changed."""


class Moves:
    """Tells `moved` the addresses that we have now, whenever they are others; not while there is none.

    `server` is the address of the registry, the empty text when it was never reached.
    """

    def __init__(
        self,
        clock: IReactorTime,
        surroundings: Surroundings,
        server: Callable[[], str],
        moved: Callable[[tuple[str, ...]], None],
    ) -> None:
        self._surroundings, self._server, self._moved = surroundings, server, moved
        self._watch: Watch | None = None
        self._settling = Timer(clock)
        self._known: tuple[str, ...] = ()

    def start(self) -> None:
        """Look out from now on; what is so now is no news."""
        if self._watch is None:
            self._known = self._addresses()
            self._watch = self._surroundings.watch(self._look)

    def stop(self) -> None:
        """Look out no more."""
        self._settling.stop()
        watch, self._watch = self._watch, None
        if watch is not None:
            watch.stop()

    def arrived(self) -> None:
        """The registry was reached from here: its address counts from now on."""
        self._known = self._addresses()

    def _addresses(self) -> tuple[str, ...]:
        server = self._server()
        return self._surroundings.addresses([(server, ANY_PORT)] if server else [])

    def _look(self) -> None:
        addresses = self._addresses()
        if addresses == self._known:
            return
        self._known = addresses
        if addresses:
            self._settling.set(SETTLING, lambda: self._moved(addresses))
        else:
            self._settling.stop()
