"""Who may open the panel: the token of the state directory, and the sessions it opens. Takes `now`.

The token is the operator's key: 32 random bytes in a file that only its owner reads. It travels once, in the
fragment of the printed link or typed by hand, and is exchanged for a session; the session's cookie is not
the token, so that neither is lost with the other.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from dataclasses import dataclass
from pathlib import Path

PANEL_FILE = "painel.token"
METRICS_FILE = "metricas.token"
SESSION_LIFETIME = 12 * 3600.0
MAX_SESSIONS = 32


@dataclass(frozen=True, slots=True)
class Token:
    """A secret text and whether it was made just now (then, and only then, it is printed)."""

    text: str
    fresh: bool


def load_token(path: Path) -> Token:
    """Read the token at `path`, or make it there with mode 0600; raises OSError where that is impossible.

    A file that others may read is closed to them: the daemon would rather repair than refuse to start.
    """
    try:
        text = path.read_text("ascii").strip()
    except FileNotFoundError:
        text = ""
    if len(text) >= 32:
        path.chmod(0o600)
        return Token(text, fresh=False)
    text = secrets.token_urlsafe(32)
    # Written beside and moved over: a reader never finds half a token, and the mode is right from the start.
    beside = path.with_name(path.name + ".novo")
    beside.unlink(missing_ok=True)
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(text + "\n")
    beside.replace(path)
    return Token(text, fresh=True)


@dataclass(frozen=True, slots=True)
class Session:
    """One browser that showed the token: what its actions must carry, and until when (Unix seconds)."""

    csrf: str
    expires: float


class Sessions:
    """The open sessions, by the digest of their cookie; at most `MAX_SESSIONS`, the oldest goes first."""

    def __init__(self, token: str) -> None:
        self._token = token
        self._sessions: dict[bytes, Session] = {}

    def enter(self, token: str, now: float) -> str | None:
        """Exchange the token for the value of a new cookie; None when it is not the token."""
        if not same(token, self._token):
            return None
        self._forget_expired(now)
        while len(self._sessions) >= MAX_SESSIONS:
            del self._sessions[next(iter(self._sessions))]
        cookie = secrets.token_urlsafe(32)
        self._sessions[_digest(cookie)] = Session(secrets.token_urlsafe(32), now + SESSION_LIFETIME)
        return cookie

    def find(self, cookie: str, now: float) -> Session | None:
        """Give the session that a cookie stands for, None when there is none any more."""
        session = self._sessions.get(_digest(cookie))
        return session if session is not None and session.expires > now else None

    def leave(self, cookie: str) -> None:
        """End a session; the cookie is worthless from now on."""
        self._sessions.pop(_digest(cookie), None)

    def _forget_expired(self, now: float) -> None:
        self._sessions = {key: kept for key, kept in self._sessions.items() if kept.expires > now}


def same(given: str, expected: str) -> bool:
    """Compare two secrets in a time that does not tell where they differ."""
    return hmac.compare_digest(given.encode("utf-8", "replace"), expected.encode())


def _digest(cookie: str) -> bytes:
    return hashlib.sha256(cookie.encode("utf-8", "replace")).digest()
