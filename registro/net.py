"""The edge: one connection between its transport and its session.

One write a read: what is answered while a read is served leaves together. What a client has not sent in full
and what it does not read are bounded, and nobody waits for it.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from twisted.internet import interfaces
from twisted.internet.protocol import Protocol
from twisted.python.failure import Failure
from zope.interface import implementer

from registro.admission import DOOR, FORGIVEN, plain_host
from registro.edge.inbox import Inbox
from registro.edge.outbox import Outbox
from registro.session import Session
from registro.wire import codec
from registro.wire.errors import Encerramento
from registro.wire.signatures import EXPORTER_LABEL, EXPORTER_SIZE

if TYPE_CHECKING:
    from registro.server import Server

LINGER = 2.0
"""Seconds that a client has to close its side of a connection that we close."""


@implementer(interfaces.IHandshakeListener, interfaces.IPushProducer)
class RegistryProtocol(Protocol):
    """One connection, TLS or plain: the transport's protocol, and the session's link."""

    half_closes = True
    """whether the transport can end our side alone"""

    def __init__(self, server: Server, who: str, host: str, port: int, local: bool) -> None:
        self.server, self.who, self.host, self.port, self.local = server, who, host, port, local
        self.local_host = ""
        self.label = host
        self.session = Session(self)
        self.out, self.inbox = Outbox(self), Inbox(self)
        self.since = self.seen = server.now
        self.ready = False
        self.newcomer = True
        self.closing = 0.0
        """when the connection is to be cut if the client has not closed it; 0 while it is open"""
        self._held = self._slow = False
        self._transgressions = 0
        self._transgressed_at = 0.0
        self._challenge = os.urandom(EXPORTER_SIZE) if local else b""

    # From the transport.

    def connectionMade(self) -> None:
        """Greet on the plain endpoint; with TLS wait for the hand-shake."""
        self.out.transport = transport = self.transport
        self.server.connected(self)
        assert transport is not None
        self.local_host = plain_host(getattr(transport.getHost(), "host", "127.0.0.1"))
        if self.local:
            self.handshakeCompleted()

    def handshakeCompleted(self) -> None:
        """Greet at once: with TLS the client has checked the pin, and the exporter is there."""
        self.ready = True
        self.out.transport.registerProducer(self, True)
        self.write(codec.render(self.server.greeting(self._challenge or None)))
        self.out.flush()

    def dataReceived(self, data: bytes) -> None:
        """Serve the lines that are complete."""
        self.seen = self.server.now
        if not self.closing:
            self.inbox.received(data)
            self._rest()

    def connectionLost(self, reason: Failure | None = None) -> None:
        """Take the session out."""
        self.closing = self.closing or self.server.now
        self.out.closed = True
        self.server.disconnected(self)
        self.out.end()
        self.inbox.end()

    def pauseProducing(self) -> None:
        """Learn that the client does not read: its requests wait, and pushes leave it out."""
        if self.out.pause(self.server.now):
            self._read(False)

    def resumeProducing(self) -> None:
        """Learn that it reads again: give it the rest of an answer, or what it has missed, and serve on."""
        if self.closing or not self.out.paused:
            return
        streaming = self.out.resume()
        if self.session.stale and not self.behind:
            self.session.stale = False
            self.server.catch_up(self.session, streaming)
        self._go_on()

    def stopProducing(self) -> None:
        """Learn that the connection is gone; `connectionLost` follows."""

    def _read(self, on: bool) -> None:
        transport = self.out.transport
        if on:
            transport.resumeProducing()
        else:
            transport.pauseProducing()

    def _go_on(self) -> None:
        """Read and serve on, if nothing hinders."""
        if not self.waiting:
            self._read(True)
            self.inbox.serve()
            self._rest()

    def _rest(self) -> None:
        """Read no more while a line waits for the disk and more has come already: one read is the bound."""
        if self._held and self.inbox.buffer:
            self._read(False)

    # For the session.

    @property
    def behind(self) -> bool:
        """Whether the client has not read what it was sent."""
        return self.out.behind

    @property
    def waiting(self) -> bool:
        """Whether no further line may be served now."""
        return self._held or self.out.behind or bool(self.closing)

    def binding(self) -> bytes:
        """Return the challenge of a plain connection, the exporter of a TLS one."""
        if self.local:
            return self._challenge
        handle: Any = self.transport
        exported: bytes = handle.getHandle().export_keying_material(EXPORTER_LABEL, EXPORTER_SIZE, b"")
        return exported

    def write(self, lines: bytes, count: int = 1) -> None:
        """Write `count` whole lines: together with the other answers of this read, or at once."""
        self.out.write(lines, count)

    def stream(self, lines: bytes) -> None:
        """Write a long answer in pieces; until it is out no request is read and no change is pushed."""
        self.session.base = self.server.office.directory.rev
        self.out.stream(lines)

    def hold(self) -> None:
        """Serve no further line until `release`; what has been read already is bounded by one read."""
        self._held = True

    def release(self) -> None:
        """Serve on."""
        self._held = False
        if self.newcomer and self.session.registered:
            self.newcomer = False
            self.server.office.admission.unregistered -= 1
        self._go_on()

    def transgressed(self) -> None:
        """Count an answer that said `limite`: the third within a minute is the last."""
        now = self.server.now
        if now - self._transgressed_at > FORGIVEN:
            self._transgressions = 0
        self._transgressed_at = now
        self._transgressions += 1
        if self._transgressions >= DOOR:
            self.close()

    def too_slow(self) -> None:
        """Close the connection of a client that does not read."""
        if not self.closing and not self._slow:
            self._slow = True  # its last line is not to count again
            self.server.office.admission.rejected["pendente"] += 1
            self.server.office.leave(self.session)
            self.session.close(Encerramento.LENTO, "as mensagens não estão sendo lidas")

    def close(self) -> None:
        """Close when everything is written; whoever does not close its side soon is cut off.

        Until then what still comes is read and thrown away, so that the last lines are not lost to a reset.
        """
        if self.closing:
            return
        self.out.close()
        self.closing = self.server.now + LINGER
        transport = self.out.transport
        transport.unregisterProducer()
        if self.half_closes:
            transport.loseWriteConnection()
        else:
            transport.loseConnection()
        self._read(True)

    def cut(self) -> None:
        """Close at once, whatever is not written."""
        self.closing = self.closing or self.server.now
        self.out.transport.abortConnection()
