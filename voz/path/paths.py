"""All paths of one call: what comes in is told apart, what goes out takes the path that is best now.

No reactor and no clock in here: the time is an argument, the network a seam. The tests run two of these
against each other in a network in memory.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from voz import stun
from voz.candidates import Candidate, CandidateType, PathId, PathKind, PathPolicy, RelayCredentials, Role
from voz.path.chooser import Chooser, Decision, Facts
from voz.path.direct import DirectPath, places_for
from voz.path.legs import RelayLegs
from voz.path.own import OwnPlaces
from voz.path.relay_leg import RelayLeg
from voz.path.sockets import Sockets
from voz.stun import Address, StunError

#: Seconds of silence after which a relay is asked whether it still knows us, and between two such questions.
PROBE_AFTER, PROBE_GAP = 0.2, 0.25
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


class RelaySockets:
    """The world of the relay legs (`LegsWorld`): our sockets, and who hears of changes."""

    def __init__(self, world: PathsWorld, sockets: Sockets) -> None:
        self._sockets = sockets
        self.relay_changed = world.changed

    def send_to_relay(self, socket: int, server: Address, datagram: bytes) -> None:
        """Send from that socket to that relay."""
        self._sockets.send(socket, datagram, server)

    def socket_for_relay(self, version: int) -> int | None:
        """A socket that no relay has seen."""
        return self._sockets.open_aside(version)


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
        self._chooser = Chooser(policy)
        self._direct = DirectPath(self, sockets, role, call_id, policy, loopback_allowed=loopback_allowed)
        # Without credentials, and with the policy DIRECT for good, there are no legs in it.
        self._legs = RelayLegs(RelaySockets(world, sockets), RelayCredentials((), "", "", 0))
        self._servers: tuple[Address, ...] = ()
        self._addresses: tuple[str, ...] = ()
        self._remote: tuple[Candidate, ...] = ()
        self._secured = False
        self._next_probe = 0.0
        self._now = 0.0
        self.kind = PathKind.NONE

    # What the owner tells.

    def allocate(self, credentials: RelayCredentials) -> None:
        """These are our relay credentials; the addresses of the relays follow with `relays_known`."""
        self._legs = RelayLegs(RelaySockets(self._world, self._sockets), credentials)

    def relays_known(self, servers: Sequence[Address], now: float) -> None:
        """The relays have these addresses."""
        self._now = now
        self._servers = tuple(dict.fromkeys((*self._servers, *servers)))
        self._direct.servers_are(self._servers)
        if self._policy is PathPolicy.DIRECT:
            self._direct.ask_servers(self._sockets.first, now)
        else:
            self._legs.add(places_for(self._servers, self._sockets.first), now)

    def reach(self, candidates: Sequence[Candidate], now: float) -> None:
        """The peer is at these places."""
        self._now = now
        known, self._remote = self._remote, tuple(candidates)
        if known and set(known) != set(candidates):
            # The peer was somewhere else, perhaps without the registry: it may have missed what we told.
            self._world.tell_again()
        relayed = [place for place in candidates if place.kind is CandidateType.RELAYED]
        if relayed:
            self._legs.peer_known(relayed[0].transport_address, now)
        self._direct.reach(candidates, now)

    def secure(self, stun_key: bytes, now: float) -> None:
        """The keys of the call are known."""
        self._now = now
        self._secured = True
        self._direct.secure(stun_key, now)

    def addresses_are(self, addresses: tuple[str, ...], now: float) -> None:
        """Our own addresses; when they are not what they were, everything is found out anew."""
        self._now = now
        if addresses == self._addresses:
            return
        first, self._addresses = not self._addresses and not self._secured, addresses
        if self._sockets.open_missing() and self._servers:
            self.relays_known((), now)
        if addresses and not (first and self.relayed is None):
            # The relay first, then the direct path.
            self._legs.moved(now)
            self._direct.moved(now)
        self._world.changed()

    def authenticated(self, path: PathId, now: float) -> None:
        """A packet from there was the peer's."""
        self._now = now
        if path.kind is not PathKind.DIRECT or self._direct.authenticated(path, now):
            self._chooser.authenticated(path.kind, now)
            return
        self._chooser.heard_elsewhere(now)
        if self._chooser.follow(now):
            self._direct.follow(path, now)

    def tick(self, now: float) -> None:
        """Time has passed; to be called about every 50 ms."""
        self._now = now
        self._legs.tick(now)
        self._direct.tick(now)
        self._decide(now)
        self._probe(now)

    def stop(self, now: float) -> None:
        """The call is over: give back what the relay gave."""
        self._legs.stop(now)

    # What goes out.

    def send(self, packet: bytes, now: float) -> bool:
        """Send by the path in use, and a copy by the relay while there is doubt; False without a path."""
        decision = self._decide(now)
        if decision.relay_too or decision.kind is PathKind.RELAY:
            self._by_relay(packet, now)
        if decision.kind is PathKind.DIRECT:
            self._direct.send(packet)
        elif decision.kind is PathKind.LINES:
            self._world.send_line(packet)
        return decision.kind is not PathKind.NONE

    def send_everywhere(self, packet: bytes, now: float) -> None:
        """Send by every path that there is; by the lines only where UDP does not pass."""
        decision = self._decide(now)
        self._by_relay(packet, now)
        self._direct.send(packet)
        if decision.kind is PathKind.LINES:
            self._world.send_line(packet)

    def _by_relay(self, packet: bytes, now: float) -> None:
        """Send by the relay, if there is a way there."""
        if self._leg is not None:
            self._leg.send(packet, now)

    # What comes in.

    def received(self, socket: int, data: bytes, source: Address, now: float) -> None:
        """A datagram came to that socket."""
        self._now = now
        attempt = self._legs.at(socket, source)
        if stun.is_stun(data):
            self._stun_received(socket, data, source, now)
        elif attempt is not None and attempt.leg is not None:
            packet = attempt.leg.payload(data)
            if packet is not None:
                self._deliver(packet, BY_RELAY)
        elif self._policy is not PathPolicy.RELAY:
            self._deliver(data, PathId(PathKind.DIRECT, source, socket))

    def _stun_received(self, socket: int, data: bytes, source: Address, now: float) -> None:
        """A STUN message: from a relay, or a check."""
        try:
            message = stun.parse(data)
        except StunError:
            return
        attempt = self._legs.at(socket, source)
        if attempt is not None:
            self._legs.received(attempt, message, now)
        else:
            self._direct.received(message, socket, source, now)

    def _deliver(self, packet: bytes, path: PathId) -> None:
        """Only RTP and RTCP are handed up."""
        if packet and 0x80 <= packet[0] <= 0xBF:
            self._world.deliver(packet, path)

    def line_received(self, packet: bytes) -> None:
        """The packet of a PACOTE line."""
        if self._policy is not PathPolicy.DIRECT:
            self._deliver(packet, BY_LINES)

    # What is decided.

    def direct_selected(self, selected: bool) -> None:
        """The checks have found, changed or lost the direct path (DirectWorld)."""
        self._chooser.direct_selected(selected, self._now)

    def changed(self) -> None:
        """The direct path has news (DirectWorld)."""
        self._world.changed()

    def _decide(self, now: float) -> Decision:
        """The path for the next packet; a direct path that fell silent is left."""
        self._now = now
        decision = self._chooser.decide(
            Facts(
                now=now,
                relay_ready=self._legs.ready,
                relay_unanswered=self._legs.unanswered(now),
                direct_works=self._direct.selected is not None,
                talking=self._secured,
            )
        )
        if decision.leave_direct:
            self._direct.leave(now)
        if decision.kind is not self.kind:
            self.kind = decision.kind
            self._world.changed()
        return decision

    def _probe(self, now: float) -> None:
        """Nothing heard for a while: does the relay still know us?"""
        last = self._chooser.last_heard()
        if self._leg is None or last is None or now < self._next_probe:
            return
        if self.kind is PathKind.DIRECT and now - last <= PROBE_AFTER:
            return
        if now - self._chooser.heard.get(PathKind.RELAY, 0.0) > PROBE_AFTER:
            self._next_probe = now + PROBE_GAP
            self._leg.probe(now)

    @property
    def _leg(self) -> RelayLeg | None:
        """Our leg at the relay in use."""
        return self._legs.leg

    @property
    def relayed(self) -> Address | None:
        """The relay's address for us."""
        return self._leg.relayed if self._leg is not None else None

    def candidates(self) -> tuple[Candidate, ...]:
        """What we tell the peer."""
        mapped = list(self._direct.reflexive.mapped.values())
        if self._leg is not None and self._leg.mapped is not None:
            mapped.append(self._leg.mapped)
        ports = {version: self._sockets.port(number) for version, number in self._sockets.latest.items()}
        places = OwnPlaces(self._addresses, ports, tuple(mapped), self.relayed)
        return places.candidates(self._policy, loopback_allowed=self._loopback_allowed)
