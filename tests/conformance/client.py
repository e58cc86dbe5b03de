"""A small blocking client: every line of the registry is held against the page before a test sees it."""

import os
import time
from collections.abc import Callable

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from OpenSSL import SSL

from tests.conformance import keys, wire
from tests.conformance.contract import check_line
from tests.conformance.streams import PlainStream, Stream, TlsStream, connect

PATIENCE = 12.0
"""Seconds a test waits for what must come; only a failure ever takes that long."""


class Client:
    """One connection. Lines that no test asked for yet stay in ``pending``, in order."""

    def __init__(self, stream: Stream, patience: float = PATIENCE) -> None:
        self.stream = stream
        self.patience = patience
        self.pending: list[wire.Line] = []
        self.log: list[bytes] = []
        self.ended = False
        self._buffer = b""
        self._seq = 100
        self.name = ""
        self.key = Ed25519PrivateKey.generate()
        self.ola = self.wait("OLA")
        assert len(self.log) == 1, f"OLA was not the first line: {self.log}"

    @property
    def binding(self) -> bytes:
        """What a registration signs: the exporter, or the desafio of the plain endpoint."""
        stream = self.stream
        return stream.exporter() if isinstance(stream, TlsStream) else self.ola.octets("desafio")

    # -- sending

    def raw(self, data: bytes, timeout: float | None = None) -> None:
        """Send these bytes."""
        try:
            self.stream.send(data, self.patience if timeout is None else timeout)
        except (ConnectionError, SSL.Error):
            self.read(0)

    def next_seq(self) -> int:
        """Return a seq that this connection has not used."""
        self._seq += 1
        return self._seq

    def send(self, verb: str, /, **values: object) -> int:
        """Send a line and return its seq."""
        seq = self.next_seq()
        self.raw(wire.render(verb, seq, **values))
        return seq

    def ask(self, verb: str, /, **values: object) -> wire.Line:
        """Send a line and return the first line that answers it."""
        return self.wait(None, seq=self.send(verb, **values))

    # -- receiving

    def read(self, timeout: float) -> bool:
        """Take what comes in this time; False when nothing did."""
        data = self.stream.receive(timeout)
        if data is None:
            return False
        self.ended = self.ended or data == b""
        *lines, self._buffer = (self._buffer + data).split(b"\n")
        for line in lines:
            self.log.append(line + b"\n")
            self.pending.append(check_line(line + b"\n"))
        return data != b""

    def _until(self, done: Callable[[], bool], what: str) -> None:
        deadline = time.monotonic() + self.patience
        while not done():
            left = deadline - time.monotonic()
            assert not self.ended, f"{self.name}: the connection ended before {what}; pending {self.shown()}"
            assert left > 0, f"{self.name}: no {what} in {self.patience} s; pending {self.shown()}"
            self.read(left)

    def find(self, verb: str | None, /, **values: object) -> wire.Line | None:
        """Take the first pending line that matches, None when there is none."""
        for index, line in enumerate(self.pending):
            if line.matches(verb, **values):
                return self.pending.pop(index)
        return None

    def wait(self, verb: str | None, /, **values: object) -> wire.Line:
        """Return the next line that matches; lines that do not match stay pending."""
        found: list[wire.Line] = []

        def done() -> bool:
            line = self.find(verb, **values)
            found.extend([line] if line else [])
            return line is not None

        self._until(done, f"{verb or 'line'} {values}")
        return found[0]

    def until(self, verb: str, /, *, keep: bool = False, **values: object) -> list[wire.Line]:
        """Return the lines up to and with the first that matches; ``keep`` leaves them pending."""

        def at() -> int | None:
            return next((i for i, line in enumerate(self.pending) if line.matches(verb, **values)), None)

        self._until(lambda: at() is not None, f"{verb} {values}")
        index = at()
        assert index is not None
        taken = self.pending[: index + 1]
        self.pending = self.pending if keep else self.pending[index + 1 :]
        return taken

    def barrier(self) -> None:
        """Return when everything the registry did before now has arrived here."""
        token = wire.b64(os.urandom(9))
        self.send("VIVO", t=token)
        self.wait("VIVO-OK", t=token)

    def refuse(self, verb: str | None, /, **values: object) -> None:
        """Fail when such a line has come; call it after a barrier."""
        line = self.find(verb, **values)
        assert line is None, f"{self.name}: unexpected {line}"

    def end(self) -> list[wire.Line]:
        """Return the lines up to the end of the connection, which must come."""
        deadline = time.monotonic() + self.patience
        while not self.ended:
            left = deadline - time.monotonic()
            assert left > 0, f"{self.name}: the connection is still open; pending {self.shown()}"
            self.read(left)
        lines, self.pending = self.pending, []
        return lines

    def shown(self) -> str:
        """Show the pending lines in a message."""
        return "; ".join(f"{line.verb} {line.seq} {dict(line.raw)}" for line in self.pending[-12:]) or "-"

    def drop(self) -> None:
        """Lose the connection without a word."""
        self.stream.close()
        self.ended = True

    # -- registration

    def credentials(
        self, name: str, key: Ed25519PrivateKey | None = None, secret: bytes | None = None
    ) -> dict[str, object]:
        """Return the keys of a PEDIDO-REGISTRO that is right."""
        signer = key or self.key
        public = keys.public_of(signer)
        message = keys.login_message(self.stream.label, self.binding, name, public)
        values: dict[str, object] = {"nome": name, "chave": public, "sig": signer.sign(message), "versao": 1}
        if secret is not None:
            values["prova"] = keys.invitation_proof(secret, self.binding, public)
        return values

    def register(
        self, name: str, key: Ed25519PrivateKey | None = None, secret: bytes | None = None
    ) -> wire.Line:
        """Register, which must succeed, and return the answer."""
        self.key = key or self.key
        answer = self.ask("PEDIDO-REGISTRO", **self.credentials(name, self.key, secret))
        assert answer.verb == "REGISTRO-BEM-SUCEDIDO", answer
        self.name = answer.keys["nome"]
        return answer


def settle(*clients: Client) -> None:
    """Return when what any of these did before now has arrived at all of them."""
    for client in clients:
        client.barrier()
    for client in clients:
        client.barrier()


def open_tls(host: str, port: int, pin: str, receive_buffer: int | None = None) -> Client:
    """Connect to the registry proper."""
    return Client(TlsStream(connect(host, port, receive_buffer), pin))


def open_plain(host: str, port: int, receive_buffer: int | None = None) -> Client:
    """Connect to the plain endpoint."""
    return Client(PlainStream(connect(host, port, receive_buffer)))
