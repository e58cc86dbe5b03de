"""Files of the client: written atomically, readable by their owner alone; a broken one is set aside, never
lost.
"""

import json
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from kivy_client.session.vocabulary import Trouble

T = TypeVar("T")

#: Told what went wrong with a file, and with which.
TroubleSink = Callable[[Trouble, str], None]

PRIVATE_FILE = 0o600
PRIVATE_FOLDER = 0o700

#: What a reader of untrusted JSON raises when it is not what it should be.
BAD_CONTENT = (ValueError, TypeError, KeyError, AttributeError, OverflowError, RecursionError)


def write_atomically(path: Path, data: bytes) -> None:
    """Put `data` in place of the file at once and durably, mode 0600; raises OSError and then changes
    nothing.
    """
    path.parent.mkdir(parents=True, exist_ok=True, mode=PRIVATE_FOLDER)
    handle, name = tempfile.mkstemp(prefix=path.name + ".", suffix=".novo", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def write_new(path: Path, data: bytes) -> None:
    """Write a file that is not there yet, mode 0600; raises OSError and then leaves none."""
    with open(path, "xb", opener=lambda name, flags: os.open(name, flags, PRIVATE_FILE)) as file:
        try:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        except BaseException:
            path.unlink(missing_ok=True)
            raise


def set_aside(path: Path, why: str = "quebrado") -> Path:
    """Rename a file to `NAME.WHY-N`, the first N that is free, and return where it is now."""
    number = 1
    while (aside := path.with_name(f"{path.name}.{why}-{number}")).exists():
        number += 1
    path.rename(aside)
    return aside


class JsonFile:
    """One file of JSON.

    Reading never fails and writing never raises: what goes wrong is told to `trouble`.
    """

    def __init__(self, path: Path, trouble: TroubleSink) -> None:
        self.path = path
        self._trouble = trouble

    def load(self, read: Callable[[Any], T], empty: T) -> T:
        """Return `read(content)`; `empty` where there is no file, or one that is broken and now set aside."""
        try:
            text = self.path.read_bytes()
        except FileNotFoundError:
            return empty
        except OSError as error:
            self._trouble(Trouble.FILE_SET_ASIDE, f"{self.path.name}: {error.strerror}")
            return empty
        try:
            return read(json.loads(text))
        except BAD_CONTENT:
            return self._broken(empty)

    def _broken(self, empty: T) -> T:
        try:
            aside = set_aside(self.path)
        except OSError as error:
            self._trouble(Trouble.FILE_SET_ASIDE, f"{self.path.name}: {error.strerror}")
        else:
            self._trouble(Trouble.FILE_SET_ASIDE, aside.name)
        return empty

    def save(self, content: Any) -> bool:
        """Write the content; False, and a word to `trouble`, if that failed."""
        text = json.dumps(content, ensure_ascii=False, indent=1).encode()
        try:
            write_atomically(self.path, text + b"\n")
        except OSError as error:
            self._trouble(Trouble.FILE_NOT_WRITTEN, f"{self.path.name}: {error.strerror}")
            return False
        return True
