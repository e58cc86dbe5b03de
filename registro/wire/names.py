"""Names of people: one canonical spelling for all that look alike (protocol section 4, RFC 8265)."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from precis_i18n import get_profile

_PLAIN = re.compile(r"[a-z0-9](?:[a-z0-9._-]{0,30}[a-z0-9])?")
_PLAIN_PREFIX = re.compile(r"[a-z0-9][a-z0-9._-]{0,31}")
_SEPARATORS = "._-"
_ALLOWED = frozenset("0123456789._-")
_KELVIN = "\u212a"
_PROFILE = get_profile("UsernameCaseMapped")
_LONGEST = 32
_MOST_BYTES = 64
# NFC makes at most four code points one; a longer text cannot become a name, so it is not even looked at.
_LONGEST_SENT = 4 * _LONGEST


class NameError_(ValueError):  # noqa: N801,N818 - the builtin's name is taken
    """Este nome não pode ser usado: letras latinas, algarismos e . _ - no meio, no máximo 32."""


def canonical_name(nome: str) -> str:
    """Return the canonical spelling of a name as its owner typed it; raise NameError_ if it is none."""
    if _PLAIN.fullmatch(nome):
        return nome
    canonical = _mapped(nome)
    if canonical[0] in _SEPARATORS or canonical[-1] in _SEPARATORS:
        raise NameError_("a separator stands first or last")
    return canonical


def canonical_prefix(prefixo: str) -> str:
    """Return the beginning of a name in canonical spelling: like a name, but it may end with a separator."""
    if not prefixo or _PLAIN_PREFIX.fullmatch(prefixo):
        return prefixo
    canonical = _mapped(prefixo)
    if canonical[0] in _SEPARATORS:
        raise NameError_("a separator stands first")
    return canonical


@lru_cache(maxsize=4096)
def _mapped(nome: str) -> str:
    """Map case and width, compose, and hold the rules that names and prefixes share."""
    if not nome or len(nome) > _LONGEST_SENT or _KELVIN in nome:
        raise NameError_("empty, too long, or with a Kelvin sign")
    try:
        canonical: str = _PROFILE.enforce(nome)
    except UnicodeError as error:
        raise NameError_(str(error)) from error
    if len(canonical) > _LONGEST or len(canonical.encode()) > _MOST_BYTES:
        raise NameError_("more than 32 characters or 64 bytes")
    if not all(letter in _ALLOWED or _is_latin(letter) for letter in canonical):
        raise NameError_("a character that is not a Latin letter, a digit or a separator")
    return canonical


def _is_latin(letter: str) -> bool:
    return unicodedata.category(letter)[0] == "L" and unicodedata.name(letter, "").startswith("LATIN ")
