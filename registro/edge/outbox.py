"""What a connection writes: together where it can be, in pieces where it is long, never more than is read.

While one client's read is served, what it brings anybody is gathered, and leaves in one write a connection.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from registro.journal import SENT

if TYPE_CHECKING:
    from registro.net import RegistryProtocol

CHUNK = 16 * 1024
"""Long answers are written in pieces of about this size, the next when the client has read the last."""


class Outbox:
    """One connection's writing side; `transport` once there is one."""

    __slots__ = (
        "_gathered",
        "_link",
        "_rest",
        "_size",
        "_unread",
        "closed",
        "paused",
        "paused_at",
        "transport",
    )

    def __init__(self, link: RegistryProtocol) -> None:
        self._link = link
        self.transport: Any = None
        self.closed = self.paused = False
        self.paused_at = 0.0
        self._unread = self._size = 0
        self._gathered: list[bytes] = []
        self._rest: list[bytes] = []

    @property
    def behind(self) -> bool:
        """Whether the client has not read what it was sent: no pushes for it now."""
        return self.paused or bool(self._rest)

    def write(self, lines: bytes, count: int) -> None:
        """Write `count` whole lines: with the others of the read that is being served, or at once."""
        if self.closed:
            return
        link = self._link
        link.server.journal.note(SENT, link.label, lines, count)
        turn = link.server.turn
        if turn is None:
            self._put(lines)
            return
        if not self._gathered:
            turn.append(self)
        self._gathered.append(lines)
        self._size += len(lines)
        if self._size > CHUNK:
            self.flush()

    def flush(self) -> None:
        """Write what was gathered so far."""
        if self._gathered:
            data = self._gathered[0] if len(self._gathered) == 1 else b"".join(self._gathered)
            self._gathered.clear()
            self._size = 0
            self._put(data)

    def _put(self, data: bytes) -> None:
        self.transport.write(data)
        if self.paused:
            self._unread += len(data)
            if self._unread > self._link.server.office.admission.limits.pendente - CHUNK:
                self._link.too_slow()

    def stream(self, lines: bytes) -> None:
        """Write a long answer piece by piece."""
        self._rest = pieces(lines)[::-1]
        self._send_rest()

    def _send_rest(self) -> None:
        while self._rest and not self.paused and not self.closed:
            piece = self._rest.pop()
            self.write(piece, piece.count(b"\n"))
            self.flush()

    def pause(self, now: float) -> bool:
        """Learn that the client does not read; False if that was known."""
        if self.paused:
            return False
        self.paused, self.paused_at, self._unread = True, now, 0
        return True

    def resume(self) -> bool:
        """Learn that the client reads again, and give it the rest; True if an answer was under way."""
        self.paused = False
        streaming = bool(self._rest)
        self._send_rest()
        return streaming

    def close(self) -> None:
        """Write what was gathered, and nothing more."""
        self.flush()
        self.closed = True
        self._rest.clear()

    def end(self) -> None:
        """Let go of everything: the connection has ended."""
        self.closed = True
        self._gathered.clear()
        self._rest.clear()
        del self._link


def pieces(lines: bytes) -> list[bytes]:
    """Cut whole lines into pieces of whole lines, of about CHUNK bytes each."""
    found, start = [], 0
    while start < len(lines):
        end = lines.find(b"\n", min(start + CHUNK, len(lines) - 1)) + 1
        found.append(lines[start:end])
        start = end
    return found
