"""What is left of a connection and its life when it has ended: nothing, so that nothing keeps them in memory.

A session, its link and its life know each other; without this, only the garbage collector could free them.
"""

from __future__ import annotations


class GoneLink:
    """A link that takes everything and does nothing."""

    local = False
    who = host = local_host = label = ""
    port = 0
    paused = behind = False

    def binding(self) -> bytes:
        """Return no binding: no signature covers it."""
        return b""

    def write(self, lines: bytes, count: int = 1) -> None:
        """Write to nobody."""

    def stream(self, lines: bytes) -> None:
        """Write to nobody."""

    def hold(self) -> None:
        """Nothing is read any more."""

    def release(self) -> None:
        """Nothing is read any more."""

    def transgressed(self) -> None:
        """There is no connection to close."""

    def close(self) -> None:
        """There is no connection to close."""


class GoneLife:
    """The life of a session that is over: whatever comes late changes nothing."""

    def asks_for_name(self) -> None:
        """Nobody asks."""

    def is_admitted(self) -> None:
        """Too late."""

    def is_turned_away(self) -> None:
        """Too late."""

    def ends(self) -> None:
        """It has."""


NO_LINK = GoneLink()
NO_LIFE = GoneLife()
