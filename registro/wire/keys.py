"""How each key's value is read and written, by verb and by who writes it: the table the codec runs on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import MISSING, dataclass, fields
from typing import Any, NamedTuple

from registro.wire.fields import (
    FieldError,
    b64,
    escape,
    exact_bytes,
    join_list,
    number,
    split_list,
    unb64,
    unescape,
)
from registro.wire.limits import NUMBER_DIGITS
from registro.wire.messages import ALL, Message, PedidoRegistro, Way

Reader = Callable[[str], Any]
Writer = Callable[[Any], str]


class Kind(NamedTuple):
    """One kind of value: from the wire and to the wire."""

    read: Reader
    write: Writer


def _write_number(value: int) -> str:
    if not 0 <= value < 10**NUMBER_DIGITS:
        raise FieldError("a number of more than 15 digits, or negative")
    return str(value)


def _bytes_of(size: int) -> Kind:
    def write(value: bytes) -> str:
        if len(value) != size:
            raise FieldError(f"not {size} bytes")
        return b64(value)

    return Kind(exact_bytes(size), write)


TEXT = Kind(unescape, escape)
NUMBER = Kind(number, _write_number)
LIST = Kind(split_list, join_list)
BYTES = Kind(unb64, b64)
B16, B32, B64 = _bytes_of(16), _bytes_of(32), _bytes_of(64)

_TEXTS = (
    "nome",
    "servidor",
    "codigo",
    "motivo",
    "estado",
    "ip",
    "prefixo",
    "para",
    "de",
    "usuario",
    "senha",
    "t",
    "verbo",
)
_NUMBERS = (
    "versao",
    "rev",
    "vida",
    "espera",
    "porta",
    "desde",
    "limite",
    "total",
    "hora",
    "validade",
    "reconecte",
)
_LISTS = ("recursos", "limites", "nomes", "candidatos", "reles")
_KEYS = ("chave", "prova", "compromisso", "efemera", "desafio")

KINDS: dict[str, Kind] = {
    **dict.fromkeys(_TEXTS, TEXT),
    **dict.fromkeys(_NUMBERS, NUMBER),
    **dict.fromkeys(_LISTS, LIST),
    **dict.fromkeys(_KEYS, B32),
    "chamada": B16,
    "sig": B64,
    "dado": BYTES,
}
"""The kind of every key there is."""


def _lenient(read: Reader, damaged: object) -> Reader:
    """Read a value whose damage is judged later, with a code of its own (protocol section 8).

    A bad or needless escape is no damage of the value but of the line, and stays a syntax error.
    """

    def try_to_read(value: str) -> Any:
        text = unescape(value)
        try:
            return read(text)
        except FieldError:
            return damaged

    return try_to_read


_REGISTRATION: dict[str, Reader] = {
    "versao": _lenient(number, -1),
    "chave": _lenient(B32.read, b""),
    "sig": _lenient(B64.read, b""),
    "prova": _lenient(B32.read, b""),
}


def _one_of(allowed: frozenset[str]) -> Reader:
    table = {str(value): value for value in allowed}

    def read(value: str) -> str:
        try:
            return table[value]
        except KeyError:
            raise FieldError("um valor que a sua chave não pode ter") from None

    return read


@dataclass(frozen=True, slots=True)
class Plan:
    """How the lines of one verb are read."""

    cls: type[Message]
    readers: dict[str, Reader]
    required: frozenset[str]
    most: int
    """so many known keys are all there are"""


def plans(writer: Way) -> dict[str, Plan]:
    """Return, by verb, how to read what `writer` may write; BOTH reads what either may write."""
    return {verbo: _plan(cls, writer) for verbo, cls in ALL.items() if cls.WRITER & writer}


def _plan(cls: type[Message], writer: Way) -> Plan:
    values = {**cls.VALUES, **(cls.CLIENT_VALUES if writer is Way.CLIENT else {})}
    own = _REGISTRATION if cls is PedidoRegistro else {}
    readers = {f.name: own.get(f.name, KINDS[f.name].read) for f in fields(cls)}
    readers.update((key, _one_of(allowed)) for key, allowed in values.items())
    return Plan(cls, readers, _required(cls, writer), len(readers))


def _required(cls: type[Message], writer: Way) -> frozenset[str]:
    must = {Way.CLIENT: cls.CLIENT_MUST, Way.REGISTRY: cls.REGISTRY_MUST, Way.BOTH: frozenset[str]()}
    always = {f.name for f in fields(cls) if f.default is MISSING}
    return must[writer] | always | ({"versao"} if cls is PedidoRegistro else set())


def writers(cls: type[Message]) -> tuple[tuple[str, Writer], ...]:
    """Return the keys of a class in the order of the wire, each with its writer."""
    return tuple((key, KINDS[key].write) for key in cls.ORDER or [f.name for f in fields(cls)])
