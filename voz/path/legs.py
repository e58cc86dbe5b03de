"""Several relays, or several addresses of one: the first that answers is ours. Pure.

They are asked one after the other, a quarter of a second apart, in the order in which the registry named
them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from voz.candidates import RelayCredentials
from voz.path.relay_leg import RelayLeg
from voz.stun import Address, Message

#: Seconds between the starts of two attempts.
STAGGER = 0.25
#: Seconds without an answer from our relay after which the other ones are tried again.
PATIENCE = 2.0
MOST_ATTEMPTS = 8


class LegsWorld(Protocol):
    """What the legs do to the world."""

    def send_to_relay(self, socket: int, server: Address, datagram: bytes) -> None:
        """Send this from that socket to that relay."""

    def socket_for_relay(self, version: int) -> int | None:
        """A socket of that IP version that no relay has seen, or None."""

    def relay_changed(self) -> None:
        """The relayed or the mapped address, or whether packets may be sent, may be different now."""


@dataclass(slots=True, eq=False)
class Attempt:
    """One address of a relay and the socket that speaks to it. It is the `LegWorld` of its leg."""

    owner: RelayLegs
    socket: int
    server: Address
    starts: float
    leg: RelayLeg | None = None

    def transmit(self, datagram: bytes) -> None:
        """Send this to the relay."""
        self.owner.world.send_to_relay(self.socket, self.server, datagram)

    def another_socket(self) -> bool:
        """Send from another port from now on."""
        number = self.owner.world.socket_for_relay(6 if ":" in self.server[0] else 4)
        if number is None:
            return False
        self.socket = number
        return True

    def leg_changed(self) -> None:
        """The leg has news."""
        self.owner.world.relay_changed()


class RelayLegs:
    """All attempts of one call. `active` is the one whose relayed address we use."""

    def __init__(self, world: LegsWorld, credentials: RelayCredentials) -> None:
        self.world = world
        self._credentials = credentials
        self._attempts: list[Attempt] = []
        self._peer: Address | None = None
        self.active: Attempt | None = None

    def add(self, places: Iterable[tuple[int, Address]], now: float) -> None:
        """More addresses of relays, each with the number of the socket to use; started one after the
        other."""
        known = {(attempt.socket, attempt.server) for attempt in self._attempts}
        for place in places:
            if place not in known and len(self._attempts) < MOST_ATTEMPTS:
                starts = now + STAGGER * len(self._attempts)
                self._attempts.append(Attempt(self, *place, starts))
        self.tick(now)

    @property
    def leg(self) -> RelayLeg | None:
        """The leg in use."""
        return self.active.leg if self.active is not None else None

    @property
    def ready(self) -> bool:
        """Whether packets may be sent by the relay."""
        return self.leg is not None and self.leg.ready

    def unanswered(self, now: float) -> float:
        """Seconds for which no relay has answered us: of the one in use, or of the most patient attempt."""
        if self.leg is not None:
            return self.leg.unanswered(now)
        return max((attempt.leg.unanswered(now) for attempt in self._attempts if attempt.leg), default=0.0)

    def at(self, socket: int, server: Address) -> Attempt | None:
        """The attempt whose relay that is."""
        for attempt in self._attempts:
            if attempt.server == server and attempt.socket == socket:
                return attempt
        return None

    def peer_known(self, peer: Address, now: float) -> None:
        """The relayed address of the other side."""
        self._peer = peer
        if self.leg is not None:
            self.leg.peer_known(peer, now)

    def received(self, attempt: Attempt, message: Message, now: float) -> None:
        """A STUN message came from a relay."""
        if attempt.leg is not None:
            attempt.leg.received(message, now)
            self._settle(now)

    def _settle(self, now: float) -> None:
        """Take the first attempt that was granted an address; give the others back."""
        if self.active is not None and self.leg is not None and self.leg.unanswered(now) <= PATIENCE:
            return
        for attempt in self._attempts:
            if attempt.leg is None or attempt.leg.relayed is None or attempt is self.active:
                continue
            self.active = attempt
            if self._peer is not None:
                attempt.leg.peer_known(self._peer, now)
            self._stop_others(now)
            self.world.relay_changed()
            return

    def _stop_others(self, now: float) -> None:
        """Only the active attempt goes on."""
        for attempt in self._attempts:
            if attempt is not self.active and attempt.leg is not None:
                attempt.leg.stop(now)
                attempt.leg = None

    def tick(self, now: float) -> None:
        """Time has passed."""
        waiting = self.active is None or self.unanswered(now) > PATIENCE
        for attempt in self._attempts:
            if attempt.leg is None and waiting and now >= attempt.starts:
                attempt.leg = RelayLeg(attempt, self._credentials.username, self._credentials.password)
                attempt.leg.start(now)
            elif attempt.leg is not None:
                attempt.leg.tick(now)
        self._settle(now)

    def moved(self, now: float) -> None:
        """Our own address has changed."""
        for attempt in self._attempts:
            if attempt.leg is not None:
                attempt.leg.moved(now)

    def stop(self, now: float) -> None:
        """Give everything back."""
        for attempt in self._attempts:
            if attempt.leg is not None:
                attempt.leg.stop(now)
