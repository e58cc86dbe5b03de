"""The loop that runs everywhere: a Twisted DatagramProtocol, fed by a reader that drains its socket.

Twisted's own UDP port parses the text of an address at every write; `DrainPort` hands addresses through as
the socket gave them.
"""

from __future__ import annotations

import socket
from collections.abc import Callable

from twisted.internet.interfaces import IReactorFDSet, IReadDescriptor
from twisted.internet.protocol import DatagramProtocol
from twisted.python.failure import Failure
from zope.interface import implementer

from voz.relay.core import RelayCore
from voz.stun import Address, normalised

#: A socket address as Python's socket module gives it, of either family.
SocketAddress = tuple[str, int] | tuple[str, int, int, int]

#: Datagrams that one wake-up may handle before the reactor gets its turn.
AT_ONCE = 256
LARGEST = 2048


def address_of(source: SocketAddress) -> Address:
    """The normal (address, port) of a socket address; IPv4-mapped ones become IPv4."""
    return normalised((source[0], source[1]))


class RelayProtocol(DatagramProtocol):
    """Each datagram goes through the core, and its answer out again by `send` (the transport's, if not
    set)."""

    send: Callable[[bytes, SocketAddress], object] | None = None

    def __init__(self, core: RelayCore[SocketAddress], clock: Callable[[], float]) -> None:
        self._core = core
        self._clock = clock

    def startProtocol(self) -> None:
        """Twisted's own port has started to listen."""
        transport = self.transport
        if self.send is None and transport is not None:
            self.send = lambda data, addr: transport.write(data, (addr[0], addr[1]))

    def datagramReceived(self, datagram: bytes, addr: SocketAddress) -> None:
        """One datagram from the transport."""
        verdict = self._core.handle(datagram, addr, self._clock())
        if verdict is not None and self.send is not None:
            self.send(*verdict)


@implementer(IReadDescriptor)
class DrainPort:
    """A bound UDP socket whose datagrams are read until there are none, at most `AT_ONCE` a wake-up."""

    name = "portable"

    def __init__(self, reactor: IReactorFDSet, bound: socket.socket, protocol: RelayProtocol) -> None:
        self._reactor = reactor
        self._socket = bound
        self._protocol = protocol

    def start(self) -> None:
        """Begin to read."""
        self._socket.setblocking(False)
        self._protocol.send = self.write
        self._reactor.addReader(self)

    def stop(self) -> None:
        """Read no more; the socket stays the caller's."""
        self._reactor.removeReader(self)

    def fileno(self) -> int:
        """The descriptor that the reactor watches."""
        return self._socket.fileno()

    def logPrefix(self) -> str:  # noqa: N802
        """How the reactor names this reader."""
        return "relay"

    def doRead(self) -> None:
        """Drain the socket."""
        for _ in range(AT_ONCE):
            try:
                data, source = self._socket.recvfrom(LARGEST)
            except (BlockingIOError, InterruptedError):
                return
            except OSError:
                # An ICMP error of an earlier send (a client that went away) is reported here: not ours to
                # mind.
                continue
            self._protocol.datagramReceived(data, source)

    def write(self, packet: bytes, addr: SocketAddress) -> None:
        """Send one datagram; one that the kernel will not take is lost, as datagrams may be."""
        try:
            self._socket.sendto(packet, addr)
        except OSError:
            return

    def connectionLost(self, reason: Failure) -> None:
        """The reactor stops."""
