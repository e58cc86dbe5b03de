"""The messages sent and received, as people read them: a bounded ring, keys and signatures shortened."""

import logging
import logging.handlers
from collections import deque
from collections.abc import Callable
from pathlib import Path

from kivy_client.session.state import LogLine

MOST_LINES = 1000
FILE = "mensagens.log"

_FILE_BYTES = 1_000_000
_OLD_FILES = 3
_SHOWN = 8
#: Values that people cannot read anyway are cut; the relay's password is not shown at all.
_CUT = frozenset({"chave", "sig", "compromisso", "efemera", "prova", "desafio", "dado"})
_HIDDEN = frozenset({"senha"})
_PACKETS = "PACOTE"
_PACKETS_EVERY = 1.0

LineSink = Callable[[LogLine], None]


def shortened(line: bytes) -> str:
    """Return a line without its end, as people read it."""
    text = line.decode("utf-8", "replace").rstrip("\r\n")
    head, *pairs = text.split(" ")
    return " ".join([head, *map(_short_pair, pairs)])


def _short_pair(pair: str) -> str:
    key, equals, value = pair.partition("=")
    if key in _HIDDEN:
        return f"{key}=…"
    if key in _CUT and len(value) > _SHOWN:
        return f"{key}={value[:_SHOWN]}…"
    return f"{key}{equals}{value}"


class Transcript:
    """The ring. `sinks` are called with each new line.

    Voice inside the connection (PACOTE) would push everything else out: one such line a second and direction
    is kept.
    """

    def __init__(self, most: int = MOST_LINES) -> None:
        self._lines: deque[LogLine] = deque(maxlen=most)
        self._number = 0
        self._packets_at: dict[bool, float] = {}
        self.sinks: list[LineSink] = []

    @property
    def lines(self) -> tuple[LogLine, ...]:
        """The lines kept, oldest first."""
        return tuple(self._lines)

    def add(self, line: bytes, outgoing: bool, now: float) -> None:
        """A message went out or came in."""
        text = shortened(line)
        verb = text.partition(" ")[0]
        if verb == _PACKETS and not self._packets_due(outgoing, now):
            return
        self._number += 1
        entry = LogLine(self._number, now, outgoing, verb, text)
        self._lines.append(entry)
        for sink in self.sinks:
            sink(entry)

    def _packets_due(self, outgoing: bool, now: float) -> bool:
        if now - self._packets_at.get(outgoing, -_PACKETS_EVERY) < _PACKETS_EVERY:
            return False
        self._packets_at[outgoing] = now
        return True

    def clear(self) -> None:
        """Forget the lines; numbers go on."""
        self._lines.clear()


class TranscriptFile:
    """The messages in a rotated file, while the person wants that."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE
        self._handler: logging.handlers.RotatingFileHandler | None = None

    def keep(self, on: bool) -> None:
        """Start or stop writing; raises OSError when the file cannot be opened."""
        if on and self._handler is None:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._path.touch(mode=0o600)
            self._handler = logging.handlers.RotatingFileHandler(
                self._path, maxBytes=_FILE_BYTES, backupCount=_OLD_FILES, encoding="utf-8"
            )
        elif not on and self._handler is not None:
            self._handler.close()
            self._handler = None

    def write(self, line: LogLine) -> None:
        """Append the line, if writing is on."""
        if self._handler is not None:
            arrow = ">" if line.outgoing else "<"
            record = {"msg": f"{line.when:.3f} {arrow} {line.text}", "levelno": logging.INFO}
            self._handler.emit(logging.makeLogRecord(record))
