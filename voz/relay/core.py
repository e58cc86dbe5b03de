"""One datagram in, at most one out: the relay without its sockets."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Generic, TypeVar

from voz.relay.limits import MOST_PAYLOAD
from voz.relay.server import RelayServer
from voz.stun import Address, StunError, is_stun

K = TypeVar("K", bound=Hashable)

_CHANNEL_BYTES = b"\x40\x00"
#: No datagram that is longer means anything to the relay.
LARGEST_DATAGRAM = 1500


@dataclass(slots=True)
class RelayCore(Generic[K]):
    """Decides about single datagrams. `address_of` reads the (address, port) out of a source's key."""

    server: RelayServer[K]
    address_of: Callable[[K], Address]

    def handle(self, data: bytes, source: K, now: float) -> tuple[bytes, K] | None:
        """What to send, and to whom, because of this datagram; None for silence."""
        if data[:2] == _CHANNEL_BYTES:
            destination = self.forward(data, source, now)
            return None if destination is None else (data, destination)
        if not is_stun(data) or len(data) > LARGEST_DATAGRAM:
            self.server.counters.dropped_junk += 1
            return None
        try:
            address = self.address_of(source)
        except StunError:
            return None
        answer = self.server.answer(data, source, address, now)
        return None if answer is None else (answer, source)

    def forward(self, data: bytes, source: K, now: float) -> K | None:
        """Where a ChannelData datagram goes: to the other leg, if the two are bound and the limits allow
        it."""
        counters = self.server.counters
        destination = self.server.table.routes.get(source)
        leg = self.server.table.held_by(source)
        if destination is None or leg is None:
            counters.dropped_route += 1
            return None
        size = int.from_bytes(data[2:4], "big")
        if len(data) < 4 or not 0 <= len(data) - 4 - size <= 3 or size > MOST_PAYLOAD:
            counters.dropped_junk += 1
            return None
        if not leg.allowance.admit(size, now):
            counters.dropped_limit += 1
            return None
        counters.forwarded += 1
        counters.forwarded_bytes += size
        return destination
