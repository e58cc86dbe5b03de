"""The loop that runs everywhere: a Twisted DatagramProtocol, fed by a reader that drains its socket.

Twisted's own UDP port parses the text of an address at every write; `DrainPort` hands addresses through as
the socket gave them.
"""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Callable

from twisted.internet.interfaces import IReactorFDSet, IReadDescriptor
from twisted.internet.protocol import DatagramProtocol
from twisted.python.failure import Failure
from zope.interface import implementer

from voz.relay import local
from voz.relay.core import RelayCore
from voz.stun import Address, normalised

#: A socket address as Python's socket module gives it, of either family.
SocketAddress = tuple[str, int] | tuple[str, int, int, int]
#: The other end, and which of our own addresses it speaks to (`voz.relay.local`; empty when unknown).
Source = tuple[SocketAddress, bytes]

#: Datagrams that one wake-up may handle before the reactor gets its turn.
AT_ONCE = 256
LARGEST = 2048


def address_of(source: Source) -> Address:
    """The normal (address, port) of a source; IPv4-mapped addresses become IPv4."""
    return normalised((source[0][0], source[0][1]))


class RelayProtocol(DatagramProtocol):
    """Each datagram goes through the core, and its answer out again by `send`."""

    send: Callable[[bytes, Source], object] | None = None

    def __init__(self, core: RelayCore[Source], clock: Callable[[], float]) -> None:
        self._core = core
        self._clock = clock

    def datagramReceived(  # type: ignore[override] # our port says more than an address
        self, datagram: bytes, addr: Source
    ) -> None:
        """One datagram."""
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
        self._knows_local = local.ask_for_local(bound)

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
                data, source = self._receive()
            except (BlockingIOError, InterruptedError):
                return
            except OSError:
                # An ICMP error of an earlier send (a client that went away) is reported here: not ours to
                # mind.
                continue
            self._protocol.datagramReceived(data, source)

    def _receive(self) -> tuple[bytes, Source]:
        """One datagram and where it came from and to. Raises OSError."""
        if not self._knows_local:
            data, address = self._socket.recvfrom(LARGEST)
            return data, (address, b"")
        data, ancillary, _, address = self._socket.recvmsg(LARGEST, local.ROOM)
        return data, (address, local.local_in(self._socket.family, ancillary))

    def write(self, packet: bytes, addr: Source) -> None:
        """Send one datagram; one that the kernel will not take is lost, as datagrams may be."""
        address, ours = addr
        with contextlib.suppress(OSError):
            if self._knows_local:
                ancillary = local.ancillary_for(self._socket.family, ours)
                self._socket.sendmsg([packet], ancillary, 0, address)
            else:
                self._socket.sendto(packet, address)

    def connectionLost(self, reason: Failure) -> None:
        """The reactor stops."""
