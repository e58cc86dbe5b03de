"""What a service manager is told (sd_notify(3)): ready, alive, stopping. Nothing where there is none."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Mapping

from twisted.internet.interfaces import IReactorTime
from twisted.internet.task import LoopingCall

Send = Callable[[str], None]


def sender(environ: Mapping[str, str]) -> Send | None:
    """Make what sends a state to the manager that `environ` names; None where there is none.

    The address is a path, or an abstract name that begins with @ (sd_notify(3), NOTIFY_SOCKET).
    """
    address = environ.get("NOTIFY_SOCKET", "")
    if not address.startswith(("/", "@")):
        return None
    name = "\0" + address[1:] if address.startswith("@") else address

    def send(state: str) -> None:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as line:
            line.setblocking(False)
            try:
                line.sendto(state.encode(), name)
            except OSError:
                # A manager that went away or is too busy must not end the service that it manages.
                return

    return send


def watchdog_interval(environ: Mapping[str, str], pid: int) -> float | None:
    """Return how often, in seconds, the manager wants to hear that we live: half of what it allows."""
    try:
        allowed = int(environ.get("WATCHDOG_USEC", ""))
        wanted = int(environ.get("WATCHDOG_PID", str(pid)))
    except ValueError:
        return None
    return allowed / 2e6 if allowed > 0 and wanted == pid else None


class Notifier:
    """Says ready when it is begun, which is when connections are taken, and alive by the reactor's clock.

    A reactor that is stuck says nothing, and so the manager learns that it is.
    """

    def __init__(self, clock: IReactorTime, send: Send, interval: float | None) -> None:
        self._send = send
        self._interval = interval
        self._loop = LoopingCall(send, "WATCHDOG=1")
        self._loop.clock = clock

    def begin(self, _: object = None) -> None:
        """Say that connections are taken, and live on."""
        self._send("READY=1\nSTATUS=aberto")
        if self._interval is not None:
            self._loop.start(self._interval)

    def end(self) -> None:
        """Say that it ends; the watchdog is still fed while calls drain, until the process is gone."""
        self._send("STOPPING=1\nSTATUS=encerrando")


def notifier(clock: IReactorTime, environ: Mapping[str, str] = os.environ) -> Notifier | None:
    """Make the notifier that the environment asks for; None where nobody listens."""
    send = sender(environ)
    return None if send is None else Notifier(clock, send, watchdog_interval(environ, os.getpid()))
