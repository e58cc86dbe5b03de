"""Lines that are typed, without a thread."""

import sys
from collections.abc import Callable
from typing import Any

from twisted.internet.stdio import StandardIO
from twisted.protocols.basic import LineReceiver

LONGEST_LINE = 1000
YES = frozenset({"s", "sim"})


class Keyboard(LineReceiver):
    """Tells `typed` of each line, and `closed` when there will be no more."""

    delimiter = b"\n"
    MAX_LENGTH = LONGEST_LINE

    def __init__(self, typed: Callable[[str], None], closed: Callable[[], None]) -> None:
        self._typed, self._closed = typed, closed

    def lineReceived(self, line: bytes) -> None:
        """One line."""
        self._typed(line.decode("utf-8", "replace").strip())

    def lineLengthExceeded(self, line: bytes) -> None:  # noqa: N802
        """Nobody types so much: passed over."""

    def connectionLost(self, reason: object = None) -> None:
        """The terminal or the pipe went away."""
        self._closed()


def listen(reactor: Any, typed: Callable[[str], None], closed: Callable[[], None]) -> None:
    """Read what is typed from now on; raises OSError where there is nothing to read from."""
    StandardIO(Keyboard(typed, closed), reactor=reactor)  # type: ignore[no-untyped-call]


def somebody_there() -> bool:
    """Whether a person sits at the terminal."""
    return sys.stdin is not None and sys.stdin.isatty()
