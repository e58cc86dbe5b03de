"""The line grammar of section 2, written by hand from its text: parse, render, judge as a registry must.

``parse`` knows the grammar of any line of either side; ``judge`` says what a registry answers to a line of
a client that has not registered, as far as syntax alone decides it.
"""

import base64
import binascii
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

LIMIT = 4096
"""Bytes of a line with its end."""

LIST_KEYS = frozenset({"recursos", "limites", "nomes", "candidatos", "reles"})

_VERB = re.compile(rb"[A-Z-]{2,32}")
_SEQ = re.compile(rb"0|[1-9][0-9]{0,8}")
_KEY = re.compile(rb"[a-z][a-z0-9-]{0,23}")
_NUMBER = re.compile(r"[0-9]{1,15}", re.ASCII)
_ESCAPE = re.compile(rb"%(.{0,2})", re.DOTALL)
_RAW_FORBIDDEN = re.compile(rb"[\x00-\x20\x7f]")
_NEEDED = frozenset([*range(0x21), 0x25, 0x7F])


class BadLineError(Exception):
    """The line breaks the grammar; carries the seq and the verb that an ERRO must name."""

    def __init__(self, why: str, seq: int, verb: str) -> None:
        super().__init__(why)
        self.seq = seq
        self.verb = verb


@dataclass(frozen=True)
class Line:
    """One line: ``keys`` are unescaped texts, ``raw`` the same values as they stood on the wire."""

    verb: str
    seq: int
    keys: Mapping[str, str]
    raw: Mapping[str, str] = field(compare=False)

    def items(self, key: str) -> list[str]:
        """Split the list under ``key``; the empty value is the empty list."""
        return split_list(self.raw[key])

    def number(self, key: str) -> int:
        """Read the number under ``key``."""
        value = self.keys[key]
        assert _NUMBER.fullmatch(value), f"{key}={value!r} is not 1-15 ASCII digits in {self}"
        return int(value)

    def octets(self, key: str) -> bytes:
        """Read the bytes under ``key``."""
        return unb64(self.keys[key])

    def matches(self, verb: str | None, **keys: object) -> bool:
        """Say whether this is ``verb`` with these unescaped values; the key ``seq`` stands for the seq."""
        wanted = {key.rstrip("_"): str(value) for key, value in keys.items()}
        have = {**self.keys, "seq": str(self.seq)}
        return (verb is None or self.verb == verb) and all(
            have.get(key) == value for key, value in wanted.items()
        )


def b64(data: bytes) -> str:
    """Encode as base64url without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def unb64(text: str) -> bytes:
    """Decode base64url; padding, a foreign character or a stray bit is a ValueError."""
    if not re.fullmatch(r"[A-Za-z0-9_-]*", text, re.ASCII):
        raise ValueError(f"not base64url: {text!r}")
    try:
        data = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except binascii.Error as error:
        raise ValueError(str(error)) from error
    if b64(data) != text:
        raise ValueError(f"stray bits: {text!r}")
    return data


def _unescape(raw: bytes, comma: bool) -> str:
    """Undo %XX; ``comma`` says whether %2C is legal here."""
    if _RAW_FORBIDDEN.search(raw):
        raise ValueError("a raw control or space")

    def octet(match: re.Match[bytes]) -> bytes:
        digits = match[1]
        if not re.fullmatch(rb"[0-9A-F]{2}", digits):
            raise ValueError("a bad escape")
        value = int(digits, 16)
        if value not in _NEEDED and not (comma and value == 0x2C):
            raise ValueError("an escape that was not needed")
        return bytes([value])

    return _ESCAPE.sub(octet, raw).decode("utf-8", "strict")


def escape(text: str) -> str:
    """Write ``text`` as a value."""
    return "".join(f"%{ord(char):02X}" if ord(char) in _NEEDED else char for char in text)


def split_list(raw: str) -> list[str]:
    """Split the raw value of a list into its unescaped items."""
    return [_unescape(item.encode(), comma=True) for item in raw.split(",")] if raw else []


def join_list(items: list[str]) -> str:
    """Write items as the raw value of a list."""
    return ",".join(escape(item).replace(",", "%2C") for item in items)


def render(verb: str, seq: int, /, **keys: object) -> bytes:
    """Write a line: lists joined, bytes as base64url, the rest escaped; ``de_`` means ``de``."""
    parts = [verb, str(seq)]
    for key, value in keys.items():
        if isinstance(value, list):
            text = join_list(value)
        elif isinstance(value, bytes):
            text = b64(value)
        else:
            text = escape(str(value))
        parts.append(f"{key.rstrip('_').replace('_', '-')}={text}")
    return " ".join(parts).encode() + b"\n"


def _text_of(line: bytes) -> bytes:
    """Take the end off a line."""
    return line.removesuffix(b"\n").removesuffix(b"\r") if line.endswith(b"\n") else line


def named(line: bytes) -> tuple[int, str]:
    """Return the seq and the verb that an ERRO about this line names, each judged by itself."""
    parts = [*_text_of(line).split(b" "), b"", b""]
    verb = parts[0].decode() if _VERB.fullmatch(parts[0]) else "-"
    return (int(parts[1]) if _SEQ.fullmatch(parts[1]) else 0), verb


def parse(line: bytes) -> Line:
    """Read one line of either side by the grammar alone; its verb's known keys say where %2C is legal."""
    seq, verb = named(line)
    try:
        return _parse(line, seq, verb)
    except ValueError as error:  # UnicodeDecodeError is one too
        raise BadLineError(str(error), seq, verb) from error


