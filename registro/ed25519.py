"""Ed25519 keys and signatures: what cryptography verifies, and the keys that nobody may use (RFC 8032)."""

from __future__ import annotations

from functools import lru_cache

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

_P = 2**255 - 19
_D = -121665 * pow(121666, _P - 2, _P) % _P
# The y of the points of small order: with such a key signatures can be forged.
_ORDER_8 = 0x7A03AC9277FDC74EC6CC392CFA53202A0F67100D760B3CBA4FD84D3D706A17C7
_SMALL_ORDER = frozenset({0, 1, _P - 1, _ORDER_8, _P - _ORDER_8})


def is_weak(chave: bytes) -> bool:
    """Say whether a key is not 32 bytes, not in its one spelling, or a point with which anybody can sign."""
    y = _ordinate(chave)
    return len(chave) != 32 or y >= _P or y in _SMALL_ORDER


def _ordinate(chave: bytes) -> int:
    return int.from_bytes(chave, "little") & (1 << 255) - 1


@lru_cache(maxsize=1024)
def is_public_key(chave: bytes) -> bool:
    """Say whether 32 bytes are a point of the curve, in its one spelling, and one that can sign."""
    if is_weak(chave):
        return False
    y = _ordinate(chave)
    # x² = (y² - 1) / (d y² + 1); u/v is a square exactly when u v is
    u, v = (y * y - 1) % _P, (_D * y * y + 1) % _P
    return pow(u * v, (_P - 1) // 2, _P) == 1


def verifies(chave: bytes, sig: bytes, message: bytes) -> bool:
    """Say whether the signature is the key's over the message."""
    try:
        Ed25519PublicKey.from_public_bytes(chave).verify(sig, message)
    except (InvalidSignature, ValueError):
        return False
    return True
