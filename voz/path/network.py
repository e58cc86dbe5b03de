"""The machine's network as the paths see it: sockets, our own addresses, names, and news of a change.

`Network` is the seam: `SystemNetwork` is the real one, the tests have one in memory.
"""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Callable, Sequence
from typing import Protocol

from twisted.internet import error
from twisted.internet.defer import Deferred, maybeDeferred, succeed
from twisted.internet.interfaces import IReactorThreads, IReactorUDP
from twisted.internet.protocol import DatagramProtocol
from twisted.internet.threads import deferToThreadPool

from voz.path.watch import Watch, WatchReactor, watch_addresses
from voz.stun import Address, StunError, normalised

#: DSCP Expedited Forwarding (RFC 3246) as the TOS or traffic class byte.
EXPEDITED = 0xB8
#: Addresses that nobody has (RFC 5737, RFC 3849): to ask the system which address it would send from.
_ANYWHERE = {4: ("192.0.2.1", 9), 6: ("2001:db8::1", 9)}
#: How a socket is marked, by IP version; not every system has both.
_MARKS = {
    4: (socket.IPPROTO_IP, getattr(socket, "IP_TOS", None)),
    6: (socket.IPPROTO_IPV6, getattr(socket, "IPV6_TCLASS", None)),
}
_FAMILIES = {4: socket.AF_INET, 6: socket.AF_INET6}

#: No datagram of a call is longer.
LARGEST = 2048

Receiver = Callable[[bytes, Address], None]


class DatagramSocket(Protocol):
    """One UDP socket of ours."""

    @property
    def version(self) -> int:
        """The IP version, 4 or 6."""

    @property
    def port(self) -> int:
        """The local port."""

    def send(self, data: bytes, address: Address) -> None:
        """Send one datagram; one that cannot be sent now is lost."""

    def close(self) -> Deferred[None]:
        """Close; fires when it is done."""


class Network(Protocol):
    """What the paths need of the machine."""

    def open(self, version: int, received: Receiver) -> DatagramSocket | None:
        """A socket on a free port, or None where that IP version does not exist."""

    def addresses(self, targets: Sequence[Address]) -> tuple[str, ...]:
        """The local addresses from which datagrams to the targets and to the Internet leave now, each
        once."""

    def resolve(self, host: str, port: int) -> Deferred[tuple[Address, ...]]:
        """The addresses of a host, none when it has none; never fails."""

    def watch(self, changed: Callable[[], None]) -> Watch:
        """Call `changed` whenever our own addresses or routes may have changed."""


class NetworkReactor(WatchReactor, IReactorUDP, IReactorThreads):
    """A reactor with all that `SystemNetwork` needs."""


class _Receiving(DatagramProtocol):
    """Hands each datagram on with the normal form of its source."""

    def __init__(self, received: Receiver) -> None:
        self._received = received

    def datagramReceived(self, datagram: bytes, addr: tuple[str, int]) -> None:
        """One datagram."""
        with contextlib.suppress(StunError):
            self._received(datagram, normalised((addr[0], addr[1])))


class SystemSocket:
    """A UDP socket of Twisted's, marked for expedited forwarding."""

    def __init__(self, reactor: IReactorUDP, version: int, received: Receiver) -> None:
        self.version = version
        interface = "::" if version == 6 else ""
        self._listening = reactor.listenUDP(0, _Receiving(received), interface, LARGEST)
        self._socket: socket.socket = self._listening.socket  # type: ignore[attr-defined] # udp.Port has it
        self.port = int(self._socket.getsockname()[1])
        level, option = _MARKS[version]
        if option is not None:
            with contextlib.suppress(OSError):
                self._socket.setsockopt(level, option, EXPEDITED)

    def send(self, data: bytes, address: Address) -> None:
        """Send one datagram; one that cannot be sent now (no route, a full queue) is lost."""
        with contextlib.suppress(OSError):
            self._socket.sendto(data, address)

    def close(self) -> Deferred[None]:
        """Close; fires when it is done."""
        return maybeDeferred(self._listening.stopListening).addBoth(lambda _: None)


class SystemNetwork:
    """The real network of this machine."""

    def __init__(self, reactor: NetworkReactor) -> None:
        self._reactor = reactor

    def open(self, version: int, received: Receiver) -> DatagramSocket | None:
        """A socket on a free port, or None where that IP version does not exist."""
        try:
            return SystemSocket(self._reactor, version, received)
        except (OSError, error.CannotListenError):
            return None

    def addresses(self, targets: Sequence[Address]) -> tuple[str, ...]:
        """The local addresses from which datagrams would leave; nothing is sent."""
        asked = [*targets, *_ANYWHERE.values()]
        found = [address for target in asked if (address := source_towards(target)) is not None]
        return tuple(dict.fromkeys(found))

    def resolve(self, host: str, port: int) -> Deferred[tuple[Address, ...]]:
        """The addresses of a host, the system's preference first."""
        literal = _literal(host, port)
        if literal is not None:
            return succeed((literal,))
        pool = self._reactor.getThreadPool()
        return deferToThreadPool(self._reactor, pool, look_up, host, port)

    def watch(self, changed: Callable[[], None]) -> Watch:
        """Call `changed` whenever our own addresses or routes may have changed."""
        return watch_addresses(self._reactor, changed)


def source_towards(target: Address) -> str | None:
    """The local address from which a datagram to `target` would leave, or None without a route."""
    family = _FAMILIES[6 if ":" in target[0] else 4]
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.connect(target)
            return normalised((probe.getsockname()[0], 0))[0]
    except (OSError, StunError):
        return None


def look_up(host: str, port: int) -> tuple[Address, ...]:
    """The UDP addresses of a host name, by the system's resolver; none when it has none."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_DGRAM)
        return tuple(dict.fromkeys(normalised((str(entry[4][0]), port)) for entry in found))
    except (OSError, StunError, UnicodeError):
        return ()


def _literal(host: str, port: int) -> Address | None:
    """The address itself when `host` is one."""
    try:
        return normalised((host, port))
    except StunError:
        return None
