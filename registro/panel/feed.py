"""What the open pages see: one look every 300 ms, encoded once for all of them; nothing while none is open.

Every watcher has its own place in the messages (its filter and the number it has seen) and its own sink. A
sink that cannot take more is skipped and gets everything anew when it can: a slow page costs no memory.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from registro.panel.exchange import Sink
from registro.panel.plain import plain
from registro.panel.status import Overview, Stage, Table, TableChange

INTERVAL = 0.3
STATUS_EVERY = 1.0
WHOLE_TABLE_EVERY = 3.0
HEARTBEAT_EVERY = 15.0
MAX_WATCHERS = 16
MAX_CALLS = 200
MAX_MESSAGES = 60
"""Nobody reads two hundred lines a second; what is left out is counted."""
FIRST_MESSAGES = 200


@dataclass(eq=False, slots=True)
class Watcher:
    """One open page: what it wants to see of the messages, and how far it has seen."""

    ident: str
    sink: Sink
    name: str = ""
    verb: str = ""
    seen: int = 0
    behind: bool = True


def event(kind: str, data: object) -> bytes:
    """Spell one server-sent event; JSON never holds a line end, so one data line is enough."""
    return b"event: %s\ndata: %s\n\n" % (
        kind.encode("ascii"),
        json.dumps(data, separators=(",", ":")).encode(),
    )


class Feed:
    """The watchers and what they were told; `tick` is called every `INTERVAL` while there are any."""

    def __init__(self, overview: Overview) -> None:
        self._overview = overview
        self._watchers: dict[str, Watcher] = {}
        self._revision = 0
        self._told: dict[str, bytes] = {}
        self._stage: Stage | None = None
        self._status_at = self._table_at = self._heartbeat_at = float("-inf")

    def __len__(self) -> int:
        return len(self._watchers)

    @property
    def full(self) -> bool:
        """Whether there are as many open pages as there may be."""
        return len(self._watchers) >= MAX_WATCHERS

    def watch(self, watcher: Watcher) -> None:
        """Add a page, which gets everything at the next tick."""
        if not self._watchers:
            self._revision = self._overview.table().revision
        self._watchers[watcher.ident] = watcher

    def unwatch(self, watcher: Watcher) -> None:
        """Forget a page."""
        self._watchers.pop(watcher.ident, None)

    def narrow(self, ident: str, name: str, verb: str) -> bool:
        """Change what a page sees of the messages; it gets the kept ones anew. False: no such page."""
        watcher = self._watchers.get(ident)
        if watcher is None:
            return False
        watcher.name, watcher.verb, watcher.seen = name, verb, 0
        watcher.sink.send(event("mensagens-novas", {}))
        return True

    def tick(self, now: float) -> None:
        """Take one look and tell every page what it does not know yet."""
        ready = [watcher for watcher in self._watchers.values() if watcher.sink.ready]
        for watcher in self._watchers.values():
            watcher.behind = watcher.behind or not watcher.sink.ready
        shared = self._shared(now)
        whole = self._whole() if any(watcher.behind for watcher in ready) else b""
        batches: dict[tuple[int, str, str], tuple[int, bytes]] = {}
        for watcher in ready:
            data = (whole if watcher.behind else shared) + self._messages(watcher, batches)
            watcher.behind = False
            if data:
                watcher.sink.send(data)

    def _shared(self, now: float) -> bytes:
        """Give what changed since the last tick, for the pages that know all that was before."""
        parts = [self._status(now), self._table(now), self._changed("chamadas", self._calls())]
        parts.append(self._changed("erros", self._faults()))
        if now - self._heartbeat_at >= HEARTBEAT_EVERY:
            self._heartbeat_at = now
            parts.append(b": vivo\n\n")
        return b"".join(parts)

    def _whole(self) -> bytes:
        """Give everything, for a page that has just come or could not read for a while."""
        return b"".join(
            (
                event("estado", plain(self._overview.status())),
                event("tabela", _whole_table(self._overview.table())),
                self._calls(),
                self._faults(),
            )
        )

    def _status(self, now: float) -> bytes:
        stage = self._overview.stage()
        if stage is self._stage and now - self._status_at < STATUS_EVERY:
            return b""
        self._stage, self._status_at = stage, now
        return event("estado", plain(self._overview.status()))

    def _table(self, now: float) -> bytes:
        change = self._overview.table_since(self._revision)
        if change is None:
            return self._table_anew(now)
        if change.revision == self._revision:
            return b""
        self._revision = change.revision
        return event("tabela", _table_change(change))

    def _table_anew(self, now: float) -> bytes:
        """Resend all rows when the changes outran the ring, but not so often that it would be felt."""
        if now - self._table_at < WHOLE_TABLE_EVERY:
            return b""
        self._table_at = now
        table = self._overview.table()
        self._revision = table.revision
        return event("tabela", _whole_table(table))

    def _changed(self, kind: str, data: bytes) -> bytes:
        if self._told.get(kind) == data:
            return b""
        self._told[kind] = data
        return data

    def _calls(self) -> bytes:
        return event("chamadas", plain(self._overview.calls(MAX_CALLS)))

    def _faults(self) -> bytes:
        return event("erros", plain(self._overview.faults()))

    def _messages(self, watcher: Watcher, batches: dict[tuple[int, str, str], tuple[int, bytes]]) -> bytes:
        """Give the messages that a page has not seen; pages with the same filter and place share the work."""
        place = (watcher.seen, watcher.name, watcher.verb)
        if place not in batches:
            batches[place] = self._batch(*place)
        watcher.seen, data = batches[place]
        return data

    def _batch(self, seen: int, name: str, verb: str) -> tuple[int, bytes]:
        batch = self._overview.messages_since(seen, MAX_MESSAGES if seen else FIRST_MESSAGES, name, verb)
        if not batch.entries and not batch.skipped:
            return batch.last, b""
        entries = [[e.number, e.at, e.way, e.who, e.verb, e.text] for e in batch.entries]
        skipped = batch.skipped if seen else 0
        return batch.last, event("mensagens", {"skipped": skipped, "entries": entries})


def _whole_table(table: Table) -> Mapping[str, object]:
    rows = [[p.name, p.address, p.port, p.state, p.since] for p in table.people]
    return {"revision": table.revision, "whole": True, "present": rows, "gone": []}


def _table_change(change: TableChange) -> Mapping[str, object]:
    rows = [[p.name, p.address, p.port, p.state, p.since] for p in change.present]
    return {"revision": change.revision, "whole": False, "present": rows, "gone": list(change.gone)}
