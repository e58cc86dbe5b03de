"""TLS on the socket itself: OpenSSL reads and writes it, with no layer of Python and no buffers between.

Twisted's TLS copies every byte through two memory buffers and five Python objects a connection. This
transport gives OpenSSL the socket: less memory for an idle connection, fewer steps for a message. It leans on
the same unpromised attributes as `direct`; where they are gone, the registry uses Twisted's TLS.
"""

from __future__ import annotations

import contextlib
import socket
from typing import Any

from OpenSSL import SSL
from twisted.internet import main

from registro.edge.direct import BUFFER, Port, QueuedServer

RECORD = 16 * 1024
_CORK: int | None = getattr(socket, "TCP_CORK", None)
_AGAIN = (SSL.WantReadError, SSL.WantWriteError)


class SecureServer(QueuedServer):
    """One TLS connection; its protocol is told `handshakeCompleted` when the client has finished."""

    def __init__(
        self, sock: Any, protocol: Any, client: Any, server: Any, sessionno: int, reactor: Any
    ) -> None:
        super().__init__(sock, protocol, client, server, sessionno, reactor)
        self._tls: SSL.Connection | None = SSL.Connection(server.context, sock)
        self._tls.set_accept_state()
        self._shaken = False

    def getHandle(self) -> Any:
        """Return OpenSSL's connection, which has the exporter."""
        return self._tls

    def doRead(self) -> Any:
        """Go on with the hand-shake, or read one record."""
        tls: Any = self._tls
        if not self._shaken:
            return self._shake()
        try:
            data = tls.recv(BUFFER)
        except _AGAIN:
            return None
        except SSL.ZeroReturnError:
            return main.CONNECTION_DONE
        except SSL.Error:
            return main.CONNECTION_LOST
        self.protocol.dataReceived(data)
        return None

    def _shake(self) -> Any:
        """Take one step of the hand-shake; what it brings the client leaves in one segment.

        OpenSSL writes two session tickets one by one, which pyOpenSSL has no means to turn off and nobody
        uses: each would be a packet, and would wake the client before it has its greeting.
        """
        self._hold_back(True)
        try:
            return self._step()
        finally:
            if self.connected:
                self._hold_back(False)

    def _hold_back(self, on: bool) -> None:
        """Let the kernel gather what is written, or send what it has gathered."""
        if _CORK is not None:
            with contextlib.suppress(OSError):  # a socket that is broken is found out by what follows
                self.socket.setsockopt(socket.IPPROTO_TCP, _CORK, on)

    def _step(self) -> Any:
        tls: Any = self._tls
        try:
            tls.do_handshake()
        except SSL.WantReadError:
            return None
        except SSL.WantWriteError:
            wait: Any = self.startWriting
            wait()
            return None
        except SSL.Error:
            return main.CONNECTION_LOST
        self._shaken = True
        protocol: Any = self.protocol
        protocol.handshakeCompleted()
        return None

    def doWrite(self) -> Any:
        """Write what waits; during the hand-shake that is OpenSSL's own."""
        if self._shaken:
            write: Any = super().doWrite
            return write()
        stop: Any = self.stopWriting
        stop()
        return self._shake()

    def write(self, data: bytes) -> None:
        """Write at once what the kernel takes, and queue the rest."""
        transport: Any = self
        if self.connected and not (
            transport._tempDataBuffer or self.dataBuffer or transport._writeDisconnected
        ):
            sent = self._send_all(data)
            if sent == len(data):
                return
            data = data[sent:]
        queue: Any = super().write
        queue(data)

    def _send_all(self, data: bytes) -> int:
        """Send records until the kernel takes no more; a broken connection is found out by the queue."""
        tls: Any = self._tls
        sent = 0
        try:
            while sent < len(data):
                sent += tls.send(data[sent : sent + RECORD])
        except (SSL.Error, OSError):
            pass
        return sent

    def writeSomeData(self, data: Any) -> Any:
        """Write one record of what waits; the same bytes again if OpenSSL asks for it."""
        tls: Any = self._tls
        try:
            return tls.send(bytes(data[:RECORD])) if len(data) else 0
        except _AGAIN:
            return 0
        except (SSL.Error, OSError):
            return main.CONNECTION_LOST

    def _closeWriteConnection(self) -> None:
        """Tell the client that nothing follows, in TLS and in TCP."""
        tls: Any = self._tls
        with contextlib.suppress(SSL.Error):
            tls.shutdown()
        close: Any = super()._closeWriteConnection
        close()

    def connectionLost(self, reason: Any) -> None:
        """Let go of everything."""
        tls, self._tls = self._tls, None
        if tls is not None and self._shaken:
            with contextlib.suppress(SSL.Error):
                tls.shutdown()
        lose: Any = super().connectionLost
        lose(reason)


class SecurePort(Port):
    """A port whose connections speak TLS with one shared context."""

    transport = SecureServer

    def __init__(self, context: SSL.Context, *args: Any) -> None:
        super().__init__(*args)
        self.context = context
