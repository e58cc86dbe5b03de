"""A line and its message, both ways (protocol section 2). One codec for both programs, so they cannot drift.

A message has one spelling: whatever is not exactly that is a syntax error, and `render(parse(line))` gives
the line again, save the order of its keys.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from registro.wire import keys
from registro.wire.errors import Codigo
from registro.wire.fields import FieldError, unescape_item
from registro.wire.limits import LINE, SEQ_MAX
from registro.wire.messages import ALL, Message, Way

Extra = tuple[tuple[str, str], ...]

_VERB = re.compile(r"[A-Z-]{2,32}")
_SEQ = re.compile(r"0|[1-9][0-9]{0,8}")
_KEY = re.compile(r"[a-z][a-z0-9-]{0,23}")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_PARA = re.compile(rb"(?<![^ ])para=[^ ]*")
_NOT_KNOWN: dict[str, keys.Reader] = {}

FROM_CLIENT = keys.plans(Way.CLIENT)
"""What a registry reads: the verbs, and of their values those, that a client may write."""

FROM_REGISTRY = keys.plans(Way.REGISTRY)
"""What a client reads."""

FROM_ANYBODY = keys.plans(Way.BOTH)
"""What a bystander reads: logs, tests."""

_WRITERS = {cls: keys.writers(cls) for cls in ALL.values()}


class WireError(Exception):
    """A line that cannot be obeyed; its fields are those of the ERRO that answers it."""

    def __init__(self, codigo: Codigo, seq: int, verbo: str, motivo: str) -> None:
        super().__init__(codigo, seq, verbo, motivo)
        self.codigo, self.seq, self.verbo, self.motivo = codigo, seq, verbo, motivo


class Received(NamedTuple):
    """A line that was read; `extra` holds the keys unknown to its verb, values as they were spelled."""

    message: Message
    seq: int
    extra: Extra


class _BadLineError(ValueError):
    """What is wrong with a line, for the ERRO's `motivo`."""


def parse(line: bytes, plans: dict[str, keys.Plan] = FROM_ANYBODY) -> Received:
    """Read one line, with or without its end; raise WireError if it is not one of `plans`."""
    try:
        return _parse(_bare(line), plans)
    except ValueError as error:
        verbo, seq = head(line)
        motivo = str(error) if isinstance(error, (_BadLineError, FieldError)) else "não é UTF-8"
        raise WireError(Codigo.SINTAXE, seq, verbo, motivo) from None


def _bare(line: bytes) -> bytes:
    """Take the end off; the limit counts a line without its end as if LF stood there."""
    if line[-1:] == b"\n":
        if len(line) > LINE:
            raise _BadLineError("linha longa demais")
        line = line[:-1]
    elif len(line) >= LINE:
        raise _BadLineError("linha longa demais")
    return line[:-1] if line[-1:] == b"\r" else line


def _parse(line: bytes, plans: dict[str, keys.Plan]) -> Received:
    text = line.decode()
    if not text.isprintable() and _CONTROL.search(text):
        raise _BadLineError("um caractere de controle deve ser escrito %XX")
    verbo, *tokens = text.split(" ")
    plan = plans.get(verbo)
    if plan is None and not _VERB.fullmatch(verbo):
        raise _BadLineError("o verbo não é um verbo")
    seq = _seq(tokens)
    values, extra = _values(tokens[1:], plan.readers if plan else _NOT_KNOWN)
    if plan is None:
        raise WireError(Codigo.DESCONHECIDO, seq, verbo, "verbo desconhecido")
    if len(values) != plan.most and not values.keys() >= plan.required:
        missing = ", ".join(sorted(plan.required - values.keys()))
        raise _BadLineError(f"falta {missing}")
    return Received(plan.cls(**values), seq, extra)


def _seq(tokens: list[str]) -> int:
    text = tokens[0] if tokens else ""
    if text.isdigit() and text.isascii() and len(text) < 10 and (text[0] != "0" or text == "0"):
        return int(text)
    raise _BadLineError("falta o número da mensagem")


def _values(tokens: list[str], readers: dict[str, keys.Reader]) -> tuple[dict[str, object], Extra]:
    """Read the keys: the known ones decoded, the others checked and kept as they are."""
    values: dict[str, object] = {}
    extra: dict[str, str] = {}
    for token in tokens:
        key, equals, value = token.partition("=")
        if not equals or key in values:
            raise _BadLineError("uma chave repetida ou sem =")
        reader = readers.get(key)
        if reader is not None:
            values[key] = reader(value)
        else:
            _keep(extra, key, value)
    return values, tuple(extra.items()) if extra else ()


def _keep(extra: dict[str, str], key: str, value: str) -> None:
    """Keep an unknown key as it is spelled, having checked that it is one spelling."""
    if key in extra or not _KEY.fullmatch(key):
        raise _BadLineError("uma chave repetida ou que não é uma chave")
    unescape_item(value)
    extra[key] = value


def head(line: bytes) -> tuple[str, int]:
    """Return verb and seq of any line, each judged by itself: `-` and 0 where they cannot be read."""
    tokens = line[:LINE].removesuffix(b"\n").removesuffix(b"\r").decode("latin-1").split(" ", 2)
    verbo = tokens[0] if _VERB.fullmatch(tokens[0]) else "-"
    readable = len(tokens) > 1 and _SEQ.fullmatch(tokens[1])
    return verbo, int(tokens[1]) if readable else 0


def render(message: Message, seq: int = 0, extra: Extra = ()) -> bytes:
    """Write a message as a line with LF; what has no spelling or is too long raises FieldError."""
    if not 0 <= seq <= SEQ_MAX:
        raise FieldError("a seq of more than 9 digits")
    parts = [f"{message.VERBO} {seq}"]
    for key, write in _WRITERS[type(message)]:
        value = getattr(message, key)
        if value is not None:
            parts.append(f"{key}={write(value)}")
    parts.extend(f"{key}={value}" for key, value in extra)
    line = " ".join(parts).encode() + b"\n"
    if len(line) > LINE:
        raise FieldError("a line of more than 4096 bytes")
    return line


def hand_on(line: bytes, de: str) -> bytes:
    """Make a client's line, read without error, into what the other client gets: seq 0, `de` for `para`.

    Everything else stays as it was spelled; raises FieldError if the new line is too long.
    """
    verbo, _, rest = line.rstrip(b"\r\n").split(b" ", 2)
    sender = b"de=" + de.encode()
    if b"de=" in rest:
        rest = b" ".join(token for token in rest.split(b" ") if not token.startswith(b"de="))
    if verbo == b"CONVITE":
        handed_on = b"CONVITE 0 %b\n" % _PARA.sub(lambda _: sender, rest, 1)
    else:
        handed_on = b"%b 0 %b %b\n" % (verbo, rest, sender)
    if len(handed_on) > LINE:
        raise FieldError("linha longa demais com de=")
    return handed_on
