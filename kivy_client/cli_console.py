"""The terminal: answers on stdout, messages and sentences on stderr."""

import json
import sys
from typing import Any, TextIO

from kivy_client.session.state import LogLine


class Console:
    """Writes; knows nothing of calls. A terminal that went away is passed over."""

    def __init__(self, quiet: bool, out: TextIO | None = None, err: TextIO | None = None) -> None:
        self._quiet = quiet
        self._out, self._err = out or sys.stdout, err or sys.stderr

    def answer(self, text: str) -> None:
        """A line of what was asked for."""
        self._write(self._out, text)

    def data(self, value: Any) -> None:
        """The one object of `--json`."""
        self._write(self._out, json.dumps(value, ensure_ascii=False))

    def say(self, text: str) -> None:
        """A sentence for the person."""
        self._write(self._err, f"sala-cli: {text}")

    def message(self, line: LogLine) -> None:
        """A message that was sent or received."""
        if not self._quiet:
            self._write(self._err, f"{'>' if line.outgoing else '<'} {line.text}")

    def live(self, text: str) -> None:
        """A line about how it goes, renewed now and then."""
        if not self._quiet:
            self._write(self._err, f"… {text}")

    @staticmethod
    def _write(stream: TextIO, text: str) -> None:
        try:
            stream.write(text + "\n")
            stream.flush()
        except (OSError, ValueError):
            return
