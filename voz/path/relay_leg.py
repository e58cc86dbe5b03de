"""The messages of a relay turned into what happens to our leg there, and packets into ChannelData. Pure."""

from __future__ import annotations

from collections.abc import Callable

from voz import stun
from voz.path.exchange import Credential
from voz.path.leg import MOST_CHANNELS, Leg, LegCore, LegWorld, make_leg
from voz.stun import Address, Attribute, Kind, Message, Method, StunError

_SUCCESSES: dict[int, Callable[[Leg, Message, float], None]] = {
    Method.ALLOCATE: lambda leg, message, now: leg.granted(message, now),
    Method.REFRESH: lambda leg, message, now: leg.refreshed(message, now),
    Method.CHANNEL_BIND: lambda leg, _, now: leg.bound(now),
}
#: What an error means, by method and code; any other error is `refused`.
_ERRORS: dict[tuple[int, int], Callable[[Leg, float], None]] = {
    (Method.ALLOCATE, 437): lambda leg, now: leg.occupied(now),
    (Method.REFRESH, 437): lambda leg, now: leg.forgotten(now),
    (Method.REFRESH, 441): lambda leg, now: leg.forgotten(now),
    (Method.CHANNEL_BIND, 437): lambda leg, now: leg.forgotten(now),
    (Method.CHANNEL_BIND, 441): lambda leg, now: leg.forgotten(now),
    (Method.CHANNEL_BIND, 403): lambda leg, now: leg.not_yet(now),
    (Method.CHANNEL_BIND, 443): lambda leg, now: leg.not_yet(now),
    (Method.CHANNEL_BIND, 400): lambda leg, now: leg.channel_taken(now),
}
_CHALLENGES = frozenset({401, 438})


class RelayLeg:
    """Our leg at one relay. The owner calls `tick` about every 50 ms and hands in what the relay sends."""

    def __init__(self, world: LegWorld, username: str, password: str) -> None:
        self._core = LegCore(world, Credential(username, password))
        self._machine = make_leg(self._core)

    @property
    def relayed(self) -> Address | None:
        """The address at which the other side's relay leg reaches ours."""
        return self._core.relayed

    @property
    def mapped(self) -> Address | None:
        """Our own address as the relay saw it when it allocated."""
        return self._core.mapped

    @property
    def ready(self) -> bool:
        """Whether packets may be sent: the channel to the other leg is bound."""
        return self._core.bound

    def unanswered(self, now: float) -> float:
        """Seconds for which the relay has left a request of ours without any answer."""
        waits = [exchange.unanswered(now) for exchange in self._core.exchanges.values()]
        return max(waits, default=0.0)

    def start(self, now: float) -> None:
        """Ask for an allocation."""
        self._machine.start(now)

    def peer_known(self, peer: Address, now: float) -> None:
        """The relayed address of the other side is this now: bind to it."""
        self._machine.peer_known(peer, now)

    def probe(self, now: float) -> None:
        """Nothing was heard for a while: ask the relay whether it still knows us."""
        self._machine.probe(now)

    def moved(self, now: float) -> None:
        """Our own address has changed: allocate again from where we are."""
        self._machine.moved(now)

    def tick(self, now: float) -> None:
        """Time has passed."""
        self._machine.tick(now)

    def stop(self, now: float) -> None:
        """Give the allocation back, without waiting for an answer."""
        self._machine.stop(now)

    def send(self, packet: bytes, now: float) -> bool:
        """Send a packet to the other side; False when the channel is not bound."""
        if not self._core.bound:
            return False
        self._core.transmit(stun.channel_data(packet, self._core.channel), now)
        return True

    def payload(self, datagram: bytes) -> bytes | None:
        """The packet inside ChannelData from the relay, or None when it is none of ours."""
        try:
            channel, packet = stun.parse_channel_data(datagram)
        except StunError:
            return None
        return packet if 0 <= channel - stun.CHANNEL < MOST_CHANNELS else None

    def received(self, message: Message, now: float) -> None:
        """A STUN message came from the relay; anything but the answer to what we asked is passed over."""
        exchange = self._core.exchanges.get(message.method)
        if exchange is None or exchange.transaction != message.transaction:
            return
        try:
            if message.kind is Kind.SUCCESS:
                self._succeeded(message, now)
            elif message.kind is Kind.ERROR:
                self._failed(message, message.error() or 0, now)
        except StunError:
            # Signed or not, a relay that says what cannot be read has said nothing; the request is repeated.
            return

    def _succeeded(self, message: Message, now: float) -> None:
        """An answer to our request, if it is signed by who knows our password."""
        key = self._core.credential.key
        if key is None or not message.authentic(key):
            return
        if message.method == Method.ALLOCATE and message.address(Attribute.XOR_RELAYED_ADDRESS) is None:
            return
        message.address(Attribute.XOR_MAPPED_ADDRESS)
        message.number(Attribute.LIFETIME)
        del self._core.exchanges[message.method]
        self._core.credential.challenges = 0
        _SUCCESSES[message.method](self._machine, message, now)

    def _failed(self, message: Message, code: int, now: float) -> None:
        """A refusal: a challenge is answered at once, anything else is told to the machine."""
        exchange = self._core.exchanges[message.method]
        if code in _CHALLENGES and self._core.credential.challenged(message):
            exchange.again(now)
            self._core.pump(now)
            return
        del self._core.exchanges[message.method]
        if code not in _CHALLENGES:
            self._core.credential.challenges = 0
        meaning = _ERRORS.get((message.method, code))
        if meaning is None:
            self._machine.refused(now)
        else:
            meaning(self._machine, now)
