"""The direct path of one call: rounds of checks from our sockets to the peer's places, and the pair in use.
Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from voz.candidates import Candidate, CandidateType, PathId, PathPolicy, Role
from voz.path.checks import Checks, Pair
from voz.path.reflexive import Reflexive
from voz.path.sockets import Sockets
from voz.stun import Address, Message


class DirectWorld(Protocol):
    """What the direct path tells."""

    def direct_selected(self, selected: bool) -> None:
        """There is a pair now, another one, or none."""

    def changed(self) -> None:
        """Our candidates may be different now."""


class DirectPath:
    """Everything between our sockets and the peer's. With the policy RELAY nothing is sent, answered or
    believed."""

    def __init__(
        self,
        world: DirectWorld,
        sockets: Sockets,
        role: Role,
        call_id: str,
        policy: PathPolicy,
        *,
        loopback_allowed: bool,
    ) -> None:
        self._world = world
        self._sockets = sockets
        self._allowed = policy is not PathPolicy.RELAY
        self._checks = Checks(self, role, call_id, loopback_allowed=loopback_allowed)
        self.reflexive = Reflexive(self.send_check, world.changed)
        self._servers: tuple[Address, ...] = ()
        self._places: tuple[Candidate, ...] = ()
        self._secured = self._begun = self._found = self._retried = False

    @property
    def selected(self) -> Pair | None:
        """The pair that voice may go by."""
        return self._checks.selected

    def servers_are(self, servers: tuple[Address, ...]) -> None:
        """These can be asked how they see a socket of ours."""
        self._servers = servers

    def ask_servers(self, sockets: Mapping[int, int], now: float) -> None:
        """Ask them about these sockets, by IP version."""
        for socket, server in places_for(self._servers, sockets):
            self.reflexive.ask(socket, server, now)

    def reach(self, candidates: Sequence[Candidate], now: float) -> None:
        """The peer is at these places: check those that are new."""
        before = set(self._places)
        self._places = tuple(place for place in candidates if place.kind is not CandidateType.RELAYED)
        if set(self._places) - before:
            self._begin(now)

    def secure(self, stun_key: bytes, now: float) -> None:
        """The keys of the call are known."""
        self._secured = True
        self._checks.secure(stun_key)
        self._begin(now)

    def moved(self, now: float) -> None:
        """We are somewhere else: find everything out anew."""
        self.reflexive.moved(now)
        self._checks.moved(now)
        self._retried = False
        self._begin(now)

    def authenticated(self, path: PathId, now: float) -> bool:
        """A packet from there was the peer's; whether it came by the pair in use."""
        if path.remote is None:
            return False
        self._checks.alive(path.socket, path.remote, now)
        pair = self._checks.selected
        return pair is not None and (pair.socket, pair.remote) == (path.socket, path.remote)

    def follow(self, path: PathId, now: float) -> None:
        """The peer sends by that pair, and no longer by ours."""
        if path.remote is not None:
            self._checks.follow(path.socket, path.remote, now)

    def leave(self, now: float) -> None:
        """The pair in use has fallen silent."""
        if self._checks.selected is not None:
            self._checks.rest(self._checks.selected, now)

    def send(self, packet: bytes) -> None:
        """Send by the pair in use, if there is one."""
        pair = self._checks.selected
        if pair is not None:
            self._sockets.send(pair.socket, packet, pair.remote)

    def received(self, message: Message, socket: int, source: Address, now: float) -> None:
        """A STUN message came that is no relay's answer to its leg."""
        if not self.reflexive.received(message, socket, source, now) and self._allowed:
            self._checks.received(message, socket, source, now)

    def tick(self, now: float) -> None:
        """Time has passed."""
        self.reflexive.tick(now)
        if self._allowed:
            self._checks.tick(now)
            self._retry(now)

    def send_check(self, socket: int, remote: Address, datagram: bytes) -> None:
        """Send from that socket (ChecksWorld)."""
        self._sockets.send(socket, datagram, remote)

    def pair_selected(self, pair: Pair | None) -> None:
        """The checks have found, changed or lost a pair (ChecksWorld)."""
        self._found |= pair is not None
        self._world.direct_selected(pair is not None)

    def _begin(self, now: float) -> None:
        """Check the peer's places from our sockets."""
        if not self._secured or not self._allowed:
            return
        self._begun, self._found = True, False
        numbers = [(number, version) for version, number in self._sockets.latest.items()]
        self._checks.begin(numbers, self._places, now)

    def _retry(self, now: float) -> None:
        """A round that found nothing is tried once more, from new sockets that a NAT maps elsewhere; then not
        before we are somewhere else: what it tells makes the peer begin a round of its own."""
        failed = self._begun and not self._found and not self._checks.under_way
        if not failed or self._retried or not self._places:
            return
        self._retried = True
        self._sockets.open_more()
        self.ask_servers(self._sockets.latest, now)
        self._begin(now)
        self._world.changed()


def places_for(servers: Sequence[Address], sockets: Mapping[int, int]) -> list[tuple[int, Address]]:
    """Each address with the number of the socket of its IP version, if there is one."""
    versions = [(6 if ":" in server[0] else 4, server) for server in servers]
    return [(sockets[version], server) for version, server in versions if version in sockets]
