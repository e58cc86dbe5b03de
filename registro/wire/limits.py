"""The limits of the wire and of the registry, with their default values."""

from __future__ import annotations

from dataclasses import dataclass

VERSION = 1
LINE = 4096
"""Bytes of a line, its end included."""

SEQ_MAX = 999_999_999
NUMBER_DIGITS = 15
SYNTAX_ERRORS = 3
"""The syntax error of this number closes the connection."""

VIDA = 45
"""Seconds of silence after which the registry drops a connection."""

KEEP_ALIVE = 20
"""Seconds without a word of its own after which a client sends VIVO."""

CANDIDATES = 8
PACKET = 508
"""Bytes of one voice packet, in a datagram or in a PACOTE line."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What one registry allows; `listed` is what OLA tells of it."""

    linha: int = LINE
    """bytes of a line with its end"""
    pendente: int = 64 * 1024
    """bytes that may wait for a client that does not read"""
    lapso_tls: int = 5
    """seconds for the TLS hand-shake"""
    lapso_registro: int = 10
    """seconds until a connection must be registered"""
    linhas: int = 20
    """lines a second of one connection, after a burst"""
    convites: int = 12
    """invitations a minute of one name, after a burst"""
    conexoes: int = 256
    """connections at once from one IPv4 address or IPv6 /64"""
    nomes: int = 60
    """new names an hour from one IPv4 address or IPv6 /64"""
    tabela: int = 20_000
    """connected names at once"""

    def listed(self) -> tuple[str, ...]:
        """Return `name:value` of every limit, as OLA lists them."""
        return tuple(f"{name.replace('_', '-')}:{getattr(self, name)}" for name in self.__slots__)
