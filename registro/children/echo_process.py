"""The user «eco» beside the daemon (`--eco`): a client in a process of its own, watched and started again.

It is started by its name on the command line and nothing of it is imported. It ends with its stdin, so it
cannot outlive the daemon.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from twisted.internet.defer import Deferred, succeed
from twisted.internet.error import ProcessExitedAlready
from twisted.internet.interfaces import IDelayedCall
from twisted.internet.protocol import ProcessProtocol
from twisted.python.failure import Failure

from registro.children.relay_process import child_environment
from registro.edge.tls import make_private
from registro.trouble import Trouble, What
from registro.wire.address import ServerAddress

ARGV = (sys.executable, "-m", "kivy_client.cli")
NAME = "eco"
READY = "eco pronto"
AGAIN = (1.0, 5.0, 15.0, 60.0)
"""Seconds until the next start, after one, two, three or more ends without being ready between."""

KILL = 3.0


class EchoProcess:
    """A companion of the daemon."""

    def __init__(
        self,
        reactor: Any,
        address: Callable[[], ServerAddress],
        state: Path,
        invitation: bytes | None,
        report: Callable[[str], object],
        argv: Sequence[str] = ARGV,
    ) -> None:
        self._reactor, self._address, self._state = reactor, address, state
        self._invitation, self._report, self._argv = invitation, report, argv
        self._child: EchoChild | None = None
        self._due: IDelayedCall | None = None
        self._failures = 0
        self._stopped: Deferred[None] | None = None
        self.ready = False

    def startService(self) -> None:
        """Start the process."""
        self._due = None
        words = ["--silencioso", "--servidor", str(self._address()), "--estado", str(self._state)]
        argv = [*self._argv, *words, "--nome", NAME, *self._invited(), "eco", "--ate-fim-da-entrada"]
        self._child = EchoChild(self)
        self._reactor.spawnProcess(self._child, argv[0], argv, env=child_environment())

    def _invited(self) -> list[str]:
        """Give the process the invitation that new names need here, in a file of its own."""
        if self._invitation is None:
            return []
        self._state.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = self._state / "convite"
        make_private(path, self._invitation)
        return ["--convite", str(path)]

    def heard(self, text: str) -> None:
        """Take a line that the process said."""
        if READY in text:
            self.ready, self._failures = True, 0

    def ended(self, how: str, last: str) -> None:
        """Start it again, unless the daemon ends."""
        self._child, self.ready = None, False
        if self._stopped is not None:
            self._stopped.callback(None)
            return
        wait = AGAIN[min(self._failures, len(AGAIN) - 1)]
        self._failures += 1
        self._report(Trouble(What.ECHO_ENDED, porque=last or how, espera=f"{wait:.0f}"))
        self._due = self._reactor.callLater(wait, self.startService)

    def stopService(self) -> Deferred[None]:
        """End the process: by closing its stdin, and by a signal if it does not listen."""
        if self._due is not None and self._due.active():
            self._due.cancel()
        self._stopped = Deferred()
        if self._child is None:
            return succeed(None)
        self._child.transport.closeStdin()
        late = self._reactor.callLater(KILL, self._child.kill)

        def done(_: None) -> None:
            if late.active():
                late.cancel()

        return self._stopped.addCallback(done)


class EchoChild(ProcessProtocol):
    """One run of the client."""

    def __init__(self, echo: EchoProcess) -> None:
        self._echo = echo
        self._last = ""
        self.transport: Any = None

    def errReceived(self, data: bytes) -> None:
        """Read its sentences."""
        for line in data.decode("utf-8", "replace").splitlines():
            self._last = line[:200]
            self._echo.heard(line)

    def processEnded(self, reason: Failure) -> None:
        """Learn that the process has ended."""
        self._echo.ended(str(reason.value), self._last)

    def kill(self) -> None:
        """End a process that does not listen."""
        try:
            self.transport.signalProcess("KILL")
        except ProcessExitedAlready:
            return
