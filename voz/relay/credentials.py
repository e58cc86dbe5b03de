"""Who may use the relay: the time-limited credential and the stateless nonce.

`usuario` is `expiry:chamada.leg`, `senha` = base64(HMAC-SHA1(secret, usuario)), as coturn's `use-auth-secret`
has it. The nonce is the time and a HMAC of the time and the source address: nothing is remembered for it.
"""

from __future__ import annotations

import base64
import hmac
import re
from dataclasses import dataclass, field

from voz.stun import Address, long_term_key

#: Seconds for which a nonce is good.
NONCE_LIFETIME = 600
#: The most bytes of realm and nonce together, so that a 401 stays small.
MOST_CHALLENGE = 28
NONCE_LENGTH = 16

_USERNAME = re.compile(r"([1-9][0-9]{0,14}):([A-Za-z0-9_-]{1,64})\.([ab])", re.ASCII)


@dataclass(frozen=True, slots=True)
class User:
    """A `usuario` taken apart: Unix seconds of its expiry, the call, and the leg (`a` or `b`)."""

    expiry: int
    call: str
    leg: str


def read_username(username: str) -> User | None:
    """The parts of a `usuario`, or None when it is not one."""
    match = _USERNAME.fullmatch(username)
    return User(int(match[1]), match[2], match[3]) if match else None


@dataclass(frozen=True, slots=True)
class Authority:
    """Judges nonces and derives keys. `secret` is shared with the registry; it is never shown."""

    secret: bytes = field(repr=False)
    realm: str = "sala"

    def __post_init__(self) -> None:
        if not self.secret:
            raise ValueError("the secret of the relay is empty")
        if not self.realm or len(self.realm.encode()) > MOST_CHALLENGE - NONCE_LENGTH:
            raise ValueError(f"the realm has 1 to {MOST_CHALLENGE - NONCE_LENGTH} bytes")

    def password(self, username: str) -> str:
        """The `senha` of that `usuario`."""
        return base64.b64encode(hmac.digest(self.secret, username.encode(), "sha1")).decode()

    def key(self, username: str) -> bytes:
        """The key of MESSAGE-INTEGRITY for that `usuario`."""
        return long_term_key(username, self.realm, self.password(username))

    def nonce(self, source: Address, wall: float) -> bytes:
        """16 characters for a client at `source`; `wall` is Unix time."""
        return self._nonce(source, int(wall) & 0xFFFFFFFF)

    def fresh(self, nonce: bytes, source: Address, wall: float) -> bool:
        """Whether this is a nonce that `source` was given within `NONCE_LIFETIME` seconds."""
        if len(nonce) != NONCE_LENGTH:
            return False
        try:
            made = int.from_bytes(base64.urlsafe_b64decode(nonce)[:4], "big")
        except ValueError:
            return False
        age = (int(wall) - made) & 0xFFFFFFFF
        return age <= NONCE_LIFETIME and hmac.compare_digest(nonce, self._nonce(source, made))

    def _nonce(self, source: Address, seconds: int) -> bytes:
        """Four bytes of time and eight of HMAC, as URL-safe base64."""
        time = seconds.to_bytes(4, "big")
        text = b"sala-nonce-v1" + time + f"{source[0]} {source[1]}".encode()
        return base64.urlsafe_b64encode(time + hmac.digest(self.secret, text, "sha256")[:8])
