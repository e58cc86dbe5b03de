"""The table of connected names, its revisions, and the last 1024 changes. Pure: no clock, no connection.

Promise: a snapshot, or any earlier state of the table, with the changes since applied gives the table.
A join has its revision at once; other changes wait for `seal`, which makes them one a name.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import deque
from dataclasses import dataclass
from itertools import takewhile

from registro.wire.errors import Estado
from registro.wire.fields import b64

RING = 1024
"""So many changes are kept for those who come back."""


class Entry:
    """One connected name; `tail` is all of an answer to a look-up but verb and seq."""

    __slots__ = ("chave", "estado", "head", "host", "nome", "port", "row", "since", "tail")

    def __init__(self, nome: str, chave: bytes, estado: str, host: str, port: int, since: float) -> None:
        self.nome, self.chave, self.host, self.port, self.since = nome, chave, host, port, since
        self.estado = estado
        self.head = f" nome={nome} chave={b64(chave)} estado="
        self.row = self.tail = b""


@dataclass(frozen=True, slots=True)
class Change:
    """One step of the table; `tail` is all of its line but verb and seq."""

    rev: int
    nome: str
    estado: str
    tail: bytes

    @classmethod
    def of(cls, rev: int, nome: str, estado: str, chave: bytes | None) -> Change:
        """Encode a change once for everybody."""
        key = f" chave={b64(chave)}" if chave is not None else ""
        return cls(rev, nome, estado, f" rev={rev} nome={nome} estado={estado}{key}\n".encode())


@dataclass(frozen=True, slots=True)
class Batch:
    """Sealed changes with contiguous revisions."""

    changes: tuple[Change, ...]

    @property
    def first(self) -> int:
        """The first revision in it."""
        return self.changes[0].rev


class Directory:
    """Who is connected, by canonical name."""

    def __init__(self, rev: int, *, reveal: bool = False) -> None:
        """Begin with an empty table at `rev`; `reveal` puts addresses into look-ups."""
        self.rev = rev
        self.entries: dict[str, Entry] = {}
        self._reveal = reveal
        self._ring: deque[Change] = deque(maxlen=RING)
        self._unsent: list[Change] = []
        self._before: dict[str, str] = {}
        self._shown: set[str] = set()
        """names of which somebody was told what has no revision yet: it is told again, even if undone"""
        self._sorted: list[str] | None = None

    def __len__(self) -> int:
        return len(self.entries)

    def join(self, entry: Entry) -> int:
        """Put a name into the table and return the revision that includes it."""
        before = self.entries.get(entry.nome)
        sealed = self._before.pop(entry.nome, before.estado if before is not None else None)
        shown = entry.nome in self._shown
        self._shown.discard(entry.nome)
        self.entries[entry.nome] = entry
        self._encode(entry)
        if before is None:
            self._sorted = None
        if before is None or shown or sealed != entry.estado or before.chave != entry.chave:
            self._seal(entry.nome, entry.estado, entry.chave)
        return self.rev

    def leave(self, nome: str) -> None:
        """Take a name out."""
        entry = self.entries.pop(nome)
        self._before.setdefault(nome, entry.estado)
        self._sorted = None

    def set_estado(self, nome: str, estado: str) -> bool:
        """Say what a connected name is doing; True if that is news."""
        entry = self.entries[nome]
        if entry.estado == estado:
            return False
        self._before.setdefault(nome, entry.estado)
        entry.estado = estado
        self._encode(entry)
        return True

    def _encode(self, entry: Entry) -> None:
        """Encode what look-ups and snapshots say of a name, once for everybody."""
        text = entry.head + entry.estado
        entry.row = entry.tail = f"{text}\n".encode()
        if self._reveal:
            entry.tail = f"{text} ip={entry.host} porta={entry.port}\n".encode()

    @property
    def waiting(self) -> bool:
        """Whether there is something that `seal` would give."""
        return bool(self._before or self._unsent)

    def seal(self) -> Batch | None:
        """Give the waiting changes their revisions, and return all not sent yet; None if there are none."""
        for nome, before in self._before.items():
            entry = self.entries.get(nome)
            now = entry.estado if entry is not None else Estado.FORA
            if now != before or nome in self._shown:
                self._seal(nome, now, None)
        self._before.clear()
        self._shown.clear()
        changes, self._unsent = tuple(self._unsent), []
        return Batch(changes) if changes else None

    def _seal(self, nome: str, estado: str, chave: bytes | None) -> None:
        self.rev += 1
        change = Change.of(self.rev, nome, estado, chave)
        self._ring.append(change)
        self._unsent.append(change)

    def since(self, rev: int) -> list[Change] | None:
        """Return the sealed changes after `rev`; None if that is too long ago, or not yet."""
        missing = self.rev - rev
        if not 0 <= missing <= len(self._ring):
            return None
        return list(self._ring)[len(self._ring) - missing :]

    def snapshot(self, prefix: str = "") -> list[Entry]:
        """Return `rows` for somebody who will follow the changes after `rev`."""
        self._shown.update(self._before)
        return self.rows(prefix)

    def look(self, nome: str) -> Entry | None:
        """Return an entry, if there is one, for somebody who will follow its changes after `rev`."""
        if nome in self._before:
            self._shown.add(nome)
        return self.entries.get(nome)

    def rows(self, prefix: str = "") -> list[Entry]:
        """Return the entries whose name begins with `prefix`, in order of name."""
        if self._sorted is None:
            self._sorted = sorted(self.entries)
        names = self._sorted
        if prefix:
            first = bisect_left(names, prefix)
            names = list(takewhile(lambda nome: nome.startswith(prefix), names[first:]))
        return [self.entries[nome] for nome in names]
