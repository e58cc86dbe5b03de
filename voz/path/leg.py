"""Our leg at one relay: allocate, refresh, bind the channel, and begin again whenever the relay forgot us.

A pure machine (RFC 8656, the client's side, as the protocol's section 7 narrows it): datagrams and the time
go in, datagrams come out through `LegWorld`. It talks to the built-in relay and to coturn alike.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from automat import TypeMachineBuilder, pep614

from voz import stun
from voz.path.exchange import LONGEST_WAIT, Attributes, Credential, Exchange
from voz.stun import Address, Attribute, Kind, Message, Method

#: Seconds between two ChannelBinds, and of silence on the leg before a Binding indication keeps the NAT open.
REBIND, KEEP_ALIVE = 240.0, 15.0
#: Seconds between two attempts to bind while the other side has no allocation yet.
BIND_AGAIN, BIND_AGAIN_LATER, BIND_PATIENCE = 0.15, 1.0, 5.0
#: Seconds between two attempts after the relay refused us for good (a wrong credential, no room).
REFUSED_WAIT = 5.0
#: Seconds that a relay may take to let go of an allocation.
LET_GO = 1.2
#: Channels that were bound on one leg, at most; each new relayed address of the peer takes one at coturn.
MOST_CHANNELS = 64


class LegWorld(Protocol):
    """What the leg does to the world."""

    def transmit(self, datagram: bytes) -> None:
        """Send this to the relay."""

    def another_socket(self) -> bool:
        """Send from another port from now on; False when there is none to be had."""

    def leg_changed(self) -> None:
        """`relayed`, `mapped` or `ready` of the leg may be different now."""


@dataclass(slots=True)
class LegCore:
    """What the leg knows. `relayed` and `mapped` are None without an allocation, `peer` until it is told;
    `relay_moves` is false once the relay has answered a move with a new allocation, as coturn does: then an
    allocation found at our address may be an older one."""

    world: LegWorld
    credential: Credential
    relayed: Address | None = None
    mapped: Address | None = None
    peer: Address | None = None
    channel: int = stun.CHANNEL
    bound: bool = False
    relay_moves: bool = True
    bind_at: float | None = None
    bind_wanted: float = 0.0
    refresh_at: float = 0.0
    last_sent: float = 0.0
    exchanges: dict[int, Exchange] = field(default_factory=dict)

    def ask(self, method: Method, attributes: Callable[[bytes], Attributes], now: float) -> None:
        """Begin an exchange, unless one of that method is under way."""
        if method not in self.exchanges:
            self.exchanges[method] = Exchange(method, attributes, now)
        self.pump(now)

    def pump(self, now: float) -> None:
        """Send every request that is due."""
        for exchange in tuple(self.exchanges.values()):
            datagram = exchange.datagram(now, self.credential)
            if datagram is not None:
                self.transmit(datagram, now)

    def transmit(self, datagram: bytes, now: float) -> None:
        """Send, and remember when."""
        self.last_sent = now
        self.world.transmit(datagram)

    def forget(self) -> None:
        """There is no allocation any more, nor anything that stood on it. The peer stays known."""
        self.relayed, self.bound, self.bind_at = None, False, None
        self.channel = stun.CHANNEL
        self.exchanges.clear()


class Leg(Protocol):
    """What can happen to a leg."""

    def start(self, now: float) -> None:
        """Ask for an allocation."""

    def granted(self, message: Message, now: float) -> None:
        """Allocate succeeded."""

    def refreshed(self, message: Message, now: float) -> None:
        """Refresh succeeded."""

    def bound(self, now: float) -> None:
        """ChannelBind succeeded."""

    def occupied(self, now: float) -> None:
        """437 to Allocate: our address holds an allocation already."""

    def kept(self, now: float) -> None:
        """The allocation that our address holds is the one that we know."""

    def forgotten(self, now: float) -> None:
        """437 or 441 to anything else: the relay holds no allocation of ours at this address."""

    def not_yet(self, now: float) -> None:
        """The relay does not let us bind to the peer: its other leg is not there (yet)."""

    def channel_taken(self, now: float) -> None:
        """The relay does not let the channel point to another peer."""

    def refused(self, now: float) -> None:
        """The relay refuses for a reason that asking again at once does not mend."""

    def peer_known(self, peer: Address, now: float) -> None:
        """The relayed address of the other side is this now."""

    def probe(self, now: float) -> None:
        """Nothing was heard for a while: find out whether the relay still knows us."""

    def moved(self, now: float) -> None:
        """Our own address has changed: allocate again from where we are."""

    def tick(self, now: float) -> None:
        """Time has passed."""

    def stop(self, now: float) -> None:
        """Give the allocation back."""


def _ask_allocation(core: LegCore, now: float) -> None:
    """Send Allocate, anew if one is under way."""
    core.exchanges[Method.ALLOCATE] = _allocation(now)
    core.pump(now)


def _allocation(now: float, wait: float = 0.0) -> Exchange:
    """The exchange of an Allocate that is first sent after `wait` seconds."""
    transport = (int(Attribute.REQUESTED_TRANSPORT), stun.pack_transport())
    return Exchange(Method.ALLOCATE, lambda _: [transport], now, now + wait)


def _ask_refresh(core: LegCore, now: float, lifetime: int | None = None) -> None:
    """Send Refresh; without `lifetime` the relay grants what it likes."""
    said: Attributes = [] if lifetime is None else [(Attribute.LIFETIME, stun.pack_number(lifetime))]
    core.ask(Method.REFRESH, lambda _: said, now)


def _ask_channel(core: LegCore, now: float) -> None:
    """Send ChannelBind towards the peer that is known."""
    peer, channel = core.peer, core.channel
    if peer is None:
        return

    def said(transaction: bytes) -> Attributes:
        return [
            (Attribute.CHANNEL_NUMBER, stun.pack_channel(channel)),
            (Attribute.XOR_PEER_ADDRESS, stun.pack_xor_address(peer, transaction)),
        ]

    core.bind_at = None
    core.ask(Method.CHANNEL_BIND, said, now)


def _note_lifetime(core: LegCore, message: Message, now: float) -> None:
    """Refresh at half of what was granted."""
    granted = message.number(Attribute.LIFETIME)
    core.refresh_at = now + max(2, granted or 0) / 2


#: The states of a leg, and below them what leads from one to the other.
_builder = TypeMachineBuilder(Leg, LegCore)
idle = _builder.state("idle")
asking = _builder.state("asking")
allocated = _builder.state("allocated")
refused = _builder.state("refused")
over = _builder.state("over")

# Nothing to do: answers that come too late, news that do not matter in this state.
for _state in (idle, asking, refused, over):
    _state.upon(Leg.bound).to(_state).returns(None)
    if _state is not asking:
        _state.upon(Leg.refreshed).to(_state).returns(None)
    for _event in (Leg.not_yet, Leg.channel_taken, Leg.probe):
        _state.upon(_event).to(_state).returns(None)
for _state in (idle, allocated, refused, over):
    for _answer in (Leg.occupied, Leg.kept):
        _state.upon(_answer).to(_state).returns(None)
    _state.upon(Leg.granted).to(_state).returns(None)
for _state in (idle, refused, over):
    _state.upon(Leg.forgotten).to(_state).returns(None)
    _state.upon(Leg.refused).to(_state).returns(None)
for _state in (asking, allocated, over):
    _state.upon(Leg.start).to(_state).returns(None)
for _state in (idle, over):
    _state.upon(Leg.moved).to(_state).returns(None)
    _state.upon(Leg.tick).to(_state).returns(None)
over.upon(Leg.peer_known).to(over).returns(None)
for _state in (idle, asking, refused, over):
    _state.upon(Leg.stop).to(over).returns(None)

for _state in (idle, refused):

    @pep614(_state.upon(Leg.start).to(asking))
    def _start(_: Leg, core: LegCore, now: float) -> None:
        _ask_allocation(core, now)


for _state in (idle, asking, refused):

    @pep614(_state.upon(Leg.peer_known).to(_state))
    def _note_peer(_: Leg, core: LegCore, peer: Address, now: float) -> None:
        core.peer, core.bind_wanted = peer, now


for _state in (asking, refused):

    @pep614(_state.upon(Leg.moved).to(asking))
    def _moved_while_asking(_: Leg, core: LegCore, now: float) -> None:
        core.exchanges.clear()
        core.credential.challenges = 0
        _ask_allocation(core, now)


@pep614(asking.upon(Leg.tick).to(asking))
def _ask_on(_: Leg, core: LegCore, now: float) -> None:
    core.pump(now)


@pep614(asking.upon(Leg.granted).to(allocated))
def _granted(_: Leg, core: LegCore, message: Message, now: float) -> None:
    relayed = message.address(Attribute.XOR_RELAYED_ADDRESS)
    kept = relayed is not None and relayed == core.relayed
    if core.relayed is not None and not kept:
        core.relay_moves = False
    core.exchanges.clear()
    core.relayed = relayed
    core.mapped = message.address(Attribute.XOR_MAPPED_ADDRESS)
    _note_lifetime(core, message, now)
    # A relay that kept our address may have kept the channel with it: it is used at once, and bound anew.
    core.bound = core.bound and kept
    core.channel = core.channel if kept else stun.CHANNEL
    core.bind_wanted = now
    _ask_channel(core, now)
    core.world.leg_changed()


@pep614(asking.upon(Leg.occupied).to(asking))
def _keep_or_clear(leg: Leg, core: LegCore, now: float) -> None:
    """Ours lives on, or one that we know nothing of is in the way: it is gone round, or given back."""
    if core.relayed is not None and core.relay_moves:
        leg.kept(now)
    elif core.world.another_socket():
        _ask_allocation(core, now)
    else:
        _ask_refresh(core, now, 0)


@pep614(asking.upon(Leg.kept).to(allocated))
def _kept(_: Leg, core: LegCore, now: float) -> None:
    _ask_refresh(core, now)
    core.world.leg_changed()


@pep614(asking.upon(Leg.refreshed).to(asking))
def _cleared(_: Leg, core: LegCore, message: Message, now: float) -> None:
    """coturn takes a second to let go of an allocation that was given back."""
    _note_lifetime(core, message, now)
    core.exchanges[Method.ALLOCATE] = _allocation(now, LET_GO)


@pep614(asking.upon(Leg.forgotten).to(asking))
def _clear_again(_: Leg, core: LegCore, now: float) -> None:
    """What holds our address is not ours to give back: it will expire."""
    core.forget()
    core.exchanges[Method.ALLOCATE] = _allocation(now, LONGEST_WAIT)


@pep614(asking.upon(Leg.refused).to(refused))
def _give_up_for_a_while(_: Leg, core: LegCore, now: float) -> None:
    core.forget()
    core.credential.nonce, core.credential.challenges = b"", 0
    core.refresh_at = now + REFUSED_WAIT
    core.world.leg_changed()


@pep614(refused.upon(Leg.tick).to(refused))
def _ask_again(leg: Leg, core: LegCore, now: float) -> None:
    if now >= core.refresh_at:
        leg.start(now)


@pep614(allocated.upon(Leg.peer_known).to(allocated))
def _bind_to_peer(_: Leg, core: LegCore, peer: Address, now: float) -> None:
    if peer == core.peer and (core.bound or Method.CHANNEL_BIND in core.exchanges):
        return
    core.peer, core.bound, core.bind_wanted = peer, False, now
    core.exchanges.pop(Method.CHANNEL_BIND, None)
    _ask_channel(core, now)
    core.world.leg_changed()


@pep614(allocated.upon(Leg.bound).to(allocated))
def _bound(_: Leg, core: LegCore, now: float) -> None:
    core.bound, core.bind_at, core.bind_wanted = True, now + REBIND, now + REBIND
    core.world.leg_changed()


@pep614(allocated.upon(Leg.not_yet).to(allocated))
def _bind_later(_: Leg, core: LegCore, now: float) -> None:
    patient = now - core.bind_wanted > BIND_PATIENCE
    core.bound, core.bind_at = False, now + (BIND_AGAIN_LATER if patient else BIND_AGAIN)
    core.world.leg_changed()


@pep614(allocated.upon(Leg.channel_taken).to(allocated))
def _next_channel(_: Leg, core: LegCore, now: float) -> None:
    """The peer has a new relayed address, and coturn keeps a channel for its old one: take the next."""
    core.channel = stun.CHANNEL + (core.channel - stun.CHANNEL + 1) % MOST_CHANNELS
    core.bind_at = now if core.channel != stun.CHANNEL else now + BIND_AGAIN_LATER


@pep614(allocated.upon(Leg.refreshed).to(allocated))
def _refreshed(_: Leg, core: LegCore, message: Message, now: float) -> None:
    _note_lifetime(core, message, now)


@pep614(allocated.upon(Leg.probe).to(allocated))
def _probe(_: Leg, core: LegCore, now: float) -> None:
    _ask_refresh(core, now)


@pep614(allocated.upon(Leg.tick).to(allocated))
def _keep_up(_: Leg, core: LegCore, now: float) -> None:
    if now >= core.refresh_at:
        _ask_refresh(core, now)
    if core.bind_at is not None and now >= core.bind_at:
        _ask_channel(core, now)
    core.pump(now)
    if now - core.last_sent >= KEEP_ALIVE:
        core.transmit(stun.build(Method.BINDING, Kind.INDICATION, stun.new_transaction()), now)


for _lost in (Leg.forgotten, Leg.refused):

    @pep614(allocated.upon(_lost).to(asking))
    def _allocate_again(_: Leg, core: LegCore, now: float) -> None:
        """The relay has forgotten us (a restart, a NAT that gave us another port): begin again."""
        core.forget()
        _ask_allocation(core, now)
        core.world.leg_changed()


@pep614(allocated.upon(Leg.moved).to(asking))
def _allocate_from_here(_: Leg, core: LegCore, now: float) -> None:
    """The relayed address is kept in mind: the built-in relay moves it to our new address."""
    core.exchanges.clear()
    _ask_allocation(core, now)


@pep614(allocated.upon(Leg.stop).to(over))
def _give_back(_: Leg, core: LegCore, now: float) -> None:
    core.exchanges.clear()
    _ask_refresh(core, now, 0)
    core.forget()


make_leg = _builder.build()
