"""Rates and quotas: how much of the registry one connection, name or address may use. Pure.

A rate is one number, the moment at which everything asked so far is paid for (the generic cell rate
algorithm): no timer runs, and a bucket that is full again needs no memory.
"""

from __future__ import annotations

import ipaddress
import math
from collections import Counter
from dataclasses import dataclass, field
from functools import lru_cache

from registro.wire.limits import PACKET, Limits

FORGIVEN = 60.0
"""Seconds without a transgression after which the earlier ones of a connection are forgotten."""

DOOR = 3
"""The transgression of this number closes the connection."""


@dataclass(frozen=True, slots=True)
class Rate:
    """`burst` at once, then one every `interval` seconds."""

    interval: float
    burst: float

    def take(self, paid: float, now: float, cost: float = 1) -> float | None:
        """Return the new moment at which all is paid for; None if that is over the limit."""
        until = (paid if paid > now else now) + cost * self.interval
        return None if until - now > self.burst * self.interval + 1e-9 else until

    def wait(self, paid: float, now: float) -> int:
        """Return the whole seconds until one more is allowed, at least one."""
        return max(1, math.ceil(paid + self.interval - self.burst * self.interval - now))


class Rates:
    """One rate for many: names or addresses. Those whose bucket is full again are forgotten."""

    def __init__(self, rate: Rate, most: int = 100_000) -> None:
        self._rate, self._most = rate, most
        self._paid: dict[str, float] = {}

    def __len__(self) -> int:
        return len(self._paid)

    def take(self, who: str, now: float) -> int | None:
        """Count one; return the seconds to wait if it is one too many, else None."""
        paid = self._paid.get(who, 0.0)
        until = self._rate.take(paid, now)
        if until is None or (who not in self._paid and len(self._paid) >= self._most):
            return self._rate.wait(paid, now)
        self._paid[who] = until
        return None

    def forget(self, now: float) -> None:
        """Forget everybody whose bucket is full."""
        for who in [who for who, paid in self._paid.items() if paid <= now]:
            del self._paid[who]


@dataclass(frozen=True, slots=True)
class Bursts:
    """What may come at once, and what the wire's limits do not name."""

    linhas: int = 100
    """lines of one connection"""
    convites: int = 20
    """invitations of one name"""
    espera: int = 2048
    """connections in all that are not registered"""


PACKETS = Rate(1 / 100, 100)
"""PACOTE lines of one leg (protocol section 7): 100 a second."""

PACKET_BYTES = Rate(1 / 16_000, 16_000)
"""Payload of one leg's PACOTE lines: 128 kbit/s."""

PACKET_SIZE = PACKET


@lru_cache(maxsize=65_536)
def neighbourhood(host: str) -> str:
    """Return what one person has: an IPv4 address or an IPv6 /64; empty for loopback or no address."""
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return ""
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            address = address.ipv4_mapped
        elif not address.is_loopback:
            return str(ipaddress.ip_network((int(address), 64), strict=False))
    return "" if address.is_loopback else str(address)


def plain_host(host: str) -> str:
    """Return an address as people write it: IPv4 inside IPv6 as IPv4."""
    return host.removeprefix("::ffff:") if "." in host else host


@dataclass(slots=True)
class Admission:
    """Who may come in, and how much they may ask."""

    limits: Limits = field(default_factory=Limits)
    bursts: Bursts = field(default_factory=Bursts)
    loopback_too: bool = False
    rejected: Counter[str] = field(default_factory=Counter)
    unregistered: int = 0
    lines: Rate = field(init=False)
    _connections: Counter[str] = field(default_factory=Counter)
    _invitations: Rates = field(init=False)
    _names: Rates = field(init=False)

    def __post_init__(self) -> None:
        self.lines = Rate(1 / self.limits.linhas, self.bursts.linhas)
        self._invitations = Rates(Rate(60 / self.limits.convites, self.bursts.convites))
        self._names = Rates(Rate(3600 / self.limits.nomes, self.limits.nomes))

    def counted(self, host: str) -> str:
        """Return whose quota a connection from `host` uses; empty if nobody counts it."""
        return neighbourhood(host) or ("loopback" if self.loopback_too else "")

    def enter(self, who: str) -> bool:
        """Let one connection in; False if its address or everybody has too many."""
        if self.unregistered >= self.bursts.espera:
            return self._no("nao-registradas")
        if who and self._connections[who] >= self.limits.conexoes:
            return self._no("conexoes")
        if who:
            self._connections[who] += 1
        self.unregistered += 1
        return True

    def leave(self, who: str) -> None:
        """Forget one connection of those let in."""
        if who:
            self._connections[who] -= 1
            if self._connections[who] <= 0:
                del self._connections[who]

    def invite(self, who: str, nome: str, now: float) -> int | None:
        """Count one invitation of a name; the seconds to wait if it is one too many."""
        wait = self._invitations.take(nome, now) if who else None
        if wait is not None:
            self._no("convites")
        return wait

    def new_name(self, who: str, now: float) -> int | None:
        """Count one new name of an address; the seconds to wait if it is one too many."""
        wait = self._names.take(who, now) if who else None
        if wait is not None:
            self._no("nomes")
        return wait

    def forget(self, now: float) -> None:
        """Forget what does not count any more; worth calling every few seconds."""
        self._invitations.forget(now)
        self._names.forget(now)

    def _no(self, limit: str) -> bool:
        self.rejected[limit] += 1
        return False
