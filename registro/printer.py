"""Where the journal's text goes: the screen or a rotated file. A full pipe or a slow disk holds nobody up."""

from __future__ import annotations

import logging.handlers
import threading
from collections.abc import Callable
from pathlib import Path
from queue import Full, Queue

WAITING = 16
"""So many batches may wait for a slow reader; later ones are lost."""

FILE_SIZE = 16 * 1024 * 1024
FILES = 5


class Printer:
    """Writes texts in a thread of its own."""

    def __init__(self, write: Callable[[str], object]) -> None:
        self._write = write
        self._texts: Queue[str | None] = Queue(WAITING)
        self._thread = threading.Thread(target=self._work, name="registro-diario", daemon=True)
        self.lost = 0

    @property
    def waiting(self) -> int:
        """How many batches wait to be written."""
        return self._texts.qsize()

    def start(self) -> None:
        """Begin to write."""
        self._thread.start()

    def __call__(self, text: str) -> None:
        """Write a text soon; it is lost when too much waits already."""
        try:
            self._texts.put_nowait(text)
        except Full:
            self.lost += 1

    def stop(self, patience: float = 1.0) -> None:
        """Write what waits, for at most `patience` seconds."""
        try:
            self._texts.put(None, timeout=patience)
        except Full:
            return
        self._thread.join(patience)

    def _work(self) -> None:
        while (text := self._texts.get()) is not None:
            try:
                self._write(text)
            except (OSError, ValueError):
                self.lost += 1


def rotated_file(path: Path) -> Callable[[str], object]:
    """Return a writer into a file of at most 16 MiB, five older ones beside it; raises OSError at once."""
    handler = logging.handlers.RotatingFileHandler(
        path, maxBytes=FILE_SIZE, backupCount=FILES, encoding="utf-8", delay=False
    )
    handler.terminator = ""
    handler.setFormatter(logging.Formatter("%(message)s"))

    def write(text: str) -> None:
        handler.emit(logging.LogRecord("registro", logging.INFO, "", 0, text, None, None))

    return write
