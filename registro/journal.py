"""The messages as people read them: noted at once, formatted only where somebody looks, shown every 300 ms.

Noting is one append. What is shown is one text a batch, so that being watched costs a busy registry little.
"""

from __future__ import annotations

import re
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice, takewhile

from twisted.internet.interfaces import IDelayedCall, IReactorTime

BATCH = 0.3
KEPT = 5000
SHOWN = 1000
"""So many messages of one batch are shown; the others are counted."""

ROWS = 50
RECEIVED, SENT = "<", ">"

_LONG = re.compile(r"\b(chave|sig|prova|efemera|compromisso|dado|desafio)=([^ ]{8})[^ ]+")
_SECRET = re.compile(r"\bsenha=[^ ]+")
_PRINTED = 400

Note = tuple[str, str, bytes, int]
"""Way, whose connection (a name, or an address before there is one), lines, how many they are."""


@dataclass(frozen=True, slots=True)
class Record:
    """One message as it is shown; `number` counts all messages since the start."""

    number: int
    at: float
    way: str
    who: str
    verb: str
    text: str


def shortened(line: bytes) -> str:
    """Return a line for people: keys and signatures cut, secrets out, nothing that a terminal would obey."""
    text = line[:_PRINTED].decode("utf-8", "replace").rstrip("\r\n")
    text = _SECRET.sub("senha=…", _LONG.sub(r"\1=\2…", text))
    if not text.isprintable():
        text = "".join(letter if letter.isprintable() else "\ufffd" for letter in text)
    return text + "…" if len(line) > _PRINTED else text


class Journal:
    """The ring of messages and its readers."""

    def __init__(self, clock: IReactorTime, wall: Callable[[], float]) -> None:
        self._clock, self._wall = clock, wall
        self._fresh: list[Note] = []
        self._shown = 0
        self._kept: deque[tuple[int, float, Note]] = deque(maxlen=KEPT)
        self._due: IDelayedCall | None = None
        self._table_due = False
        self.number = 0
        self.screens: list[Callable[[str], object]] = []
        """given one text a batch"""
        self.readers: list[Callable[[], object]] = []
        """told that there is a new batch, which `since` gives"""
        self.table: Callable[[], Sequence[tuple[str, str, int, str]]] = tuple
        """name, address, port and state of everybody connected, in order"""

    def start(self) -> None:
        """Show a batch every 300 ms from now on."""
        self._due = self._clock.callLater(BATCH, self._turn)

    def stop(self) -> None:
        """Show what is left, and no more."""
        if self._due is not None and self._due.active():
            self._due.cancel()
        self._due = None
        self.flush()

    def _turn(self) -> None:
        self._due = self._clock.callLater(BATCH, self._turn)
        self.flush()

    def note(self, way: str, who: str, lines: bytes, count: int = 1) -> None:
        """Keep one message, or several written at once."""
        self.number += count
        self._fresh.append((way, who, lines, count))

    def table_changed(self) -> None:
        """Show the table with the next batch."""
        self._table_due = True

    def flush(self) -> None:
        """Show what is new."""
        if not self._fresh and not self._table_due:
            return
        fresh, self._fresh = self._fresh, []
        at, count = self._wall(), self.number - self._shown
        self._keep(fresh[-KEPT:], at)
        if self.screens:
            text = self._text(fresh[:SHOWN], at, count)
            for screen in self.screens:
                screen(text)
        for reader in self.readers:
            reader()
        self._shown = self.number
        self._table_due = False

    def _keep(self, notes: list[Note], at: float) -> None:
        number = self.number - sum(note[3] for note in notes)
        for note in notes:
            number += note[3]
            self._kept.append((number, at, note))

    def _text(self, notes: list[Note], at: float, count: int) -> str:
        hour = time.strftime("%H:%M:%S", time.localtime(at))
        lines = [f"{hour} {way} {who}: {text}" for way, who, text in islice(_each(notes), SHOWN)]
        if len(lines) < count:
            lines.append(f"{hour}   … e mais {count - len(lines)} mensagens")
        if self._table_due:
            lines.append(table_text(self.table()))
        return "\n".join(lines) + "\n"

    def since(self, number: int) -> list[Record]:
        """Return the kept messages with a higher number, oldest first."""
        kept = takewhile(lambda entry: entry[0] > number, reversed(self._kept))
        return [record for entry in list(kept)[::-1] for record in _records(*entry) if record.number > number]

    def newest(
        self, number: int, limit: int, name: str = "", verb: str = ""
    ) -> tuple[int, int, list[Record]]:
        """Choose the newest `limit` shown messages with a higher number, whose verb begins with `verb` and
        whose connection or text has `name`; only these are formatted.

        Returns the number of the last message shown, how many more there were, and the chosen, oldest first.
        """
        last = self._kept[-1][0] if self._kept else 0
        fresh = takewhile(lambda kept: kept[0] > number, reversed(self._kept))
        if not name and not verb:
            # Nothing to look into: what is not chosen is counted by the numbers alone.
            chosen = list(islice((line for kept in fresh for line in _lines(*kept)), limit))
            return last, max(0, last - number - len(chosen)), _formatted(chosen)
        wanted, begin = f"={name}".encode(), verb.encode()
        lines = (line for kept in fresh for line in _lines(*kept) if line[0] > number)
        matching = [
            line
            for line in lines
            if line[4].startswith(begin) and (line[3].startswith(name) or wanted in line[4])
        ]
        return last, max(0, len(matching) - limit), _formatted(matching[:limit])


_Line = tuple[int, float, str, str, bytes]


def _lines(last: int, at: float, note: Note) -> list[_Line]:
    """Give the lines of a note with their numbers, newest first."""
    way, who, lines, count = note
    if count == 1:
        return [(last, at, way, who, lines)]
    return [(last - back, at, way, who, line) for back, line in enumerate(reversed(lines.splitlines()))]


def _formatted(lines: list[_Line]) -> list[Record]:
    """Make records of lines, oldest first."""
    records = []
    for number, at, way, who, line in reversed(lines):
        text = shortened(line)
        records.append(Record(number, at, way, who, text.partition(" ")[0][:32], text))
    return records


def _each(notes: Iterable[Note]) -> Iterator[tuple[str, str, str]]:
    """Give way, connection and text of every message."""
    for way, who, lines, _ in notes:
        for line in lines.splitlines() or [b""]:
            yield way, who, shortened(line)


def _records(last: int, at: float, note: Note) -> list[Record]:
    first = last - note[3] + 1
    return [
        Record(first + index, at, way, who, text.partition(" ")[0][:32], text)
        for index, (way, who, text) in enumerate(_each([note]))
    ]


def table_text(rows: Sequence[tuple[str, str, int, str]]) -> str:
    """Return the table as people read it: at most 50 rows, and how many there are."""
    width = max([4, *(len(row[0]) for row in rows[:ROWS])])
    lines = [f"  {'nome':<{width}}  {'endereço':<39}  porta  estado"]
    lines += [
        f"  {nome:<{width}}  {host:<39}  {port:>5}  {estado}" for nome, host, port, estado in rows[:ROWS]
    ]
    if len(rows) > ROWS:
        lines.append(f"  … e mais {len(rows) - ROWS}")
    lines.append(f"  {len(rows)} na tabela")
    return "\n".join(lines)
