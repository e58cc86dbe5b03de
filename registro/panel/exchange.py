"""What is asked of the panel and what it answers, as plain values: all but `web.py` works with these."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Protocol

from twisted.internet.defer import Deferred

from registro.panel.status import Reason

JSON = "application/json; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Ask:
    """One request to `port`: header names in lower case, a header that came twice is left out."""

    method: str
    path: str
    headers: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    cookies: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    port: int = 0

    def header(self, name: str) -> str:
        """Give a header, empty when there is none."""
        return self.headers.get(name, "")


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer; `headers` come on top of those that every answer has."""

    status: HTTPStatus
    body: bytes
    kind: str = JSON
    headers: tuple[tuple[str, str], ...] = ()


class Sink(Protocol):
    """Where live events go."""

    @property
    def ready(self) -> bool:
        """Whether more bytes are welcome now."""

    def send(self, data: bytes) -> None:
        """Write complete events."""


@dataclass(frozen=True, slots=True)
class Stream:
    """An answer without an end: `start` gets the sink and gives what to call when the reader has gone."""

    start: Callable[[Sink], Callable[[], None]]


Answer = Reply | Stream | Deferred[Reply]
Handler = Callable[[Ask], Answer]


def json_reply(status: HTTPStatus, data: object, headers: tuple[tuple[str, str], ...] = ()) -> Reply:
    """Answer with JSON."""
    body = json.dumps(data, ensure_ascii=False, separators=(",", ":")).encode()
    return Reply(status, body, JSON, headers)


def sorry(status: HTTPStatus, reason: Reason, values: Mapping[str, str] | None = None) -> Reply:
    """Answer that it was not done, and why; the page says it in its own language."""
    return json_reply(status, {"ok": False, "codigo": reason, "valores": values or {}})


def done(result: object = None) -> Reply:
    """Answer that it was done."""
    return json_reply(HTTPStatus.OK, {"ok": True, "result": result})


def read_fields(body: bytes, names: tuple[str, ...], longest: int = 256) -> Mapping[str, str] | None:
    """Read a JSON object with exactly these texts; None when it is anything else."""
    try:
        data = json.loads(body)
    except (ValueError, RecursionError):
        return None
    if not isinstance(data, dict) or set(data) != set(names):
        return None
    fits = all(isinstance(value, str) and len(value) <= longest for value in data.values())
    return data if fits else None
