"""What a connection reads: bytes to lines to requests. The only place where an error becomes a line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from automat import NoTransition
from twisted.logger import Logger

from registro.edge import quick
from registro.journal import RECEIVED, shortened
from registro.office import Request
from registro.refusal import Refused
from registro.requests import REGISTERED, STRANGER
from registro.wire import codec
from registro.wire.errors import Codigo
from registro.wire.fields import FieldError
from registro.wire.limits import LINE, SYNTAX_ERRORS
from registro.wire.messages import Erro

if TYPE_CHECKING:
    from registro.net import RegistryProtocol

_log = Logger("registro")


class Inbox:
    """One connection's reading side. What a client has not sent in full is bounded by a line."""

    __slots__ = ("_link", "_paid", "_serving", "_syntax_errors", "buffer")

    def __init__(self, link: RegistryProtocol) -> None:
        self._link = link
        self.buffer = b""
        self._paid = 0.0
        self._syntax_errors = 0
        self._serving = False

    def end(self) -> None:
        """Let go of everything: the connection has ended."""
        self.buffer = b""
        del self._link

    def received(self, data: bytes) -> None:
        """Take bytes, and serve the lines that are complete."""
        self.buffer = self.buffer + data if self.buffer else data
        self.serve()

    def serve(self) -> None:
        """Serve the lines that are complete, as long as they may be; their answers leave together."""
        if self._serving:
            return  # a line that is being served released the connection: its loop goes on by itself
        server = self._link.server
        outermost = server.begin_turn()
        self._serving = True
        try:
            self._serve_lines()
        finally:
            self._serving = False
            if outermost:
                server.end_turn()

    def _serve_lines(self) -> None:
        link, buffer, start = self._link, self.buffer, 0
        while not link.waiting:
            end = buffer.find(b"\n", start) + 1
            if (end or len(buffer) + 1) - start > LINE:
                self._too_long(buffer[start : start + LINE])
                break
            if not end:
                break
            line, start = buffer[start:end], end
            self.lineReceived(line)
        self.buffer = b"" if link.closing else buffer[start:]

    def lineReceived(self, line: bytes) -> None:
        """Serve one line with its end."""
        link = self._link
        link.server.journal.note(RECEIVED, link.label, line)
        try:
            if link.who and not line.startswith(b"PACOTE "):
                self._pay()
            self._obey(line)
        except codec.WireError as error:
            self._refuse(error.verbo, error.seq, Refused(error.codigo, error.motivo))
        except Refused as refused:
            self._refuse(*codec.head(line), refused)
        except FieldError as error:
            self._refuse(*codec.head(line), Refused(Codigo.SINTAXE, str(error)))
        except Exception:  # noqa: BLE001 - a fault of ours: reported whole, and no harm to anybody else
            _log.failure("{line}", line=shortened(line))
            self._refuse(*codec.head(line), Refused(Codigo.INTERNO))

    def _obey(self, line: bytes) -> None:
        link = self._link
        session, office = link.session, link.server.office
        if session.registered:
            answer = quick.look_up(office, line)
            if answer is not None:
                link.out.write(answer, 1)
                return
        received = codec.parse(line, codec.FROM_CLIENT)
        handlers = REGISTERED if session.registered else STRANGER
        handler = handlers.get(type(received.message))
        if handler is None:
            raise Refused(Codigo.NAO_REGISTRADO)
        try:
            handler(Request(office, session, received.message, received.seq, line))
        except NoTransition:
            raise Refused(Codigo.FORA_DE_ORDEM) from None

    def _pay(self) -> None:
        """Hold a connection to its lines a second."""
        server = self._link.server
        now, lines = server.clock.seconds(), server.office.admission.lines
        paid = lines.take(self._paid, now)
        if paid is None:
            server.office.admission.rejected["linhas"] += 1
            raise Refused(Codigo.LIMITE, espera=lines.wait(self._paid, now))
        self._paid = paid

    def _too_long(self, start: bytes) -> None:
        self._refuse(*codec.head(start), Refused(Codigo.SINTAXE, "linha longa demais"))
        self._link.close()

    def _refuse(self, verbo: str, seq: int, refused: Refused) -> None:
        link = self._link
        link.server.office.counters.errors[refused.codigo] += 1
        link.write(codec.render(Erro(refused.codigo, verbo, refused.motivo, refused.espera), seq))
        if refused.codigo is Codigo.LIMITE:
            link.transgressed()
        elif refused.codigo is Codigo.SINTAXE:
            self._syntax_errors += 1
            if self._syntax_errors >= SYNTAX_ERRORS:
                link.close()
