"""A real daemon in a process of its own, on free ports, and clients of its plain endpoint; all blocking."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import re
import select
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from registro.panel.access import PANEL_FILE
from registro.wire import codec, messages, signatures

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 20.0
_TWISTD = "from twisted.scripts.twistd import run; run()"
_PLAIN = re.compile(r"Texto simples: \S+ porta (\d+)")
_PANEL = re.compile(r"Painel: https?://[^/]*:(\d+)/")


class DaemonProcess:
    """`twistd -n salaregistro` with a state directory of its own; `end` and `kill` by its own pid alone."""

    def __init__(self, state: Path, *options: str, environ: dict[str, str] | None = None) -> None:
        self.state = state
        self.output = ""
        self._environ = environ or {}
        self._options = options
        self._descriptor = -1
        self.plain = self.panel = 0

    def start(self, wait_for: str = "Painel: ") -> DaemonProcess:
        """Start, and wait until it has said a line that begins so."""
        self.output = ""
        command = [sys.executable, "-c", _TWISTD, "--nodaemon", "--pidfile=", "salaregistro", "--porta", "0"]
        command += ["--estado", str(self.state), "--texto-simples", "0", "--painel", "tcp:0", *self._options]
        self.process = subprocess.Popen(
            command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=self._environment()
        )
        assert self.process.stdout is not None
        self._descriptor = self.process.stdout.fileno()
        self.read_until(wait_for)
        for name, pattern in (("plain", _PLAIN), ("panel", _PANEL)):
            found = pattern.search(self.output)
            setattr(self, name, int(found[1]) if found else 0)
        return self

    def _environment(self) -> dict[str, str]:
        return {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1", **self._environ}

    def read_until(self, text: str, patience: float = PATIENCE) -> str:
        """Read what it says until the text and the end of its line were in it."""
        end = time.monotonic() + patience
        while text not in self.output or not self.output.partition(text)[2].count("\n"):
            left = end - time.monotonic()
            if left <= 0 or not select.select([self._descriptor], [], [], left)[0]:
                raise TimeoutError(f"{text!r} was not said:\n{self.output}")
            data = os.read(self._descriptor, 65536)
            if not data:
                raise EOFError(f"{text!r} was not said before the end:\n{self.output}")
            self.output += data.decode("utf-8", "replace")
        return self.output

    @property
    def token(self) -> str:
        """The key of the panel."""
        return (self.state / PANEL_FILE).read_text("ascii").strip()

    @property
    def link(self) -> str:
        """The link that opens the panel."""
        return f"http://127.0.0.1:{self.panel}/entrar#{self.token}"

    def kill(self) -> None:
        """Kill it, as a power cut would."""
        self.process.send_signal(signal.SIGKILL)
        self._gone()

    def end(self, patience: float = PATIENCE) -> int:
        """Ask it to end, and give its exit status."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(patience)
        except subprocess.TimeoutExpired:
            self.process.send_signal(signal.SIGKILL)
        return self._gone()

    def _gone(self) -> int:
        status = self.process.wait(PATIENCE)
        if self.process.stdout is not None:
            self.process.stdout.close()
        return status


@contextlib.contextmanager
def daemon(*options: str, wait_for: str = "Painel: ") -> Iterator[DaemonProcess]:
    """Give a running daemon; it and its state are gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="sala-teste-") as folder:
        running = DaemonProcess(Path(folder), *options).start(wait_for)
        try:
            yield running
        finally:
            running.end()


class PlainClient:
    """A client of the plain endpoint that asks and waits."""

    def __init__(self, port: int, seed: bytes | None = None) -> None:
        self.key = Ed25519PrivateKey.from_private_bytes(seed or os.urandom(32))
        self.chave = self.key.public_key().public_bytes_raw()
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)
        self._rest = b""
        with contextlib.ExitStack() as unwind:
            unwind.callback(self.socket.close)
            ola = self.hear()
            assert isinstance(ola, messages.Ola)
            assert ola.desafio is not None
            unwind.pop_all()
        self.challenge = ola.desafio

    def close(self) -> None:
        """Hang up."""
        self.socket.close()

    def raw(self, data: bytes) -> None:
        """Send bytes."""
        self.socket.sendall(data)

    def say(self, message: messages.Message, seq: int = 0) -> None:
        """Send a message."""
        self.raw(codec.render(message, seq))

    def hear(self) -> Any:
        """Wait for the next message; EOFError when the registry hung up."""
        while b"\n" not in self._rest:
            data = self.socket.recv(65536)
            if not data:
                raise EOFError
            self._rest += data
        line, _, self._rest = self._rest.partition(b"\n")
        return codec.parse(line + b"\n", codec.FROM_REGISTRY).message

    def hear_a(self, kind: type[messages.Message]) -> Any:
        """Wait for the next message of a kind; others are passed over."""
        while True:
            message = self.hear()
            if isinstance(message, kind):
                return message

    def ask(self, message: messages.Message, kind: type[messages.Message]) -> Any:
        """Send a message and wait for the next of a kind."""
        self.say(message, 1)
        return self.hear_a(kind)

    def request(self, name: str) -> messages.PedidoRegistro:
        """Make the request to register."""
        signed = signatures.login_message(self.challenge, name, self.chave, local=True)
        return messages.PedidoRegistro(nome=name, chave=self.chave, sig=self.key.sign(signed))

    def register(self, name: str) -> PlainClient:
        """Register; AssertionError when the registry does not accept it."""
        answer = self.ask(self.request(name), messages.RegistroBemSucedido)
        assert answer.nome == name
        return self


class PanelClient:
    """A program that opens the panel and acts like its page."""

    def __init__(self, port: int, token: str) -> None:
        self.port = port
        self._origin = f"http://127.0.0.1:{port}"
        self._cookie = ""
        status, _ = self.post("/entrar", {"token": token})
        assert status == 200, status
        with contextlib.ExitStack() as unwind:
            self._stream = unwind.enter_context(contextlib.closing(self._connect()))
            self._stream.request("GET", "/eventos", headers={"Cookie": self._cookie})
            self.events = self._stream.getresponse()
            self._csrf = json.loads(self._next_data())["csrf"]
            unwind.pop_all()

    def _connect(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)

    def _next_data(self) -> bytes:
        while True:
            line = self.events.readline()
            if line.startswith(b"data: "):
                return line[6:]

    def get(self, path: str) -> tuple[int, Any]:
        """Read a list."""
        with contextlib.closing(self._connect()) as line:
            line.request("GET", path, headers={"Cookie": self._cookie})
            answer = line.getresponse()
            return answer.status, json.loads(answer.read())

    def post(self, path: str, data: object) -> tuple[int, Any]:
        """Do something."""
        headers = {"Origin": self._origin, "Content-Type": "application/json"}
        if self._cookie:
            headers |= {"Cookie": self._cookie, "X-Sala": getattr(self, "_csrf", "")}
        with contextlib.closing(self._connect()) as line:
            line.request("POST", path, json.dumps(data), headers)
            answer = line.getresponse()
            cookie = answer.getheader("set-cookie")
            if cookie:
                self._cookie = cookie.partition(";")[0]
            return answer.status, json.loads(answer.read())

    def close(self) -> None:
        """Close the page."""
        self.events.close()
        self._stream.close()
