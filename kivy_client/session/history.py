"""The calls of the past, per registry, on disk: the newest 500."""

from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from kivy_client.session.files import JsonFile, TroubleSink
from kivy_client.session.state import HistoryEntry
from kivy_client.session.vocabulary import EndCause, HistoryKind

MOST_ENTRIES = 500
MISSED = frozenset({HistoryKind.MISSED, HistoryKind.MISSED_AWAY})


class History:
    """Entries by registry (`host:port`), the newest first."""

    FILE = "historico.json"

    def __init__(self, folder: Path, trouble: TroubleSink) -> None:
        self._file = JsonFile(folder / self.FILE, trouble)
        self._all: dict[str, tuple[HistoryEntry, ...]] = self._file.load(_read, {})
        self._number = max((entry.number for known in self._all.values() for entry in known), default=0)

    def of(self, server: str) -> tuple[HistoryEntry, ...]:
        """Return the entries at a registry, the newest first."""
        return self._all.get(server, ())

    def everywhere(self) -> list[tuple[str, HistoryEntry]]:
        """Return all entries with their registry, the newest first."""
        entries = [(server, entry) for server, known in self._all.items() for entry in known]
        return sorted(entries, key=lambda one: -one[1].when)

    def missed(self, server: str) -> int:
        """Count the missed calls that the person has not looked at."""
        return sum(not entry.seen for entry in self.of(server))

    def add(
        self,
        server: str,
        kind: HistoryKind,
        name: str,
        when: float,
        cause: EndCause,
        duration: float = 0.0,
        bars: int = 0,
    ) -> HistoryEntry:
        """Put a call in its place by time; what is missed is unseen."""
        self._number += 1
        entry = HistoryEntry(self._number, kind, name, when, cause, duration, bars, kind not in MISSED)
        entries = sorted((entry, *self.of(server)), key=lambda one: (-one.when, -one.number))
        self._put(server, tuple(entries[:MOST_ENTRIES]))
        return entry

    def seen(self, server: str) -> bool:
        """The person looked at the missed calls; False if none was unseen."""
        if not self.missed(server):
            return False
        self._put(server, tuple(replace(entry, seen=True) for entry in self.of(server)))
        return True

    def remove(self, server: str, number: int) -> bool:
        """Remove one entry; False if there is none of that number."""
        kept = tuple(entry for entry in self.of(server) if entry.number != number)
        if len(kept) == len(self.of(server)):
            return False
        self._put(server, kept)
        return True

    def clear(self, server: str) -> bool:
        """Remove all entries; False if there are none."""
        if not self.of(server):
            return False
        self._put(server, ())
        return True

    def _put(self, server: str, entries: tuple[HistoryEntry, ...]) -> None:
        self._all[server] = entries
        self._file.save({known: list(map(_written, kept)) for known, kept in self._all.items()})


def _written(entry: HistoryEntry) -> dict[str, Any]:
    return {**asdict(entry), "kind": entry.kind.value, "cause": entry.cause.value}


def _read(content: Any) -> dict[str, tuple[HistoryEntry, ...]]:
    return {str(server): tuple(map(_read_entry, list(known))) for server, known in dict(content).items()}


def _read_entry(fields: dict[str, Any]) -> HistoryEntry:
    known = {**fields, "kind": HistoryKind(fields["kind"]), "cause": EndCause(fields["cause"])}
    entry = HistoryEntry(**known)
    numbers = [fields[key] for key in ("number", "when", "duration", "bars")]
    if not all(isinstance(one, (int, float)) for one in numbers) or not isinstance(fields["name"], str):
        raise TypeError("an entry that is none")
    return entry
