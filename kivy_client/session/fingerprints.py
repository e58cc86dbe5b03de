"""Keys and certificates as people compare them: groups of four letters, or eight words."""

import base64
import hashlib

from registro.wire.fields import grouped
from voz.words import words_of

WORDS_OF_A_FINGERPRINT = 8


def key_fingerprint(key: bytes) -> str:
    """Return base32(SHA-256(key)) of a person's key, lower case, without padding."""
    return base64.b32encode(hashlib.sha256(key).digest()).decode().rstrip("=").lower()


def readable_key(key: bytes) -> str:
    """Return a person's key as a fingerprint in groups of four; the empty text for no key."""
    return grouped(key_fingerprint(key)) if key else ""


def key_words(key: bytes) -> tuple[str, ...]:
    """Return a person's key as eight words."""
    return fingerprint_words(key_fingerprint(key))


def fingerprint_words(fingerprint: str) -> tuple[str, ...]:
    """Return the first 64 bits of a fingerprint (base32, without padding) as eight words."""
    padded = fingerprint.upper() + "=" * (-len(fingerprint) % 8)
    return words_of(base64.b32decode(padded)[:WORDS_OF_A_FINGERPRINT])
