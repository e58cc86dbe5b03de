"""Which way a call's voice goes, as far as the registry can tell: from what grew since the last look. Pure.

The registry sees how many bytes passed through the relay for a call, and through its own lines; a call that
was answered and moves neither talks directly. Of what is said it learns nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

RELAY, LINES, DIRECT, UNKNOWN = "rele", "linhas", "direto", ""
A_FEW = 400
"""Bytes by the relay between two looks that are no voice yet, but reports sent both ways at a change."""

SETTLED = 5.0
"""Seconds after the answer in which nothing can be said of a call that moves nothing yet."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What is known of one call: bytes so far by each way, and the way that they last took."""

    relayed: int = 0
    lines: int = 0
    path: str = UNKNOWN


class Paths:
    """The calls that are looked at."""

    def __init__(self) -> None:
        self._seen: dict[str, Seen] = {}

    def look(self, chamada: str, relayed: int, lines: int, answered: float | None) -> Seen:
        """Look at a call anew: bytes by the relay and by lines, seconds since the answer (None: it rings)."""
        before = self._seen.get(chamada)
        if before is None or answered is None:
            path = UNKNOWN
        elif lines > before.lines:
            path = LINES
        elif relayed > before.relayed + A_FEW:
            path = RELAY
        else:
            path = DIRECT if answered > SETTLED else before.path
        seen = self._seen[chamada] = Seen(relayed, lines, path)
        return seen

    def known(self, chamada: str) -> Seen:
        """Return what the last look at a call said."""
        return self._seen.get(chamada, Seen())

    def keep(self, living: Collection[str] | Mapping[str, object]) -> None:
        """Forget the calls that are over."""
        self._seen = {chamada: seen for chamada, seen in self._seen.items() if chamada in living}
