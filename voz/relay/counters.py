"""What the relay counts for its operator."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass


@dataclass(slots=True)
class Counters:
    """Totals since the start, in datagrams unless the name says otherwise; `legs` is the present number."""

    legs: int = 0
    allocated: int = 0
    moved: int = 0
    expired: int = 0
    ended: int = 0
    forwarded: int = 0
    forwarded_bytes: int = 0
    dropped_limit: int = 0
    dropped_route: int = 0
    dropped_junk: int = 0
    bindings: int = 0
    challenges: int = 0
    refused: int = 0
    throttled: int = 0

    def line(self) -> str:
        """One JSON object, without a line end."""
        return json.dumps(asdict(self), separators=(",", ":"))
