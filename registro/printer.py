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

    def __init__(self, write: Callable[[str], object], close: Callable[[], object] | None = None) -> None:
        """`close` is called by the thread when the last text is written."""
        self._write, self._close = write, close
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
        if self._close is not None:
            self._close()


class RotatedFile:
    """Writes into a file of at most 16 MiB, five older ones beside it."""

    def __init__(self, path: Path) -> None:
        """Open the file, or make it; OSError at once where that cannot be done."""
        self._handler = logging.handlers.RotatingFileHandler(
            path, maxBytes=FILE_SIZE, backupCount=FILES, encoding="utf-8", delay=False
        )
        self._handler.terminator = ""
        self._handler.setFormatter(logging.Formatter("%(message)s"))

    def __call__(self, text: str) -> None:
        """Write a text."""
        self._handler.emit(logging.LogRecord("registro", logging.INFO, "", 0, text, None, None))

    def close(self) -> None:
        """Let go of the file."""
        self._handler.close()
