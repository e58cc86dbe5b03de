"""`sala://` addresses: where a registry listens and how a client knows it."""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import dataclass
from urllib.parse import urlsplit

DEFAULT_PORT = 5000
_FINGERPRINT = re.compile(r"[a-z2-7]{51}[aq]")
_HOST = re.compile(r"[^\s/?#@\[\]\x00-\x20\x7f]{1,255}")


class AddressError(ValueError):
    """O endereço deve ser como sala://servidor:5000/#impressao-digital."""


def fingerprint(spki_der: bytes) -> str:
    """Return base32(SHA-256(SubjectPublicKeyInfo)), lower case, without padding: 52 characters."""
    return base64.b32encode(hashlib.sha256(spki_der).digest()).decode().rstrip("=").lower()


def grouped(text: str) -> str:
    """Return a fingerprint as people read it aloud: groups of four, a space between them."""
    return " ".join(text[start : start + 4] for start in range(0, len(text), 4))


def is_fingerprint(text: str) -> bool:
    """Say whether the text is a fingerprint in its one spelling."""
    return _FINGERPRINT.fullmatch(text) is not None


@dataclass(frozen=True, slots=True)
class ServerAddress:
    """A registry: host, port, and its pin, or `ca` where an authority's certificate is to be checked."""

    host: str
    port: int = DEFAULT_PORT
    fingerprint: str | None = None
    ca: bool = False

    @classmethod
    def parse(cls, text: str) -> ServerAddress:
        """Read `sala://host[:port]/[?ca=1][#FINGERPRINT]`; raise AddressError for anything else."""
        try:
            parts = urlsplit(text.strip())
            host, port = parts.hostname, parts.port
        except ValueError as error:
            raise AddressError(str(error)) from error
        if parts.scheme != "sala" or not host or not _HOST.fullmatch(host) or parts.username is not None:
            raise AddressError("not a sala:// address with a host")
        if parts.path not in ("", "/") or parts.query not in ("", "ca=1") or port == 0:
            raise AddressError("a path, a question or a port that is not understood")
        if parts.fragment and not is_fingerprint(parts.fragment):
            raise AddressError("the fingerprint is damaged")
        return cls(host, DEFAULT_PORT if port is None else port, parts.fragment or None, bool(parts.query))

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        query = "?ca=1" if self.ca else ""
        pin = f"#{self.fingerprint}" if self.fingerprint else ""
        return f"sala://{host}:{self.port}/{query}{pin}"
