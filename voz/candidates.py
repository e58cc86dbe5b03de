"""Where the two ends of a call can be reached: candidates, relay credentials, and the words for paths.

Pure values. A candidate travels as `ADDRESS@PORT@TYPE` in CONVITE-ACEITO, CHAVE and CAMINHOS (protocol,
section 7).
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

from voz.stun import Address, StunError, normalised

#: The most candidates that one message carries; a reader looks at no more.
MOST_CANDIDATES = 8
#: Ports below this are never checked.
FIRST_PORT = 1024


class CandidateError(ValueError):
    """A candidate or a relay address that does not read as one."""


class Role(Enum):
    """Which leg of the call this side is, as the relay and the checks name it."""

    CALLER = "a"
    CALLEE = "b"

    @property
    def other(self) -> Role:
        """The leg of the other side."""
        return Role.CALLEE if self is Role.CALLER else Role.CALLER


class PathPolicy(Enum):
    """What the user allows: the best of both, the direct path alone, or the relay alone."""

    AUTO = "auto"
    DIRECT = "direto"
    RELAY = "rele"


class PathKind(Enum):
    """The kind of path that carries the voice now, in the words that people read."""

    NONE = "nenhum"
    RELAY = "rele"
    DIRECT = "direto"
    LINES = "linhas"


class CandidateType(Enum):
    """Where an address comes from: an interface, the outer side of a NAT, or a relay."""

    HOST = "host"
    REFLEXIVE = "refl"
    RELAYED = "rele"


@dataclass(frozen=True, slots=True)
class PathId:
    """One path on which packets arrive: its kind and, if direct, the peer's address and our socket."""

    kind: PathKind
    remote: Address | None = None
    socket: int = 0


@dataclass(frozen=True, slots=True)
class Candidate:
    """One address of a peer. `address` is an IP address in its normal spelling, `port` 1-65535."""

    address: str
    port: int
    kind: CandidateType

    @classmethod
    def parse(cls, text: str) -> Candidate:
        """Read `ADDRESS@PORT@TYPE`; raises CandidateError."""
        parts = text.split("@")
        if len(parts) != 3:
            raise CandidateError("a candidate is ADDRESS@PORT@TYPE")
        try:
            kind = CandidateType(parts[2])
            address, port = normalised((parts[0], read_port(parts[1])))
        except (StunError, ValueError) as problem:
            raise CandidateError("not a candidate") from problem
        return cls(address, port, kind)

    def format(self) -> str:
        """The wire text."""
        return f"{self.address}@{self.port}@{self.kind.value}"

    @property
    def transport_address(self) -> Address:
        """(address, port)."""
        return self.address, self.port


def read_candidates(texts: Iterable[str]) -> tuple[Candidate, ...]:
    """The candidates that read as such, each once, at most `MOST_CANDIDATES` texts looked at.

    A malformed one is left out: a newer program may name a type that this one does not know.
    """
    found: dict[Candidate, None] = {}
    for text, _ in zip(texts, range(MOST_CANDIDATES), strict=False):
        try:
            found[Candidate.parse(text)] = None
        except CandidateError:
            continue
    return tuple(found)


def checkable(address: Address, *, loopback_allowed: bool) -> bool:
    """Whether a check may be sent there: never multicast, broadcast, unspecified or a port below 1024, and
    loopback only where the registry itself is reached on loopback."""
    ip = ipaddress.ip_address(address[0])
    if ip.is_multicast or ip.is_unspecified or (ip.version == 4 and int(ip) == 0xFFFFFFFF):
        return False
    if ip.is_loopback and not loopback_allowed:
        return False
    return FIRST_PORT <= address[1] <= 0xFFFF


def read_port(text: str) -> int:
    """A decimal port 1-65535 without sign or spaces; raises CandidateError."""
    if not (text.isascii() and text.isdigit() and len(text) <= 5 and 0 < int(text) <= 0xFFFF):
        raise CandidateError("a port is a number from 1 to 65535")
    return int(text)


@dataclass(frozen=True, slots=True)
class RelayAddress:
    """Host (a name or an IP address, without brackets) and UDP port of one relay."""

    host: str
    port: int

    @classmethod
    def parse(cls, text: str) -> RelayAddress:
        """Read `turn:host:port`, an IPv6 host in brackets; raises CandidateError."""
        scheme, _, rest = text.partition(":")
        host, _, port = rest.rpartition(":")
        if host.startswith("[") and host.endswith("]"):
            host = host[1:-1]
        elif ":" in host:
            raise CandidateError("an IPv6 address of a relay stands in brackets")
        if scheme != "turn" or not host or not all(33 <= ord(letter) < 127 for letter in host):
            raise CandidateError("a relay is turn:host:port")
        return cls(host, read_port(port))


@dataclass(frozen=True, slots=True)
class RelayCredentials:
    """What LIGACAO hands to one side: `servers` as `turn:host:port` texts, the long-term credential, and for
    how many seconds it is good."""

    servers: tuple[str, ...]
    username: str
    password: str
    lifetime: int

    def addresses(self) -> tuple[RelayAddress, ...]:
        """The servers that read as such, in order; malformed ones are left out."""
        found: list[RelayAddress] = []
        for text in self.servers[:MOST_CANDIDATES]:
            try:
                found.append(RelayAddress.parse(text))
            except CandidateError:
                continue
        return tuple(found)
