"""`sala-cli` in a process of its own; all blocking. It is ended by its own pid alone."""

from __future__ import annotations

import json
import os
import re
import select
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from tests.support.daemon_process import DaemonProcess

ROOT = Path(__file__).resolve().parents[2]
SPEECH = ROOT / "tests" / "speech"
PATIENCE = 60.0
_ADDRESS = re.compile(r"sala://\S+")


def address_of(daemon: DaemonProcess) -> str:
    """Return the `sala://` address that a daemon has printed, fingerprint and all."""
    if not _ADDRESS.search(daemon.output):
        daemon.read_until("Endereço: ")
    found = _ADDRESS.search(daemon.output)
    assert found is not None
    return found[0]


class ClientProcess:
    """One run of `sala-cli`.

    Both outputs come in one stream, save the JSON object, which is a line of its own.
    """

    def __init__(self, folder: Path, server: str, name: str, *arguments: str) -> None:
        self.name = name
        self.output = ""
        state = folder / f"estado-{name}"
        command = [sys.executable, "-m", "kivy_client.cli", "--servidor", server, "--estado", str(state)]
        self.process = subprocess.Popen(
            [*command, "--nome", name, *arguments],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"},
        )
        assert self.process.stdout is not None
        self._descriptor = self.process.stdout.fileno()

    def read_again(self, text: str) -> str:
        """Read until the text was said once more than up to now."""
        return self.read_until(text, times=self.output.count(text) + 1)

    def read_until(self, text: str, patience: float = PATIENCE, times: int = 1) -> str:
        """Read until the text was said (so many times), and return all that was."""
        end = time.monotonic() + patience
        while self.output.count(text) < times:
            left = end - time.monotonic()
            if left <= 0 or not select.select([self._descriptor], [], [], left)[0]:
                raise TimeoutError(f"{self.name}: {text!r} was not said:\n{self.output}")
            data = os.read(self._descriptor, 65536)
            if not data:
                raise EOFError(f"{self.name}: {text!r} was not said before the end:\n{self.output}")
            self.output += data.decode("utf-8", "replace")
        return self.output

    def type(self, line: str) -> None:
        """Type a line."""
        assert self.process.stdin is not None
        self.process.stdin.write(line.encode() + b"\n")
        self.process.stdin.flush()

    def interrupt(self) -> None:
        """Press Ctrl-C."""
        self.process.send_signal(signal.SIGINT)

    def wait(self, patience: float = PATIENCE) -> int:
        """Wait for its end, and return the exit status."""
        try:
            rest, _ = self.process.communicate(timeout=patience)
        except subprocess.TimeoutExpired:
            self.kill()
            raise TimeoutError(f"{self.name} did not end:\n{self.output}") from None
        self.output += rest.decode("utf-8", "replace")
        return self.process.returncode

    def kill(self) -> None:
        """End it at once, if it still runs."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
            rest, _ = self.process.communicate()
            self.output += rest.decode("utf-8", "replace")

    @property
    def report(self) -> dict[str, Any]:
        """The object of `--json`."""
        lines = [line for line in self.output.splitlines() if line.startswith("{")]
        loaded: dict[str, Any] = json.loads(lines[-1])
        return loaded
