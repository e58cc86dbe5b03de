"""Writing to a socket at once: half the system calls of a reply, for a transport that has nothing queued.

Twisted's `write` queues, asks epoll to say when the socket can be written, and writes on the next turn of the
loop: two `epoll_ctl` a reply. Here the socket is tried first. This leans on attributes that Twisted does not
promise; `fits` says whether they are as they were, and the registry goes without where they are not, or with
`--sem-escrita-direta`.
"""

from __future__ import annotations

import socket
from collections.abc import Callable
from typing import Any

from twisted.internet import tcp

BUFFER = 16 * 1024
"""Bytes of one read; so many may wait before a client counts as one that does not read."""

SEND_BUFFER = 64 * 1024
"""What the kernel may hold for one client; it doubles this. Without a limit it would hold megabytes."""

_NEEDED = ("_writeDisconnected", "dataBuffer", "disconnecting", "connected", "TLS")


class QueuedServer(tcp.Server):
    """Twisted's own transport, with a smaller buffer."""

    bufferSize = BUFFER  # noqa: N815 - Twisted's name


class DirectServer(QueuedServer):
    """A connection that writes at once what it can."""

    def write(self, data: bytes) -> None:
        """Write; what the kernel does not take waits as usual."""
        transport: Any = self
        if self.connected and not (
            transport._tempDataBuffer or self.dataBuffer or transport._writeDisconnected or transport.TLS
        ):
            try:
                sent = self.socket.send(data)
            except OSError:
                sent = 0  # a socket that is broken is found out by the queue
            if sent == len(data):
                return
            data = data[sent:]
        transport_write: Callable[[bytes], None] = super().write
        transport_write(data)


def fits() -> bool:
    """Say whether this Twisted has what `DirectServer` leans on."""
    return all(hasattr(tcp.Server, name) for name in _NEEDED) and hasattr(socket.socket, "send")


class Port(tcp.Port):
    """A listening port: dual stack on `::`, a long backlog, bounded kernel buffers."""

    transport = QueuedServer

    @property
    def number(self) -> int:
        """The port that is listened on."""
        sock: socket.socket = self.socket
        return int(sock.getsockname()[1])

    def createInternetSocket(self) -> socket.socket:
        """Make the socket; what is set here its connections inherit."""
        make: Callable[[], socket.socket] = super().createInternetSocket
        made = make()
        if self.addressFamily == socket.AF_INET6:
            made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0 if self.interface == "::" else 1)
        made.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER)
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return made


class DirectPort(Port):
    """A port whose connections write at once."""

    transport = DirectServer
