"""The UDP sockets of one call, by number: one for each IP version, and a second pair for the second round of
checks."""

from __future__ import annotations

from collections.abc import Callable

from twisted.internet.defer import Deferred, DeferredList

from voz.path.network import DatagramSocket, Network
from voz.stun import Address

Receiver = Callable[[int, bytes, Address], None]
_VERSIONS = (4, 6)
#: Sockets of one call: each change of network may cost one at a relay that does not move allocations.
MOST_SOCKETS = 64


class Sockets:
    """All sockets of one call. `latest` are the numbers in use for new checks, by IP version."""

    def __init__(self, network: Network, received: Receiver) -> None:
        self._network = network
        self._received = received
        self._open: dict[int, DatagramSocket] = {}
        self.latest: dict[int, int] = {}
        self.first: dict[int, int] = {}

    def open_missing(self) -> bool:
        """Open a socket for each IP version that has none; whether there are new ones."""
        missing = [version for version in _VERSIONS if version not in self.first]
        return sum(self._open_one(version) for version in missing) > 0

    def open_more(self) -> None:
        """Open another socket for each IP version that has one: a NAT gives it another mapping."""
        for version in tuple(self.first):
            self._open_one(version)

    def open_aside(self, version: int) -> int | None:
        """Open another socket that takes no part in checks; its number, or None."""
        latest = self.latest.get(version)
        if latest is None or not self._open_one(version):
            return None
        aside, self.latest[version] = self.latest[version], latest
        return aside

    def _open_one(self, version: int) -> bool:
        """Open one; False where that version does not exist, or there are too many."""
        number = len(self._open)
        if number >= MOST_SOCKETS:
            return False
        opened = self._network.open(version, lambda data, address: self._received(number, data, address))
        if opened is None:
            return False
        self._open[number] = opened
        self.latest[version] = number
        self.first.setdefault(version, number)
        return True

    def port(self, number: int) -> int:
        """The local port of a socket."""
        return self._open[number].port

    def version(self, number: int) -> int:
        """The IP version of a socket."""
        return self._open[number].version

    def send(self, number: int, data: bytes, address: Address) -> None:
        """Send one datagram from that socket."""
        self._open[number].send(data, address)

    def close(self) -> Deferred[None]:
        """Close all; fires when they are closed."""
        closing = [opened.close() for opened in self._open.values()]
        done: Deferred[None] = DeferredList(closing).addCallback(lambda _: None)
        return done
