"""What we tell the peer about where we are. Pure."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from voz.candidates import MOST_CANDIDATES, Candidate, CandidateType, PathPolicy, checkable
from voz.stun import Address


@dataclass(frozen=True, slots=True)
class OwnPlaces:
    """Where we can be reached: local `addresses`, the `ports` of our sockets by IP version, what relays saw
    (`mapped`), and the relay's address for us (`relayed`)."""

    addresses: tuple[str, ...] = ()
    ports: Mapping[int, int] = field(default_factory=dict)
    mapped: tuple[Address, ...] = ()
    relayed: Address | None = None

    def candidates(self, policy: PathPolicy, *, loopback_allowed: bool) -> tuple[Candidate, ...]:
        """At most 8 candidates: host, reflexive, relayed, as far as the policy lets the peer know."""
        told: dict[Address, Candidate] = {}
        if policy is not PathPolicy.RELAY:
            for place in self._hosts():
                told.setdefault(place, Candidate(*place, CandidateType.HOST))
            for place in self.mapped:
                told.setdefault(place, Candidate(*place, CandidateType.REFLEXIVE))
        direct = [told[place] for place in _tellable(told, loopback_allowed)][: MOST_CANDIDATES - 1]
        if self.relayed is None or policy is PathPolicy.DIRECT:
            return tuple(direct)
        return (*direct, Candidate(*self.relayed, CandidateType.RELAYED))

    def _hosts(self) -> Iterable[Address]:
        """Each local address with the port of the socket of its IP version."""
        for address in self.addresses:
            port = self.ports.get(6 if ":" in address else 4)
            if port is not None:
                yield address, port


def _tellable(places: Iterable[Address], loopback_allowed: bool) -> Iterable[Address]:
    """Those that the peer could check: link-local addresses mean nothing elsewhere."""
    for place in places:
        usable = checkable(place, loopback_allowed=loopback_allowed)
        if usable and not ipaddress.ip_address(place[0]).is_link_local:
            yield place
