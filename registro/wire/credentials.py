"""The relay's credentials (protocol section 7): what coturn calls `use-auth-secret`."""

from __future__ import annotations

import base64
import hmac


def username(expiry: int, chamada: str, leg: str) -> str:
    """Return `expiry:chamada.leg`: Unix seconds, the call's wire text, `a` (caller) or `b` (callee)."""
    return f"{expiry}:{chamada}.{leg}"


def password(secret: bytes, usuario: str) -> str:
    """Return base64, with padding, of HMAC-SHA1(secret, usuario)."""
    return base64.b64encode(hmac.digest(secret, usuario.encode(), "sha1")).decode()
