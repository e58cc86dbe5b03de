"""The datagrams of one call: the contract between the voice engine and the paths below it, and what keeps it.

`MediaTransport` puts the pure machines of `voz.path` together with sockets and a clock: the relay leg first,
the checks of the direct path beside it, the chooser above both.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, cast

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorTime
from twisted.internet.task import LoopingCall

from voz.candidates import (
    MOST_CANDIDATES,
    Candidate,
    CandidateType,
    PathId,
    PathKind,
    PathPolicy,
    RelayAddress,
    RelayCredentials,
    Role,
)
from voz.path.network import Network, NetworkReactor, SystemNetwork
from voz.path.paths import Paths
from voz.path.sockets import Sockets
from voz.path.watch import Watch
from voz.stun import Address

__all__ = [
    "Candidate",
    "CandidateType",
    "MediaTransport",
    "PathId",
    "PathKind",
    "PathPolicy",
    "RelayCredentials",
    "Role",
    "Transport",
    "TransportListener",
]

#: Seconds between two looks of the machines at the clock.
TICK = 0.05
#: Seconds between two look-ups of relays that have no address.
RESOLVE_AGAIN = 2.0


class TransportListener(Protocol):
    """Who is told what a `Transport` receives and finds out. Called on the reactor's thread only."""

    def datagram_received(self, data: bytes, path: PathId, now: float) -> None:
        """An RTP or RTCP datagram (first byte 80-BF), not yet authenticated, came at reactor time `now`."""

    def candidates_changed(self, candidates: tuple[Candidate, ...]) -> None:
        """Our own candidates are now these: the peer wants to know (CAMINHOS once the call is accepted)."""

    def path_changed(self, kind: PathKind) -> None:
        """What we send goes by this kind of path from now on; NONE while there is none."""

    def send_line(self, data: bytes) -> None:
        """Carry this packet to the peer as a PACOTE line."""


class Transport(Protocol):
    """The datagrams of one call, whatever carries them."""

    @property
    def local_candidates(self) -> tuple[Candidate, ...]:
        """Our own addresses as far as they are known now, at most 8."""

    @property
    def path(self) -> PathKind:
        """The kind of path in use for sending."""

    def allocate(self, credentials: RelayCredentials) -> None:
        """Open the sockets and ask a relay for an address; called on LIGACAO, while it rings."""

    def reach(self, candidates: Sequence[Candidate]) -> None:
        """The peer can be reached at these addresses; replaces what was said before."""

    def secure(self, stun_key: bytes) -> None:
        """The keys of the call are known (32 bytes for the checks): direct checks may start."""

    def send(self, packet: bytes) -> bool:
        """Send one RTP or RTCP packet by the path in use; False when there is none."""

    def send_everywhere(self, packet: bytes) -> None:
        """Send one packet by every path there is: proofs and the good-bye."""

    def authenticated(self, path: PathId) -> None:
        """A packet that came in by `path` proved to be the peer's; to be called for each of them."""

    def line_received(self, data: bytes) -> None:
        """The packet of a PACOTE line."""

    def stop(self) -> Deferred[None]:
        """Give the relay's address back, close the sockets; fires when they are closed. Idempotent."""


