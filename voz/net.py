"""The datagrams of one call: the contract between the voice engine and the paths below it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from twisted.internet.defer import Deferred

from voz.candidates import Candidate, PathId, PathKind, PathPolicy, RelayCredentials, Role

__all__ = [
    "Candidate",
    "PathId",
    "PathKind",
    "PathPolicy",
    "RelayCredentials",
    "Role",
    "Transport",
    "TransportListener",
]


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
