"""The built-in relay as a process of its own: started with the bound UDP socket, watched, started again.

The secret goes in by stdin, never by argv; the process ends with stdin, so it cannot outlive the daemon.
It answers with JSON lines: first `{"ready": true, "loop": …}`, then its counters once a second.
"""

from __future__ import annotations

import base64
import json
import os
import socket
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from twisted.internet.defer import Deferred, succeed
from twisted.internet.error import ProcessExitedAlready
from twisted.internet.interfaces import IDelayedCall
from twisted.internet.protocol import ProcessProtocol
from twisted.python.failure import Failure

from registro.trouble import Trouble, What

ARGV = (sys.executable, "-m", "voz.relay")
AGAIN = (0.1, 0.5, 0.9)
"""Seconds until the next start, after one, two, or more ends without a ready process between."""

KILL = 2.0
_LINE = 64 * 1024


class RelayProcess:
    """Starts the relay and keeps it running until `stop`."""

    def __init__(
        self,
        reactor: Any,
        sock: socket.socket,
        secret: bytes,
        report: Callable[[str], object],
        argv: Sequence[str] = ARGV,
    ) -> None:
        self._reactor, self._socket, self._secret, self._report = reactor, sock, secret, report
        self._argv = argv
        self._child: Child | None = None
        self._due: IDelayedCall | None = None
        self._failures = 0
        self._stopping = False
        self.counters: Mapping[str, Any] = {}
        """what the relay said last"""
        self.passed: Mapping[str, int] = {}
        """bytes of voice passed on for each of the calls last asked about"""
        self.loop = ""
        self.starts = 0
        self.ready: Deferred[None] = Deferred()
        """fires when the relay is ready for the first time"""

    @property
    def running(self) -> bool:
        """Whether a relay is there and ready."""
        return self._child is not None and self._child.is_ready

    @property
    def pid(self) -> int | None:
        """The process, if there is one."""
        return None if self._child is None or self._child.transport is None else self._child.transport.pid

    def start(self) -> None:
        """Start the process."""
        self._due = None
        self.starts += 1
        number = self._socket.fileno()
        argv = [*self._argv, "--descritor", str(number), "--realm", "sala"]
        self._child = Child(self)
        pipes = {0: "w", 1: "r", 2: "r", number: number}
        self._reactor.spawnProcess(self._child, argv[0], argv, env=child_environment(), childFDs=pipes)

    def began(self, child: Child) -> None:
        """Give the process its secret."""
        child.transport.write(base64.b64encode(self._secret) + b"\n")

    def heard(self, said: Mapping[str, Any]) -> None:
        """Take what the process said."""
        if said.get("ready"):
            self._failures = 0
            self.loop = str(said.get("loop", ""))
            if not self.ready.called:
                self.ready.callback(None)
        elif "calls" in said:
            self.passed = said["calls"]
        else:
            self.counters = said

    def ask(self, calls: Sequence[str]) -> None:
        """Ask how much was passed on for these calls (their wire text); `passed` has the answer soon."""
        if self.running and calls and self._child is not None:
            self._child.transport.write(",".join(calls).encode() + b"\n")

    def complained(self, sentence: str) -> None:
        """Report what the process said about a problem."""
        self._report(Trouble(What.RELAY, porque=sentence))

    def ended(self, how: str) -> None:
        """Start it again, within a second."""
        self._child = None
        if self._stopping:
            self._stopped.callback(None)
            return
        wait = AGAIN[min(self._failures, len(AGAIN) - 1)]
        self._failures += 1
        self._report(Trouble(What.RELAY_ENDED, porque=how, espera=str(wait)))
        self._due = self._reactor.callLater(wait, self.start)

    def stop(self) -> Deferred[None]:
        """End the process: by closing its stdin, and by a signal if it does not listen."""
        self._stopping = True
        if self._due is not None and self._due.active():
            self._due.cancel()
        self._stopped: Deferred[None] = Deferred()
        if self._child is None:
            return succeed(None)
        child = self._child
        child.transport.closeStdin()
        late = self._reactor.callLater(KILL, child.kill)

        def done(_: None) -> None:
            if late.active():
                late.cancel()

        return self._stopped.addCallback(done)


class Child(ProcessProtocol):
    """One run of the relay."""

    def __init__(self, relay: RelayProcess) -> None:
        self._relay = relay
        self._said = b""
        self.is_ready = False
        self.transport: Any = None

    def connectionMade(self) -> None:
        """Learn that the process runs."""
        self._relay.began(self)

    def outReceived(self, data: bytes) -> None:
        """Read its JSON lines."""
        *lines, self._said = (self._said + data)[-_LINE:].split(b"\n")
        for line in lines:
            try:
                said = json.loads(line)
            except ValueError:
                continue
            if isinstance(said, dict):
                self.is_ready = self.is_ready or bool(said.get("ready"))
                self._relay.heard(said)

    def errReceived(self, data: bytes) -> None:
        """Pass its complaints on."""
        for line in data.decode("utf-8", "replace").splitlines()[-5:]:
            self._relay.complained(line)

    def processEnded(self, reason: Failure) -> None:
        """Learn that the process has ended."""
        self._relay.ended(str(reason.value))

    def kill(self) -> None:
        """End a process that does not listen."""
        try:
            self.transport.signalProcess("KILL")
        except ProcessExitedAlready:
            return


def child_environment() -> dict[str, str]:
    """Let the child find the same packages, also in a checkout that is not installed."""
    root = str(Path(__file__).resolve().parents[2])
    path = os.pathsep.join(filter(None, [root, os.environ.get("PYTHONPATH", "")]))
    return {**os.environ, "PYTHONPATH": path}