class MediaTransport:
    """The datagrams of one call over the relay, the direct path or the lines of the TLS connection."""

    def __init__(
        self,
        reactor: IReactorTime,
        listener: TransportListener,
        *,
        role: Role,
        call_id: str,
        policy: PathPolicy = PathPolicy.AUTO,
        loopback_allowed: bool = False,
        network: Network | None = None,
    ) -> None:
        self._clock = reactor
        self._listener = listener
        self._network = network or SystemNetwork(cast(NetworkReactor, reactor))
        self._sockets = Sockets(self._network, self._received)
        self._paths = Paths(self, self._sockets, role, call_id, policy, loopback_allowed=loopback_allowed)
        self._relays: tuple[RelayAddress, ...] = ()
        self._targets: tuple[Address, ...] = ()
        self._announced: tuple[Candidate, ...] = ()
        self._announced_kind = PathKind.NONE
        self._resolve_at = 0.0
        self._watch: Watch | None = None
        self._loop = LoopingCall(self._tick)
        self._loop.clock = reactor
        self._stopped: Deferred[None] | None = None

    @property
    def local_candidates(self) -> tuple[Candidate, ...]:
        """Our own addresses as far as they are known now, at most 8."""
        return self._announced

    @property
    def path(self) -> PathKind:
        """The kind of path in use for sending."""
        return self._announced_kind

    def allocate(self, credentials: RelayCredentials) -> None:
        """Open the sockets and ask a relay for an address; called on LIGACAO, while it rings. A second call
        replaces nothing: one call has one set of credentials."""
        if self._loop.running or self._stopped is not None:
            return
        self._relays = credentials.addresses()
        self._sockets.open_missing()
        self._paths.allocate(credentials)
        self._addresses_changed()
        self._watch = self._network.watch(self._addresses_changed)
        self._loop.start(TICK, now=False)

    def _resolve(self) -> None:
        """Look the relays up; while none has an address they are looked up again now and then."""
        self._resolve_at = self._clock.seconds() + RESOLVE_AGAIN
        for relay in self._relays:
            self._network.resolve(relay.host, relay.port).addCallback(self._resolved)

    def _resolved(self, addresses: tuple[Address, ...]) -> None:
        """These are the addresses of a relay."""
        if self._stopped is not None or not addresses:
            return
        self._targets = tuple(dict.fromkeys((*self._targets, *addresses)))
        self._addresses_changed()
        self._paths.relays_known(addresses, self._clock.seconds())

    def _addresses_changed(self) -> None:
        """Our own addresses may have changed."""
        if self._stopped is not None:
            return
        now = self._clock.seconds()
        if not self._targets and now >= self._resolve_at:
            self._resolve()
        self._paths.addresses_are(self._network.addresses(self._targets), now)

    def _tick(self) -> None:
        """Let the machines look at the clock."""
        self._paths.tick(self._clock.seconds())

    def reach(self, candidates: Sequence[Candidate]) -> None:
        """The peer can be reached at these addresses; replaces what was said before."""
        self._paths.reach(candidates[:MOST_CANDIDATES], self._clock.seconds())

    def secure(self, stun_key: bytes) -> None:
        """The keys of the call are known (32 bytes for the checks): direct checks may start."""
        self._paths.secure(stun_key, self._clock.seconds())

    def send(self, packet: bytes) -> bool:
        """Send one RTP or RTCP packet by the path in use; False when there is none."""
        return self._stopped is None and self._paths.send(packet, self._clock.seconds())

    def send_everywhere(self, packet: bytes) -> None:
        """Send one packet by every path there is: proofs and the good-bye."""
        if self._stopped is None:
            self._paths.send_everywhere(packet, self._clock.seconds())

    def authenticated(self, path: PathId) -> None:
        """A packet that came in by `path` proved to be the peer's; to be called for each of them."""
        self._paths.authenticated(path, self._clock.seconds())

    def line_received(self, data: bytes) -> None:
        """The packet of a PACOTE line."""
        if self._stopped is None:
            self._paths.line_received(data)

    def _received(self, socket: int, data: bytes, source: Address) -> None:
        """A datagram came to one of our sockets."""
        if self._stopped is None:
            self._paths.received(socket, data, source, self._clock.seconds())

    def deliver(self, packet: bytes, path: PathId) -> None:
        """A packet came in (PathsWorld)."""
        self._listener.datagram_received(packet, path, self._clock.seconds())

    def send_line(self, packet: bytes) -> None:
        """A packet goes out in a line (PathsWorld)."""
        self._listener.send_line(packet)

    def changed(self) -> None:
        """Candidates or the path may be different (PathsWorld): say so if they are."""
        candidates, kind = self._paths.candidates(), self._paths.kind
        if candidates != self._announced:
            self._announced = candidates
            self._listener.candidates_changed(candidates)
        if kind is not self._announced_kind:
            self._announced_kind = kind
            self._listener.path_changed(kind)

    def tell_again(self) -> None:
        """The peer may have missed our candidates (PathsWorld)."""
        if self._announced:
            self._listener.candidates_changed(self._announced)

    def stop(self) -> Deferred[None]:
        """Give the relay's address back, close the sockets; fires when they are closed. Idempotent."""
        if self._stopped is None:
            self._stopped = Deferred()
            self._paths.stop(self._clock.seconds())
            if self._loop.running:
                self._loop.stop()
            if self._watch is not None:
                self._watch.stop()
            self._sockets.close().chainDeferred(self._stopped)
        done: Deferred[None] = Deferred()
        self._stopped.addCallback(lambda _: done.callback(None))
        return done
