"""Calls set up at a TURN server, with the client's own machine (`voz.path.relay_leg`) on blocking sockets."""

from __future__ import annotations

import selectors
import socket
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bench.common.process import BenchError
from voz import stun
from voz.path.relay_leg import RelayLeg
from voz.relay.credentials import Authority
from voz.stun import Address, StunError

#: Legs that are set up at a time, and seconds that they may take.
AT_ONCE, PATIENCE = 50, 20.0


def connected(to: Address) -> socket.socket:
    """A UDP socket of ours that speaks with that address only."""
    made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    made.bind(("127.0.0.1", 0))
    made.connect(to)
    made.setblocking(False)
    return made


@dataclass(frozen=True)
class Flow:
    """Packets that go out by `send` behind `prefix`, and come in by `receive` behind `skip` bytes."""

    send: socket.socket
    prefix: bytes
    receive: socket.socket
    skip: int


class BenchLeg:
    """One leg at a TURN server: the world of a `RelayLeg`."""

    def __init__(self, server: Address, secret: bytes, username: str) -> None:
        self.socket = connected(server)
        self.leg = RelayLeg(self, username, Authority(secret).password(username))

    def transmit(self, datagram: bytes) -> None:
        """Send to the server."""
        self.socket.send(datagram)

    def another_socket(self) -> bool:
        """A bench needs no second one."""
        return False

    def leg_changed(self) -> None:
        """What changed is looked at, not told."""

    @property
    def relayed(self) -> Address:
        """The relayed address; there is one once the leg is settled."""
        assert self.leg.relayed is not None
        return self.leg.relayed

    def read(self) -> None:
        """Take what the server sent."""
        try:
            while True:
                self.leg.received(stun.parse(self.socket.recv(2048)), time.monotonic())
        except BlockingIOError:
            return
        except StunError:
            return


def settle(legs: Sequence[BenchLeg], done: Callable[[BenchLeg], bool]) -> None:
    """Let the legs talk with their server until all are done; BenchError when they are not in time."""
    for begin in range(0, len(legs), AT_ONCE):
        _settle(legs[begin : begin + AT_ONCE], done)


def _settle(legs: Sequence[BenchLeg], done: Callable[[BenchLeg], bool]) -> None:
    selector = selectors.DefaultSelector()
    for leg in legs:
        selector.register(leg.socket, selectors.EVENT_READ, leg)
    deadline = time.monotonic() + PATIENCE
    while not all(done(leg) for leg in legs):
        now = time.monotonic()
        if now > deadline:
            raise BenchError(f"{sum(not done(leg) for leg in legs)} legs were not set up in {PATIENCE:g} s")
        for leg in legs:
            leg.leg.tick(now)
        for key, _ in selector.select(0.02):
            key.data.read()
    selector.close()


def usernames(call: int) -> tuple[str, str]:
    """The two usuarios of a call."""
    expiry = int(time.time()) + 3600
    return f"{expiry}:bench{call}.a", f"{expiry}:bench{call}.b"


HEADER = len(stun.channel_data(b""))


def both_legs(server: Address, secret: bytes, calls: int, size: int) -> list[Flow]:
    """Calls whose two sides both allocate, as our clients do."""
    legs = [BenchLeg(server, secret, name) for call in range(calls) for name in usernames(call)]
    for leg in legs:
        leg.leg.start(time.monotonic())
    settle(legs, lambda leg: leg.leg.relayed is not None)
    for one, other in zip(legs[::2], legs[1::2], strict=True):
        one.leg.peer_known(other.relayed, time.monotonic())
        other.leg.peer_known(one.relayed, time.monotonic())
    settle(legs, lambda leg: leg.leg.ready)
    prefix = stun.channel_data(bytes(size))[:HEADER]
    pairs = list(zip(legs[::2], legs[1::2], strict=True))
    there = [Flow(one.socket, prefix, other.socket, HEADER) for one, other in pairs]
    back = [Flow(other.socket, prefix, one.socket, HEADER) for one, other in pairs]
    return there + back


def one_leg(server: Address, secret: bytes, calls: int, size: int) -> list[Flow]:
    """Calls of which one side allocates, and the other is reached by its relayed address."""
    legs = [BenchLeg(server, secret, usernames(call)[0]) for call in range(calls)]
    for leg in legs:
        leg.leg.start(time.monotonic())
    settle(legs, lambda leg: leg.leg.relayed is not None)
    plain = [connected(leg.relayed) for leg in legs]
    for leg, peer in zip(legs, plain, strict=True):
        leg.leg.peer_known(peer.getsockname(), time.monotonic())
    settle(legs, lambda leg: leg.leg.ready)
    prefix = stun.channel_data(bytes(size))[:HEADER]
    there = [Flow(leg.socket, prefix, peer, 0) for leg, peer in zip(legs, plain, strict=True)]
    back = [Flow(peer, b"", leg.socket, HEADER) for leg, peer in zip(legs, plain, strict=True)]
    return there + back
