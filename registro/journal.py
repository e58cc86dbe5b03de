"""The messages as people read them: noted at once, formatted only where somebody looks, shown every 300 ms.

Noting is one append. What is shown is one text a batch, so that being watched costs a busy registry little.
"""

from __future__ import annotations

import re
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice, takewhile
from typing import Any

from twisted.internet.interfaces import IDelayedCall, IReactorTime

from registro.counters import Counters

BATCH = 0.3
KEPT = 5000
SHOWN = 300
"""So many messages of one batch are shown; the others are counted."""

ROWS = 50
RECEIVED, SENT = "<", ">"

_LONG = re.compile(r" (chave|sig|prova|efemera|compromisso|dado|desafio)=([^ ]{8})[^ ]+")
_SECRET = re.compile(r" senha=[^ ]+")
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
    text = _SECRET.sub(" senha=…", _LONG.sub(r" \1=\2…", text))
    if not text.isprintable():
        text = "".join(letter if letter.isprintable() else "\ufffd" for letter in text)
    return text + "…" if len(line) > _PRINTED else text


class Journal:
    """The ring of messages and its readers."""

    def __init__(self, clock: IReactorTime, wall: Callable[[], float]) -> None:
        self._clock, self._wall = clock, wall
        # Notes lie flat, four items each: no object a message for the garbage collector to walk.
        self._fresh: list[Any] = []
        self._batches: deque[tuple[int, float, list[Any]]] = deque()
        self._due: IDelayedCall | None = None
        self._table_due = False
        self.number = 0
        """of the last message that was shown"""
        self.counters = Counters()
        """where messages are counted, a batch at a time"""
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
        self._fresh += (way, who, lines, count)

    def table_changed(self) -> None:
        """Show the table with the next batch."""
        self._table_due = True

    def flush(self) -> None:
        """Show what is new."""
        if not self._fresh and not self._table_due:
            return
        fresh, self._fresh = self._fresh, []
        at, count = self._wall(), sum(fresh[3::4])
        received = fresh[0::4].count(RECEIVED)
        self.number += count
        self.counters.messages_in += received
        self.counters.messages_out += count - received
        self._batches.append((self.number, at, fresh[-4 * KEPT :]))
        while sum(len(notes) for _, _, notes in list(self._batches)[1:]) >= 4 * KEPT:
            self._batches.popleft()
        if self.screens:
            text = self._text(fresh, at, count)
            for screen in self.screens:
                screen(text)
        for reader in self.readers:
            reader()
        self._table_due = False

    def _text(self, fresh: list[Any], at: float, count: int) -> str:
        hour = time.strftime("%H:%M:%S", time.localtime(at))
        texts: dict[bytes, str] = {}
        lines = []
        for way, who, line in islice(_each(fresh), SHOWN):
            if line not in texts:
                texts[line] = shortened(line)
            lines.append(f"{hour} {way} {who}: {texts[line]}")
        if len(lines) < count:
            lines.append(f"{hour}   … e mais {count - len(lines)} mensagens")
        if self._table_due:
            lines.append(table_text(self.table()))
        return "\n".join(lines) + "\n"

    def since(self, number: int) -> list[Record]:
        """Return the kept messages with a higher number, oldest first."""
        kept = takewhile(lambda entry: entry[0] > number, self._newest_first())
        lines = [line for entry in kept for line in _lines(*entry) if line[0] > number]
        return _formatted(lines)

    def _newest_first(self) -> Iterator[tuple[int, float, Note]]:
        """Give the kept notes, each with the number of its last line."""
        notes = (entry for batch in reversed(self._batches) for entry in _unfolded(*batch))
        return islice(notes, KEPT)

    def newest(
        self, number: int, limit: int, name: str = "", verb: str = ""
    ) -> tuple[int, int, list[Record]]:
        """Choose the newest `limit` shown messages with a higher number, whose verb begins with `verb` and
        whose connection or text has `name`; only these are formatted.

        Returns the number of the last message shown, how many more there were, and the chosen, oldest first.
        """
        last = self.number
        fresh = takewhile(lambda kept: kept[0] > number, self._newest_first())
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


def _each(fresh: list[Any]) -> Iterator[tuple[str, str, bytes]]:
    """Give way, connection and line of every message of a flat list, oldest first."""
    for start in range(0, len(fresh), 4):
        way, who, lines, count = fresh[start : start + 4]
        for line in lines.splitlines() if count > 1 else [lines]:
            yield way, who, line


def _unfolded(last: int, at: float, notes: list[Any]) -> Iterator[tuple[int, float, Note]]:
    """Give the notes of a batch, newest first, each with the number of its last line."""
    for start in range(len(notes) - 4, -1, -4):
        way, who, lines, count = notes[start : start + 4]
        yield last, at, (way, who, lines, count)
        last -= count


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
