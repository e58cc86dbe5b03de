"""The edge: bytes to lines to requests, and answers to bytes. The only place where an error becomes a line.

One write a read: what is answered while a read is served leaves together. What a client has not sent in full
and what it does not read are bounded, and nobody waits for it.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from automat import NoTransition
from twisted.internet import interfaces
from twisted.internet.protocol import Protocol
from twisted.logger import Logger
from twisted.python.failure import Failure
from zope.interface import implementer

from registro import quick
from registro.admission import DOOR, FORGIVEN, plain_host
from registro.journal import RECEIVED, SENT, shortened
from registro.office import Request
from registro.refusal import Refused
from registro.requests import REGISTERED, STRANGER
from registro.session import Session
from registro.wire import codec
from registro.wire.errors import Codigo, Encerramento
from registro.wire.fields import FieldError
from registro.wire.limits import LINE, SYNTAX_ERRORS, VIDA
from registro.wire.messages import Erro
from registro.wire.signatures import EXPORTER_LABEL, EXPORTER_SIZE

if TYPE_CHECKING:
    from registro.server import Server

_log = Logger("registro")

CHUNK = 16 * 1024
"""Long answers are written in pieces of about this size, the next when the client has read the last."""

PATIENCE = 15.0
"""Seconds that a client may leave unread what it was sent."""

LINGER = 2.0
"""Seconds that a client has to close its side of a connection that we close."""


@implementer(interfaces.IHandshakeListener, interfaces.IPushProducer)
class RegistryProtocol(Protocol):
    """One connection, TLS or plain."""

    def __init__(self, server: Server, who: str, host: str, port: int, local: bool) -> None:
        self.server, self.who, self.host, self.port, self.local = server, who, host, port, local
        self.local_host = ""
        self.half_closes = True
        self.label = host
        self.session = Session(self)
        self.since = self.seen = server.now
        self.ready = False
        self.closing = 0.0
        """when the connection is to be cut if the client has not closed it; 0 while it is open"""
        self.paused = False
        self.paused_at = 0.0
        self._unread = 0
        self._slow = False
        self._held = False
        self._buffer = b""
        self._out: list[bytes] | None = None
        self._out_size = 0
        self._rest: list[bytes] = []
        self.newcomer = True
        self._lines_paid = 0.0
        self._syntax_errors = 0
        self._transgressions = 0
        self._transgressed_at = 0.0
        self._challenge = os.urandom(EXPORTER_SIZE) if local else b""

    # From the transport.

    def connectionMade(self) -> None:
        """Greet on the plain endpoint; with TLS wait for the hand-shake."""
        self.server.connected(self)
        assert self.transport is not None
        self.local_host = plain_host(getattr(self.transport.getHost(), "host", "127.0.0.1"))
        if self.local:
            self._greet()

    def handshakeCompleted(self) -> None:
        """Greet: the client has checked the pin, and the exporter is there."""
        self._greet()

    def _greet(self) -> None:
        self.ready = True
        transport: Any = self.transport
        transport.registerProducer(self, True)
        self.write(codec.render(self.server.greeting(self._challenge or None)))

    def dataReceived(self, data: bytes) -> None:
        """Serve the lines that are complete."""
        self.seen = self.server.now
        if self.closing:
            return
        self._buffer = self._buffer + data if self._buffer else data
        self._serve()

    def connectionLost(self, reason: Failure | None = None) -> None:
        """Take the session out."""
        self.closing = self.closing or self.server.now
        self._rest.clear()
        self._buffer = b""
        self.server.disconnected(self)

    def pauseProducing(self) -> None:
        """Learn that the client does not read: its requests wait, and pushes leave it out."""
        if not self.paused:
            self.paused, self.paused_at, self._unread = True, self.server.now, 0
            self._read(False)

    def resumeProducing(self) -> None:
        """Learn that it reads again: give it the rest of an answer, or what it has missed, and serve on."""
        if not self.paused or self.closing:
            return
        self.paused = False
        streaming = bool(self._rest)
        self._send_rest()
        if self.session.stale and not self.behind:
            self.session.stale = False
            self.server.catch_up(self.session, streaming)
        if not self.behind:
            self._read(True)
            self._serve()

    def stopProducing(self) -> None:
        """Learn that the connection is gone; `connectionLost` follows."""

    def _read(self, on: bool) -> None:
        transport: Any = self.transport
        if on:
            transport.resumeProducing()
        else:
            transport.pauseProducing()

    # From bytes to lines.

    @property
    def behind(self) -> bool:
        """Whether the client has not read what it was sent: no pushes for it now."""
        return self.paused or bool(self._rest)

    @property
    def waiting(self) -> bool:
        """Whether no further line may be served now."""
        return self._held or self.behind or bool(self.closing)

    def _serve(self) -> None:
        if self._out is not None:
            return
        self._out = []
        start, buffer = 0, self._buffer
        while not self.waiting:
            end = buffer.find(b"\n", start) + 1
            if (end or len(buffer) + 1) - start > LINE:
                self._too_long(buffer[start : start + LINE])
                break
            if not end:
                break
            line, start = buffer[start:end], end
            self.lineReceived(line)
        self._buffer = b"" if self.closing else buffer[start:]
        self._flush()
        self._out = None
        if self._held:
            self._read(False)

    def lineReceived(self, line: bytes) -> None:
        """Serve one line with its end."""
        server = self.server
        server.journal.note(RECEIVED, self.label, line)
        try:
            if self.who and not line.startswith(b"PACOTE "):
                self._pay_for_line()
            self._obey(line)
        except codec.WireError as error:
            self._refuse(error.seq, error.verbo, Refused(error.codigo, error.motivo))
        except Refused as refused:
            self._refuse(*_head(line), refused)
        except FieldError as error:
            self._refuse(*_head(line), Refused(Codigo.SINTAXE, str(error)))
        except Exception:  # noqa: BLE001 - a fault of ours: reported whole, and no harm to anybody else
            _log.failure("{line}", line=shortened(line))
            self._refuse(*_head(line), Refused(Codigo.INTERNO))

    def _obey(self, line: bytes) -> None:
        session = self.session
        if session.registered:
            answer = quick.look_up(self.server.office, line)
            if answer is not None:
                self.write(answer)
                return
        received = codec.parse(line, codec.FROM_CLIENT)
        handlers = REGISTERED if session.registered else STRANGER
        handler = handlers.get(type(received.message))
        if handler is None:
            raise Refused(Codigo.NAO_REGISTRADO)
        try:
            handler(Request(self.server.office, session, received.message, received.seq, line))
        except NoTransition:
            raise Refused(Codigo.FORA_DE_ORDEM) from None

    def _pay_for_line(self) -> None:
        now = self.server.clock.seconds()
        lines = self.server.office.admission.lines
        paid = lines.take(self._lines_paid, now)
        if paid is None:
            self.server.office.admission.rejected["linhas"] += 1
            raise Refused(Codigo.LIMITE, espera=lines.wait(self._lines_paid, now))
        self._lines_paid = paid

    def _too_long(self, start: bytes) -> None:
        verbo, seq = codec.head(start)
        self._refuse(seq, verbo, Refused(Codigo.SINTAXE, "linha longa demais"))
        self.close()

    def _refuse(self, seq: int, verbo: str, refused: Refused) -> None:
        self.server.office.counters.errors[refused.codigo] += 1
        self.write(codec.render(Erro(refused.codigo, verbo, refused.motivo, refused.espera), seq))
        if refused.codigo is Codigo.SINTAXE:
            self._syntax_errors += 1
            if self._syntax_errors >= SYNTAX_ERRORS:
                self.close()
        elif refused.codigo is Codigo.LIMITE:
            self.transgressed()

    # From the session.

    def binding(self) -> bytes:
        """Return the challenge of a plain connection, the exporter of a TLS one."""
        if self.local:
            return self._challenge
        handle: Any = self.transport
        exported: bytes = handle.getHandle().export_keying_material(EXPORTER_LABEL, EXPORTER_SIZE, b"")
        return exported

    def write(self, lines: bytes, count: int = 1) -> None:
        """Write `count` whole lines: together with the other answers of this read, or at once."""
        if self.closing:
            return
        self.server.journal.note(SENT, self.label, lines, count)
        if self._out is None:
            self._put(lines)
            return
        self._out.append(lines)
        self._out_size += len(lines)
        if self._out_size > CHUNK:
            self._flush()

    def _flush(self) -> None:
        """Write what this read has answered so far."""
        if self._out:
            data = self._out[0] if len(self._out) == 1 else b"".join(self._out)
            self._out.clear()
            self._out_size = 0
            self._put(data)

    def _put(self, data: bytes) -> None:
        transport: Any = self.transport
        transport.write(data)
        if self.paused:
            self._unread += len(data)
            if self._unread > self.server.office.admission.limits.pendente - CHUNK:
                self.too_slow()

    def stream(self, lines: bytes) -> None:
        """Write a long answer in pieces; until it is out no request is read and no change is pushed."""
        self._rest = pieces(lines)[::-1]
        self.session.base = self.server.office.directory.rev
        self._send_rest()

    def _send_rest(self) -> None:
        """Write pieces of a long answer while the client reads them."""
        while self._rest and not self.paused and not self.closing:
            piece = self._rest.pop()
            self.write(piece, piece.count(b"\n"))
            self._flush()

    def hold(self) -> None:
        """Serve no further line until `release`; what has been read already is bounded by one read."""
        self._held = True

    def release(self) -> None:
        """Serve on."""
        self._held = False
        if self.newcomer and self.session.registered:
            self.newcomer = False
            self.server.office.admission.unregistered -= 1
        if not self.waiting:
            self._read(True)
            self._serve()  # does nothing while a read is being served: that one goes on by itself

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
        self._flush()
        self._rest.clear()
        self.closing = self.server.now + LINGER
        transport: Any = self.transport
        transport.unregisterProducer()
        if self.half_closes:
            transport.loseWriteConnection()
        else:
            transport.loseConnection()
        self._read(True)

    def cut(self) -> None:
        """Close at once, whatever is not written."""
        self.closing = self.closing or self.server.now
        transport: Any = self.transport
        transport.abortConnection()

    def overdue(self, now: float) -> bool:
        """Do what time alone brings; True if the connection was closed by it."""
        if self.closing:
            return now >= self.closing and self._late(self.cut)
        limits = self.server.office.admission.limits
        if not self.ready:
            return now - self.since >= limits.lapso_tls and self._late(self.cut)
        if self.newcomer and now - self.since >= limits.lapso_registro:
            return self._late(self.close)
        if self.paused and now - self.paused_at >= PATIENCE:
            return self._late(self.too_slow)
        return now - self.seen >= VIDA and self._late(self.cut)

    @staticmethod
    def _late(then: Callable[[], None]) -> bool:
        then()
        return True


def pieces(lines: bytes) -> list[bytes]:
    """Cut whole lines into pieces of whole lines, of about CHUNK bytes each."""
    found, start = [], 0
    while start < len(lines):
        end = lines.find(b"\n", min(start + CHUNK, len(lines) - 1)) + 1
        found.append(lines[start:end])
        start = end
    return found


def _head(line: bytes) -> tuple[int, str]:
    verbo, seq = codec.head(line)
    return seq, verbo
