"""Trust on first use: which server has which certificate, and which name has which key.

Never silently replaced.
"""

import base64
from enum import Enum
from pathlib import Path
from typing import Any

from kivy_client.session.files import JsonFile, TroubleSink
from registro.wire.fields import is_fingerprint

KEY_SIZE = 32


class Verdict(Enum):
    """What a pin says about what was shown."""

    NEW = "new"
    """Never seen before."""
    SAME = "same"
    """What was accepted."""
    CHANGED = "changed"
    """Something else than what was accepted."""


class ServerPins:
    """Fingerprints of registries by `host:port`, on disk."""

    FILE = "servidores.json"

    def __init__(self, folder: Path, trouble: TroubleSink) -> None:
        self._file = JsonFile(folder / self.FILE, trouble)
        self._known: dict[str, str] = self._file.load(_read_servers, {})

    def of(self, server: str) -> str | None:
        """The accepted fingerprint, or None."""
        return self._known.get(server)

    def accept(self, server: str, fingerprint: str) -> None:
        """Pin this fingerprint from now on."""
        if self._known.get(server) != fingerprint:
            self._known[server] = fingerprint
            self._file.save(self._known)

    def forget(self, server: str) -> bool:
        """Forget the pin; False if there was none."""
        if self._known.pop(server, None) is None:
            return False
        self._file.save(self._known)
        return True


def _read_servers(content: Any) -> dict[str, str]:
    known = {str(server): str(fingerprint) for server, fingerprint in dict(content).items()}
    if not all(map(is_fingerprint, known.values())):
        raise ValueError("a pin that is no fingerprint")
    return known


class KeyPins:
    """Long-term keys of people by registry and name, on disk. Names belong to a registry, so pins do too."""

    FILE = "chaves.json"

    def __init__(self, folder: Path, trouble: TroubleSink) -> None:
        self._file = JsonFile(folder / self.FILE, trouble)
        self._known: dict[str, dict[str, bytes]] = self._file.load(_read_keys, {})

    def of(self, server: str, name: str) -> bytes | None:
        """The pinned key, or None."""
        return self._known.get(server, {}).get(name)

    def judge(self, server: str, name: str, key: bytes) -> Verdict:
        """Compare a key that was shown with the pinned one; changes nothing."""
        pinned = self.of(server, name)
        if pinned is None:
            return Verdict.NEW
        return Verdict.SAME if pinned == key else Verdict.CHANGED

    def accept(self, server: str, name: str, key: bytes) -> None:
        """Pin this key from now on."""
        if self.of(server, name) != key:
            self._known.setdefault(server, {})[name] = key
            self._file.save(_written_keys(self._known))


def _read_keys(content: Any) -> dict[str, dict[str, bytes]]:
    return {
        str(server): {str(name): _read_key(text) for name, text in dict(names).items()}
        for server, names in dict(content).items()
    }


def _read_key(text: str) -> bytes:
    key = base64.b64decode(text, validate=True)
    if len(key) != KEY_SIZE:
        raise ValueError("a pinned key that is not 32 bytes")
    return key


def _written_keys(known: dict[str, dict[str, bytes]]) -> dict[str, dict[str, str]]:
    return {
        server: {name: base64.b64encode(key).decode() for name, key in sorted(names.items())}
        for server, names in known.items()
    }
