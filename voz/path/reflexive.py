"""Asking a relay how it sees a socket of ours, without an allocation (plain STUN Binding). Pure."""

from __future__ import annotations

from collections.abc import Callable

from voz.path.exchange import Exchange
from voz.stun import Address, Attribute, Kind, Message, Method, StunError

#: Seconds between two questions once there was an answer: they keep the mapping of the NAT too.
AGAIN = 15.0

_Place = tuple[int, Address]


class Reflexive:
    """Mapped addresses by socket number. `send` sends a datagram from a socket to a server; `changed` is
    called when a mapped address is new."""

    def __init__(self, send: Callable[[int, Address, bytes], None], changed: Callable[[], None]) -> None:
        self._send = send
        self._changed = changed
        self._exchanges: dict[_Place, Exchange] = {}
        self._again: dict[_Place, float] = {}
        self.mapped: dict[int, Address] = {}

    def ask(self, socket: int, server: Address, now: float) -> None:
        """Ask that server about that socket, now and every quarter of a minute."""
        self._exchanges[socket, server] = Exchange(Method.BINDING, lambda _: [], now)
        self.tick(now)

    def moved(self, now: float) -> None:
        """Our own address has changed: ask anew."""
        for place in {**self._exchanges, **self._again}:
            self._exchanges[place] = Exchange(Method.BINDING, lambda _: [], now)
        self._again.clear()

    def tick(self, now: float) -> None:
        """Send what is due."""
        for place in [place for place, due in self._again.items() if now >= due]:
            del self._again[place]
            self._exchanges[place] = Exchange(Method.BINDING, lambda _: [], now)
        for (socket, server), exchange in tuple(self._exchanges.items()):
            datagram = exchange.datagram(now, None)
            if datagram is not None:
                self._send(socket, server, datagram)

    def received(self, message: Message, socket: int, server: Address, now: float) -> bool:
        """A STUN message came from that server to that socket; True when it answers a question of ours."""
        exchange = self._exchanges.get((socket, server))
        if exchange is None or message.transaction != exchange.transaction:
            return False
        try:
            mapped = message.address(Attribute.XOR_MAPPED_ADDRESS)
        except StunError:
            mapped = None
        if message.kind is not Kind.SUCCESS or mapped is None:
            return True
        del self._exchanges[socket, server]
        self._again[socket, server] = now + AGAIN
        if self.mapped.get(socket) != mapped:
            self.mapped[socket] = mapped
            self._changed()
        return True