def _parse(line: bytes, seq: int, verb: str) -> Line:
    if not line.endswith(b"\n") or line.count(b"\n") != 1 or len(line) > LIMIT:
        raise ValueError("not one line of at most 4096 bytes")
    parts = _text_of(line).split(b" ")
    if verb == "-" or len(parts) < 2 or not _SEQ.fullmatch(parts[1]):
        raise ValueError("no verb or no seq")
    keys: dict[str, str] = {}
    raws: dict[str, str] = {}
    known = KNOWN.get(verb, frozenset())
    for part in parts[2:]:
        name, equals, raw = part.partition(b"=")
        if not equals or not _KEY.fullmatch(name):
            raise ValueError("not key=value")
        key = name.decode()
        if key in keys:
            raise ValueError("a repeated key")
        keys[key] = _unescape(raw, comma=key in LIST_KEYS or key not in known)
        raws[key] = raw.decode()
    return Line(verb, seq, keys, raws)


Check = Callable[[str], bool]


def _any(_: str) -> bool:
    return True


def _number(value: str) -> bool:
    return _NUMBER.fullmatch(value) is not None


def _octets(length: int | None) -> Check:
    def check(value: str) -> bool:
        try:
            size = len(unb64(value))
        except ValueError:
            return False
        return length is None or size == length

    return check


def _one_of(*values: str) -> Check:
    return frozenset(values).__contains__


_CALL = _octets(16)
_KEY32 = _octets(32)
_SIG = _octets(64)

CLIENT: dict[str, tuple[dict[str, Check], dict[str, Check]]] = {
    "PEDIDO-REGISTRO": (
        {"nome": _any, "chave": _any, "sig": _any, "versao": _any},
        {"recursos": _any, "prova": _any},
    ),
    "PEDIDO-CONSULTA": ({"nome": _any}, {}),
    "PEDIDO-ENCERRAMENTO": ({}, {"motivo": _any}),
    "PEDIDO-TABELA": ({}, {"desde": _number, "prefixo": _any, "limite": _number}),
    "ACOMPANHAR": ({"nomes": _any}, {}),
    "ESTADO": ({"estado": _one_of("livre", "ausente", "nao-perturbe")}, {}),
    "CONVITE": ({"chamada": _CALL, "para": _any, "compromisso": _KEY32, "hora": _number, "sig": _SIG}, {}),
    "TOCANDO": ({"chamada": _CALL}, {}),
    "CONVITE-ACEITO": ({"chamada": _CALL, "efemera": _KEY32, "candidatos": _any, "sig": _SIG}, {}),
    "CONVITE-REJEITADO": (
        {"chamada": _CALL, "codigo": _one_of("recusado", "ocupado", "nao-perturbe", "nao-atende")},
        {"motivo": _any},
    ),
    "CHAVE": ({"chamada": _CALL, "efemera": _KEY32, "candidatos": _any, "sig": _SIG}, {}),
    "CAMINHOS": ({"chamada": _CALL, "candidatos": _any}, {}),
    "ENCERRAR-LIGACAO": (
        {"chamada": _CALL, "codigo": _one_of("normal", "cancelada", "perdida")},
        {"motivo": _any},
    ),
    "VIVO": ({"t": _any}, {}),
    "PACOTE": ({"chamada": _CALL, "dado": _octets(None)}, {}),
}
"""What a client may send: required and optional keys with the check of each value."""

KNOWN: dict[str, frozenset[str]] = {verb: frozenset({*need, *may}) for verb, (need, may) in CLIENT.items()}


def judge(line: bytes) -> tuple[str, int, str]:
    """Return (verdict, seq, verb) for a line of a client that has not registered.

    The verdict is ``sintaxe``, ``desconhecido``, ``nao-registrado``, or ``-`` for a line that is allowed
    before registration.
    """
    seq, verb = named(line)
    try:
        message = parse(line)
    except BadLineError:
        return "sintaxe", seq, verb
    if verb not in CLIENT:
        return "desconhecido", seq, verb
    need, may = CLIENT[verb]
    checks = {**need, **may}
    good = need.keys() <= message.keys.keys() and all(
        checks[key](value) for key, value in message.keys.items() if key in checks
    )
    if not good:
        return "sintaxe", seq, verb
    return (
        ("-" if verb in {"VIVO", "PEDIDO-REGISTRO", "PEDIDO-ENCERRAMENTO"} else "nao-registrado"),
        seq,
        verb,
    )
