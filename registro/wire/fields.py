"""How single values are written: escapes, lists, numbers, base64url, names (protocol sections 2 and 8)."""

from __future__ import annotations

import re
from binascii import a2b_base64, b2a_base64
from collections.abc import Callable

from registro.wire.address import AddressError, ServerAddress, fingerprint, grouped, is_fingerprint
from registro.wire.limits import NUMBER_DIGITS
from registro.wire.names import NameError_, canonical_name, canonical_prefix

__all__ = [
    "AddressError",
    "FieldError",
    "NameError_",
    "ServerAddress",
    "b64",
    "canonical_name",
    "canonical_prefix",
    "escape",
    "escape_item",
    "exact_bytes",
    "fingerprint",
    "grouped",
    "is_fingerprint",
    "join_list",
    "number",
    "split_list",
    "unb64",
    "unescape",
    "unescape_item",
]

_SPECIAL = (*range(0x21), 0x25, 0x7F)
_ESCAPES = {code: f"%{code:02X}" for code in _SPECIAL}
_ESCAPES_IN_ITEM = {**_ESCAPES, 0x2C: "%2C"}
_UNESCAPES = {f"{code:02X}": chr(code) for code in _SPECIAL}
_UNESCAPES_IN_ITEM = {**_UNESCAPES, "2C": ","}
_BASE64URL = re.compile(r"[A-Za-z0-9_-]*")
# The last letter of 8n bits in 6-bit letters must leave the spare bits zero: one spelling.
_PADDING = ("", "===", "==", "=")
_LAST_LETTER = {2: frozenset("AQgw"), 3: frozenset("AEIMQUYcgkosw048")}


class FieldError(ValueError):
    """A value that is not spelled as the protocol spells it."""


def escape(text: str) -> str:
    """Write a text as a value: exactly space, controls and % become %XX."""
    if text.isprintable() and " " not in text and "%" not in text:
        return text
    return text.translate(_ESCAPES)


def escape_item(text: str) -> str:
    """Write a text as an item of a list, where a comma is escaped too."""
    return text.translate(_ESCAPES_IN_ITEM)


def unescape(value: str) -> str:
    """Read a value; an escape that was not needed or is not one raises FieldError."""
    return _unescape(value, _UNESCAPES) if "%" in value else value


def unescape_item(value: str) -> str:
    """Read an item of a list, or the value of an unknown key, where %2C is legal too."""
    return _unescape(value, _UNESCAPES_IN_ITEM) if "%" in value else value


def _unescape(value: str, table: dict[str, str]) -> str:
    head, *rest = value.split("%")
    try:
        return head + "".join(table[part[:2]] + part[2:] for part in rest)
    except KeyError:
        raise FieldError("um %XX que não é preciso ou não é um") from None


def split_list(value: str) -> tuple[str, ...]:
    """Read a list; the empty value is the empty list."""
    return tuple(unescape_item(item) for item in value.split(",")) if value else ()


def join_list(items: tuple[str, ...]) -> str:
    """Write a list; a list of one empty item has no spelling and raises FieldError."""
    if items == ("",):
        raise FieldError("a list of one empty item cannot be written")
    return ",".join(map(escape_item, items))


def number(value: str) -> int:
    """Read 1 to 15 ASCII digits."""
    if len(value) <= NUMBER_DIGITS and value.isascii() and value.isdigit():
        return int(value)
    raise FieldError("um número não tem de 1 a 15 algarismos")


def b64(data: bytes) -> str:
    """Write bytes as base64url without padding."""
    text = b2a_base64(data, newline=False).decode().rstrip("=")
    return text.replace("+", "-").replace("/", "_")


def unb64(text: str) -> bytes:
    """Read base64url; padding, foreign letters, a cut text and stray bits raise FieldError."""
    spare = len(text) % 4
    if not _BASE64URL.fullmatch(text) or spare == 1 or (spare and text[-1] not in _LAST_LETTER[spare]):
        raise FieldError("um valor não é base64url sem enchimento")
    return a2b_base64(text.replace("-", "+").replace("_", "/") + _PADDING[spare])


def exact_bytes(size: int) -> Callable[[str], bytes]:
    """Return the reader of base64url values of exactly `size` bytes."""
    letters = (size * 8 + 5) // 6

    def read(value: str) -> bytes:
        if len(value) != letters:
            raise FieldError(f"um valor não tem {size} bytes")
        return unb64(value)

    return read
