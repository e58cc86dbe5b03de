"""Starts the daemon as a user would, finds its addresses in what it prints, and ends it by its pid."""

import atexit
import contextlib
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

from tests.conformance.client import Client, open_plain, open_tls

ROOT = Path(__file__).resolve().parents[2]
TWISTD = Path(sys.executable).parent / "twistd"
START = 40.0
"""Seconds a start may take on a busy machine."""

_ADDRESS = re.compile(r"sala://(\[[^\]]+\]|[^\s:/\[\]]+):(\d+)/#([a-z2-7]{52})(?![a-z2-7])")
_PORT = re.compile(r"(?<![\d.])(\d{4,5})(?![\d.])")
_made: list["Daemon"] = []


class StartError(Exception):
    """The daemon ended, or did not say where it listens; the message is what it printed."""


class Daemon:
    """One running registry. The same object may be started again with the same state directory."""

    panel: tuple[str, ...] = ("--painel", "nao")

    def __init__(self, *options: str, state: Path | None = None, plain: bool = True) -> None:
        self.options = options
        self.plain = plain
        self.state = state or Path(tempfile.mkdtemp(prefix="sala-conformance-"))
        self.output: list[str] = []
        self.host, self.port, self.pin, self.plain_port = "127.0.0.1", 0, "", 0
        self.process: subprocess.Popen[str] | None = None
        _made.append(self)

    def command(self) -> list[str]:
        """Return the command line."""
        fixed = [str(TWISTD), "-n", "--pidfile=", "salaregistro", "--porta", "0", "--interface", "127.0.0.1"]
        fixed += [
            "--estado",
            str(self.state),
            *(("--texto-simples", "0") if self.plain else ()),
            *Daemon.panel,
        ]
        return [*fixed, *self.options]

    def start(self) -> "Daemon":
        """Start and wait until it listens."""
        try:
            self._start()
        except StartError as error:
            if not Daemon.panel or "painel" not in str(error):
                raise
            Daemon.panel = ()
            self._start()
        return self

    def _start(self) -> None:
        self.output = []
        self.process = subprocess.Popen(
            self.command(),
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        )
        threading.Thread(target=self._drain, args=(self.process, self.output), daemon=True).start()
        deadline = time.monotonic() + START
        while not self._found():
            if self.process.poll() is not None or time.monotonic() > deadline:
                time.sleep(0.2)
                self.kill()
                raise StartError("".join(self.output) or "it printed nothing")
            time.sleep(0.02)

    @staticmethod
    def _drain(process: "subprocess.Popen[str]", output: list[str]) -> None:
        assert process.stdout is not None
        with process.stdout:
            for line in process.stdout:
                if len(output) < 20000:
                    output.append(line)

    def _found(self) -> bool:
        text = "".join(self.output)
        match = _ADDRESS.search(text)
        if match is None:
            return False
        self.port, self.pin = int(match[2]), match[3]
        if not self.plain:
            return True
        self.plain_port = next((port for port in self.ports() if self.greets(port)), 0)
        return bool(self.plain_port)

    def ports(self) -> list[int]:
        """Return every number in the output that may be a port, but for that of the registry proper."""
        return sorted({int(port) for port in _PORT.findall("".join(self.output))} - {self.port})

    def greets(self, port: int) -> bool:
        """Say whether the plain endpoint answers on this port."""
        with contextlib.suppress(OSError), socket.create_connection((self.host, port), 2) as sock:
            sock.settimeout(2)
            return sock.recv(4).startswith(b"OLA")
        return False

    @property
    def alive(self) -> bool:
        """Say whether the process runs."""
        return self.process is not None and self.process.poll() is None

    def tls(self, receive_buffer: int | None = None) -> Client:
        """Open a connection to the registry proper."""
        return open_tls(self.host, self.port, self.pin, receive_buffer)

    def text(self, receive_buffer: int | None = None) -> Client:
        """Open a connection to the plain endpoint."""
        return open_plain(self.host, self.plain_port, receive_buffer)

    def terminate(self) -> None:
        """Send SIGTERM."""
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)

    def wait(self, timeout: float) -> int:
        """Return the exit status, or raise subprocess.TimeoutExpired."""
        assert self.process is not None
        return self.process.wait(timeout)

    def kill(self) -> None:
        """Kill -9 and wait."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()

    def stop(self) -> None:
        """End it whatever it does, and forget its state."""
        if self.alive:
            self.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.wait(0.3)
        self.kill()
        shutil.rmtree(self.state, ignore_errors=True)


@atexit.register
def stop_all() -> None:
    """End and remove what is left when the tests end."""
    for daemon in _made:
        daemon.stop()
