"""The table of allocations: who holds which leg, and which source may be heard by which.

Pure. A source is known by two names: the opaque key under which a loop receives and sends (a raw socket
address), and the (address, port) that people and STUN see. Relayed addresses are names only: no socket
stands behind them.
"""

from __future__ import annotations

import zlib
from collections.abc import Hashable, Iterator
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from voz.relay.credentials import User
from voz.relay.limits import LIFETIME, MOST_LEGS, Allowance
from voz.stun import Address

#: The range from which the ports of relayed addresses are named.
FIRST_NAME, NAMES = 49152, 16384

K = TypeVar("K", bound=Hashable)


@dataclass(slots=True, eq=False)
class Leg(Generic[K]):
    """One allocation."""

    username: str
    user: User
    source: K
    address: Address
    relayed: Address
    expires: float
    key: bytes = field(repr=False)
    transaction: bytes
    allowance: Allowance
    peer: Address | None = None


class TableFull(Exception):  # noqa: N818 - the name says what is the matter
    """No allocation is left to give."""


class AllocationTable(Generic[K]):
    """Every allocation, by its source and by its call.

    `routes` maps the source of a leg to the source of the other leg once both have bound their channel to
    each other: it is all that the fast loops look at. Property: a route exists only between two live legs of
    one call, each bound to the relayed address that the other holds.
    """

    def __init__(self) -> None:
        self.routes: dict[K, K] = {}
        self._by_source: dict[K, Leg[K]] = {}
        self._by_leg: dict[tuple[str, str], Leg[K]] = {}
        self._relayed: set[Address] = set()

    def __len__(self) -> int:
        return len(self._by_source)

    def __iter__(self) -> Iterator[Leg[K]]:
        return iter(self._by_source.values())

    def held_by(self, source: K) -> Leg[K] | None:
        """The allocation that a source holds."""
        return self._by_source.get(source)

    def held_as(self, user: User) -> Leg[K] | None:
        """The allocation of that leg of that call, whatever source holds it."""
        return self._by_leg.get((user.call, user.leg))

    def other(self, leg: Leg[K]) -> Leg[K] | None:
        """The other leg of the same call, if it is allocated."""
        return self._by_leg.get((leg.user.call, "b" if leg.user.leg == "a" else "a"))

    def passed(self, call: str) -> int | None:
        """The bytes of payload that the legs of a call have sent through; None if it has no leg."""
        legs = [leg for name in "ab" if (leg := self._by_leg.get((call, name))) is not None]
        return sum(leg.allowance.passed for leg in legs) if legs else None

    def add(
        self, username: str, user: User, source: K, address: Address, host: str, key: bytes, now: float
    ) -> Leg[K]:
        """A new allocation for a leg that has none; its relayed address lies on `host`. Raises TableFull.

        The port is derived from the `usuario`: a relay that starts anew names the same one again, and the
        clients need not tell each other.
        """
        if len(self._by_source) >= MOST_LEGS:
            raise TableFull
        relayed = self._free_name(host, username)
        leg = Leg(username, user, source, address, relayed, now + LIFETIME, key, b"", Allowance(now))
        self._by_source[source] = leg
        self._by_leg[user.call, user.leg] = leg
        self._relayed.add(relayed)
        return leg

    def _free_name(self, host: str, username: str) -> Address:
        """A relayed address on that host which no leg holds."""
        start = zlib.crc32(username.encode())
        for step in range(NAMES):
            address = (host, FIRST_NAME + (start + step) % NAMES)
            if address not in self._relayed:
                return address
        raise TableFull

    def move(self, leg: Leg[K], source: K, address: Address, now: float) -> None:
        """The holder of the leg is at a new source now: the channel and the relayed address go with it."""
        self._drop_routes(leg)
        del self._by_source[leg.source]
        leg.source, leg.address, leg.expires = source, address, now + LIFETIME
        self._by_source[source] = leg
        self._make_routes(leg)

    def bind(self, leg: Leg[K], peer: Address) -> bool:
        """Bind the leg's channel to `peer`; False unless that is the relayed address of the other leg."""
        other = self.other(leg)
        if other is None or other.relayed != peer:
            return False
        leg.peer = peer
        self._make_routes(leg)
        return True

    def refresh(self, leg: Leg[K], now: float) -> None:
        """The leg lives for another `LIFETIME` seconds."""
        leg.expires = now + LIFETIME

    def end(self, leg: Leg[K]) -> None:
        """Give the allocation back."""
        self._drop_routes(leg)
        del self._by_source[leg.source]
        del self._by_leg[leg.user.call, leg.user.leg]
        self._relayed.discard(leg.relayed)

    def expire(self, now: float) -> int:
        """End every allocation whose time is over; how many."""
        over = [leg for leg in self._by_source.values() if leg.expires <= now]
        for leg in over:
            self.end(leg)
        return len(over)

    def _make_routes(self, leg: Leg[K]) -> None:
        """Open the way between the two legs if each is bound to the other."""
        other = self.other(leg)
        if other is not None and leg.peer == other.relayed and other.peer == leg.relayed:
            self.routes[leg.source] = other.source
            self.routes[other.source] = leg.source

    def _drop_routes(self, leg: Leg[K]) -> None:
        """Close the way between the two legs."""
        peer = self.routes.pop(leg.source, None)
        if peer is not None:
            self.routes.pop(peer, None)
