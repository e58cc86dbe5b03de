"""`python -m voz.relay --descritor FD [--realm sala]`: the relay as a child of the registry's daemon.

The socket comes as an inherited, bound descriptor; the secret as the first line of standard input, in base64,
never as an argument. When standard input ends, so does the relay. Standard output carries JSON lines: first
`{"ready": true, "loop": NAME}`, then the counters once a second. A further line of standard input names calls
(their wire text, joined by commas) and is answered with `{"calls": {CALL: BYTES, …}}`, what was passed on for
each of those that have a leg here.
"""

from __future__ import annotations

import argparse
import base64
import binascii
import contextlib
import json
import os
import signal
import socket
import sys
from collections.abc import Callable, Sequence

from twisted.internet.interfaces import IReactorCore
from twisted.internet.protocol import Protocol
from twisted.internet.stdio import StandardIO
from twisted.internet.task import LoopingCall
from twisted.python.failure import Failure

from voz.relay.credentials import Authority
from voz.relay.service import RelayReactor, RelayService, go_first

_LONGEST_SECRET = 4096
_LONGEST_QUESTION = 65536


class ProcessReactor(RelayReactor, IReactorCore):
    """The reactor of a process."""


class UntilTheEnd(Protocol):
    """Standard input after the secret: questions about calls, and its end."""

    def __init__(self, over: Callable[[], None], asked: Callable[[str], None]) -> None:
        self._over = over
        self._asked = asked
        self._rest = b""

    def dataReceived(self, data: bytes) -> None:
        """Questions; what is longer than one may be is dropped up to the next line."""
        *lines, self._rest = (self._rest + data).split(b"\n")
        self._rest = self._rest[-_LONGEST_QUESTION:]
        for line in lines:
            self._asked(line.decode("ascii", "replace"))

    def connectionLost(self, reason: Failure | None = None) -> None:
        """Standard input has ended."""
        self._over()


def read_options(arguments: Sequence[str]) -> argparse.Namespace:
    """The options; exits with a sentence when they are wrong."""
    parser = argparse.ArgumentParser("voz.relay", description="O relê da Sala de Conversa.")
    parser.add_argument("--descritor", type=int, required=True, help="socket UDP já ligado a uma porta")
    parser.add_argument("--realm", default="sala")
    parser.add_argument("--laco", choices=("auto", "recvmmsg", "portable"), default="auto")
    return parser.parse_args(arguments)


def read_secret() -> bytes:
    """The first line of standard input, without taking a byte more. Raises ValueError."""
    line = bytearray()
    while not line.endswith(b"\n") and len(line) < _LONGEST_SECRET:
        byte = os.read(0, 1)
        if not byte:
            break
        line += byte
    try:
        return base64.b64decode(line.strip(), validate=True)
    except binascii.Error as problem:
        raise ValueError("the secret is not base64") from problem


def say(line: str) -> None:
    """One line on standard output; lost when the parent does not read, rather than waited for."""
    with contextlib.suppress(BlockingIOError, BrokenPipeError):
        os.write(1, line.encode() + b"\n")


def leave_signals_to_the_daemon() -> None:
    """Ctrl-C in a terminal reaches the whole group; the daemon lets calls end, then closes standard input."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)


def run(reactor: ProcessReactor, arguments: Sequence[str]) -> int:
    """Serve until standard input ends; the exit status."""
    options = read_options(arguments)
    try:
        authority = Authority(read_secret(), options.realm)
        bound = socket.socket(fileno=options.descritor)
        batched = None if options.laco == "auto" else options.laco == "recvmmsg"
        service = RelayService(reactor, bound, authority, batched=batched)
    except (ValueError, OSError) as problem:
        sys.stderr.write(f"voz.relay: {problem}\n")
        return 1
    os.set_blocking(1, False)
    service.startService()
    go_first()
    say(json.dumps({"ready": True, "loop": service.loop.name}))
    report = LoopingCall(lambda: say(service.counters.line()))
    report.clock = reactor
    report.start(1.0, now=False)
    StandardIO(  # type: ignore[no-untyped-call] # Twisted has no types here
        UntilTheEnd(reactor.stop, lambda calls: say(service.passed(calls.split(",")))), reactor=reactor
    )
    reactor.callWhenRunning(leave_signals_to_the_daemon)
    reactor.run()
    return 0


if __name__ == "__main__":
    from twisted.internet import reactor as global_reactor

    sys.exit(run(global_reactor, sys.argv[1:]))  # type: ignore[arg-type] # Twisted types it as a module
