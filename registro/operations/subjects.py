"""What a ban can be about, checked and in one spelling: names, keys, address ranges."""

from __future__ import annotations

from collections.abc import Callable
from ipaddress import ip_network

from registro.storage.interface import BanKind
from registro.wire.fields import FieldError, unb64
from registro.wire.names import canonical_name

_KEY_SIZE = 32


def checked(tipo: BanKind, valor: str) -> str:
    """Return the one spelling of what is to be banned; raise ValueError with a sentence for a person."""
    return _CHECKS[tipo](valor)


def checked_name(value: str) -> str:
    """Return a canonical name; raise ValueError with a sentence for a person."""
    try:
        return canonical_name(value)
    except ValueError:
        raise ValueError(f"{value} não pode ser um nome.") from None


def _checked_key(value: str) -> str:
    try:
        key = unb64(value)
    except FieldError:
        key = b""
    if len(key) != _KEY_SIZE:
        raise ValueError(f"{value} não é uma chave.")
    return value


def _checked_range(value: str) -> str:
    try:
        return str(ip_network(value, strict=False))
    except ValueError:
        raise ValueError(f"{value} não é uma faixa de endereços.") from None


_CHECKS: dict[BanKind, Callable[[str], str]] = {
    BanKind.NOME: checked_name,
    BanKind.CHAVE: _checked_key,
    BanKind.FAIXA: _checked_range,
}
