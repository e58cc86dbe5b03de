"""All paths of one call: what comes in is told apart, what goes out takes the path that is best now.

No reactor and no clock in here: the time is an argument, the network a seam. The tests run two of these
against each other in a network in memory.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from voz import stun
from voz.candidates import Candidate, CandidateType, PathId, PathKind, PathPolicy, RelayCredentials, Role
from voz.path.checks import Checks, Pair
from voz.path.chooser import Chooser, Decision, Facts
from voz.path.legs import RelayLegs
from voz.path.own import OwnPlaces
from voz.path.reflexive import Reflexive
from voz.path.sockets import Sockets
from voz.stun import Address, StunError

#: Seconds of silence after which a relay is asked whether it still knows us, and between two such questions.
PROBE_AFTER, PROBE_GAP = 0.2, 0.25
#: Seconds in which there is one second round: what it tells makes the peer begin a round of its own.
RETRY_GAP = 30.0
BY_RELAY, BY_LINES = PathId(PathKind.RELAY), PathId(PathKind.LINES)


class PathsWorld(Protocol):
    """What the paths tell."""

    def deliver(self, packet: bytes, path: PathId) -> None:
        """An RTP or RTCP packet came in by that path."""

    def changed(self) -> None:
        """Our candidates or the path in use may be different now."""

    def tell_again(self) -> None:
        """Tell the peer our candidates, also if they are what they were."""

    def send_line(self, packet: bytes) -> None:
        """Carry this packet in a PACOTE line."""


class Paths:
    """The paths of one call."""

    def __init__(
        self,
        world: PathsWorld,
        sockets: Sockets,
        role: Role,
        call_id: str,
        policy: PathPolicy,
        *,
        loopback_allowed: bool,
    ) -> None:
        self._world = world
        self._sockets = sockets
        self._policy = policy
        self._loopback_allowed = loopback_allowed
        self._checks = Checks(self, role, call_id, loopback_allowed=loopback_allowed)
        self._chooser = Chooser(policy)
        self._reflexive = Reflexive(self.send_datagram, world.changed)
        self._legs: RelayLegs | None = None
        self._servers: tuple[Address, ...] = ()
        self._addresses: tuple[str, ...] = ()
        self._remote: tuple[Candidate, ...] = ()
        self._secured = self._begun = self._found = False
        self._retry_at = 0.0
        self._next_probe = 0.0
        self._now = 0.0
        self.kind = PathKind.NONE

    # What the owner tells.

    def allocate(self, credentials: RelayCredentials, now: float) -> None:
        """These are our relay credentials; the addresses of the relays follow with `relays_known`."""
        self._now = now
        if self._policy is not PathPolicy.DIRECT:
            self._legs = RelayLegs(self, credentials)

    def relays_known(self, servers: Sequence[Address], now: float) -> None:
        """The relays have these addresses."""
        self._now = now
        self._servers = tuple(dict.fromkeys((*self._servers, *servers)))
        places = self._places(self._sockets.first)
        if self._legs is not None:
            self._legs.add(places, now)
        else:
            for socket, server in places:
                self._reflexive.ask(socket, server, now)

    def _places(self, sockets: dict[int, int]) -> list[tuple[int, Address]]:
        """Each relay address with the number of the socket of its IP version, if there is one."""
        versions = [(6 if ":" in server[0] else 4, server) for server in self._servers]
        return [(sockets[version], server) for version, server in versions if version in sockets]

    def reach(self, candidates: Sequence[Candidate], now: float) -> None:
        """The peer is at these places."""
        self._now = now
        before, known = set(self._direct_remotes()), self._remote
        self._remote = tuple(candidates)
        if known and set(known) != set(candidates):
            # The peer was somewhere else, perhaps without the registry: it may have missed what we told.
            self._world.tell_again()
        relayed = [place for place in candidates if place.kind is CandidateType.RELAYED]
        if relayed and self._legs is not None:
            self._legs.peer_known(relayed[0].transport_address, now)
        if set(self._direct_remotes()) - before:
            self._begin_round(now)

    def secure(self, stun_key: bytes, now: float) -> None:
        """The keys of the call are known."""
        self._now = now
        self._secured = True
        self._checks.secure(stun_key)
        self._begin_round(now)

    def addresses_are(self, addresses: tuple[str, ...], now: float) -> None:
        """Our own addresses; when they are not what they were, everything is found out anew."""
        self._now = now
        if addresses == self._addresses:
            return
        first, self._addresses = not self._addresses, addresses
        fresh = self._sockets.open_missing()
        if fresh and self._servers:
            self.relays_known((), now)
        if addresses and not (first and not self._begun and self.relayed is None):
            self._moved(now)
        self._world.changed()

    def _moved(self, now: float) -> None:
        """We are somewhere else: the relay first, then the direct path."""
        if self._legs is not None:
            self._legs.moved(now)
        self._reflexive.moved(now)
        self._checks.moved(now)
        self._retry_at = now
        self._begin_round(now)

    def authenticated(self, path: PathId, now: float) -> None:
        """A packet from there was the peer's."""
        if path.kind is not PathKind.DIRECT or path.remote is None:
            self._chooser.authenticated(path.kind, now)
            return
        self._checks.alive(path.socket, path.remote, now)
        pair = self._checks.selected
        if pair is not None and (pair.socket, pair.remote) == (path.socket, path.remote):
            self._chooser.authenticated(PathKind.DIRECT, now)
        else:
            self._chooser.heard_elsewhere(now)
            if self._chooser.follow(now):
                self._now = now
                self._checks.follow(path.socket, path.remote, now)

    def tick(self, now: float) -> None:
        """Time has passed; to be called about every 50 ms."""
        self._now = now
        if self._legs is not None:
            self._legs.tick(now)
        self._reflexive.tick(now)
        if self._policy is not PathPolicy.RELAY:
            self._checks.tick(now)
            self._retry(now)
        self._decide(now)
        self._probe(now)

    def stop(self, now: float) -> None:
        """The call is over: give back what the relay gave."""
        if self._legs is not None:
            self._legs.stop(now)

    # What goes out.

    def send(self, packet: bytes, now: float) -> bool:
        """Send by the path in use, and a copy by the relay while there is doubt; False without a path."""
        decision = self._decide(now)
        pair = self._checks.selected
        if decision.relay_too:
            self._by_relay(packet, now)
        if decision.kind is PathKind.DIRECT and pair is not None:
            self._sockets.send(pair.socket, packet, pair.remote)
        elif decision.kind is PathKind.RELAY:
            self._by_relay(packet, now)
        elif decision.kind is PathKind.LINES:
            self._world.send_line(packet)
        return decision.kind is not PathKind.NONE

    def send_everywhere(self, packet: bytes, now: float) -> None:
        """Send by every path that there is; by the lines only where UDP does not pass."""
        decision = self._decide(now)
        pair = self._checks.selected
        self._by_relay(packet, now)
        if pair is not None:
            self._sockets.send(pair.socket, packet, pair.remote)
        if decision.kind is PathKind.LINES:
            self._world.send_line(packet)

    def _by_relay(self, packet: bytes, now: float) -> bool:
        """Send by the relay; False when there is no way there."""
        leg = self._legs.leg if self._legs is not None else None
        return leg is not None and leg.send(packet, now)

    # What comes in.

    def received(self, socket: int, data: bytes, source: Address, now: float) -> None:
        """A datagram came to that socket."""
        self._now = now
        if not data:
            return
        attempt = self._legs.at(socket, source) if self._legs is not None else None
        if attempt is not None and attempt.leg is not None and 0x40 <= data[0] < 0x80:
            packet = attempt.leg.payload(data)
            if packet is not None:
                self._deliver(packet, BY_RELAY)
        elif stun.is_stun(data):
            self._stun_received(socket, data, source, now)
        elif attempt is None and self._policy is not PathPolicy.RELAY:
            self._deliver(data, PathId(PathKind.DIRECT, source, socket))

    def _stun_received(self, socket: int, data: bytes, source: Address, now: float) -> None:
        """A STUN message: from a relay, or a check."""
        try:
            message = stun.parse(data)
        except StunError:
            return
        attempt = self._legs.at(socket, source) if self._legs is not None else None
        if attempt is not None and self._legs is not None:
            self._legs.received(attempt, message, now)
        elif (
            not self._reflexive.received(message, socket, source, now)
            and self._policy is not PathPolicy.RELAY
        ):
            self._checks.received(message, socket, source, now)

    def _deliver(self, packet: bytes, path: PathId) -> None:
        """Only RTP and RTCP are handed up."""
        if packet and 0x80 <= packet[0] <= 0xBF:
            self._world.deliver(packet, path)

    def line_received(self, packet: bytes) -> None:
        """The packet of a PACOTE line."""
        if self._policy is not PathPolicy.DIRECT:
            self._deliver(packet, BY_LINES)

    # What the machines below ask for (ChecksWorld, LegsWorld).

    def send_datagram(self, socket: int, address: Address, datagram: bytes) -> None:
        """Send from that socket."""
        self._sockets.send(socket, datagram, address)

    send_check = send_to_relay = send_datagram

    def socket_for_relay(self, version: int) -> int | None:
        """A socket that no relay has seen."""
        return self._sockets.open_aside(version)

    def relay_changed(self) -> None:
        """The relay leg has news."""
        self._world.changed()

    def pair_selected(self, pair: Pair | None) -> None:
        """The checks have found, changed or lost the direct path."""
        self._found |= pair is not None
        self._chooser.direct_selected(pair is not None, self._now)

    # What is decided.

    def _decide(self, now: float) -> Decision:
        """The path for the next packet; a direct path that fell silent is left."""
        self._now = now
        decision = self._chooser.decide(
            Facts(
                now=now,
                relay_ready=self._legs is not None and self._legs.ready,
                relay_unanswered=self._legs.unanswered(now) if self._legs is not None else 0.0,
                direct_works=self._checks.selected is not None,
                talking=self._secured,
            )
        )
        if decision.leave_direct and self._checks.selected is not None:
            self._checks.rest(self._checks.selected, now)
        if decision.kind is not self.kind:
            self.kind = decision.kind
            self._world.changed()
        return decision

    def _probe(self, now: float) -> None:
        """Nothing heard for a while: does the relay still know us?"""
        leg = self._legs.leg if self._legs is not None else None
        last = self._chooser.last_heard()
        if leg is None or last is None or now < self._next_probe:
            return
        if self.kind is PathKind.DIRECT and now - last <= PROBE_AFTER:
            return
        if now - self._chooser.heard.get(PathKind.RELAY, 0.0) > PROBE_AFTER:
            self._next_probe = now + PROBE_GAP
            leg.probe(now)

    def _direct_remotes(self) -> list[Candidate]:
        """The places of the peer that can be checked."""
        return [place for place in self._remote if place.kind is not CandidateType.RELAYED]

    def _begin_round(self, now: float) -> None:
        """Check the peer's candidates from our sockets."""
        if not self._secured or self._policy is PathPolicy.RELAY:
            return
        self._begun, self._found = True, False
        numbers = [(number, version) for version, number in self._sockets.latest.items()]
        self._checks.begin(numbers, self._direct_remotes(), now)

    def _retry(self, now: float) -> None:
        """A round that found nothing is tried once more, from new sockets that a NAT maps elsewhere."""
        failed = self._begun and not self._found and not self._checks.under_way
        if not failed or now < self._retry_at or not self._direct_remotes():
            return
        self._retry_at = now + RETRY_GAP
        self._sockets.open_more()
        for socket, server in self._places(self._sockets.latest):
            self._reflexive.ask(socket, server, now)
        self._begin_round(now)
        self._world.changed()

    @property
    def relayed(self) -> Address | None:
        """The relay's address for us."""
        leg = self._legs.leg if self._legs is not None else None
        return leg.relayed if leg is not None else None

    def candidates(self) -> tuple[Candidate, ...]:
        """What we tell the peer."""
        leg = self._legs.leg if self._legs is not None else None
        mapped = list(self._reflexive.mapped.values())
        if leg is not None and leg.mapped is not None:
            mapped.append(leg.mapped)
        ports = {version: self._sockets.port(number) for version, number in self._sockets.latest.items()}
        places = OwnPlaces(self._addresses, ports, tuple(mapped), self.relayed)
        return places.candidates(self._policy, loopback_allowed=self._loopback_allowed)
