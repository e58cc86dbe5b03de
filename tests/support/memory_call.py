"""A call between two machines in the Internet in memory."""

from __future__ import annotations

from twisted.internet.task import Clock

from tests.support.memory_network import (
    RELAY,
    SECRET,
    MemoryHost,
    MemoryInternet,
    MemoryRelay,
    Nat,
    NatKind,
)
from tests.support.path_peers import Peer, credentials, introduce
from voz.candidates import PathPolicy, Role

STEP = 0.005


class MemoryCall:
    """Caller and callee, each behind a NAT of some kind, and the relay between them."""

    def __init__(
        self,
        caller: NatKind = NatKind.PORT,
        callee: NatKind = NatKind.PORT,
        *,
        policies: tuple[PathPolicy, PathPolicy] = (PathPolicy.AUTO, PathPolicy.AUTO),
        servers: tuple[str, ...] = (f"turn:{RELAY[0]}:{RELAY[1]}",),
        delay: float = 0.02,
    ) -> None:
        self.clock = Clock()
        self.clock.advance(1_000_000)
        self.internet = MemoryInternet(self.clock, delay)
        self.relay = MemoryRelay(self.internet)
        self.hosts = (self.host(1, caller), self.host(2, callee))
        self.caller = Peer(self.clock, Role.CALLER, self.hosts[0], policies[0])
        self.callee = Peer(self.clock, Role.CALLEE, self.hosts[1], policies[1])
        self.peers = (self.caller, self.callee)
        expiry = int(self.clock.seconds()) + 3600
        for peer in self.peers:
            peer.transport.allocate(credentials(SECRET, peer.role, servers, expiry))
        self.begun = 0.0

    def host(self, number: int, kind: NatKind) -> MemoryHost:
        """A machine on its own network."""
        return MemoryHost(self.internet, *self.place(number, kind))

    def place(self, number: int, kind: NatKind) -> tuple[str, Nat | None]:
        """An address, and the NAT in front of it."""
        if kind is NatKind.OPEN:
            return f"198.51.100.{number}", None
        return f"10.0.{number}.2", Nat(kind, f"198.51.100.{number}")

    def wait(self, seconds: float) -> float:
        """Let time pass; the time then."""
        for _ in range(round(seconds / STEP)):
            self.clock.advance(STEP)
            if round(self.clock.seconds() / STEP) % 200 == 0:
                self.relay.expire()
        return self.clock.seconds()

    def talk(self, ringing: float = 2.0, seconds: float = 3.0) -> None:
        """Ring, answer, and talk."""
        self.wait(ringing)
        self.begun = self.clock.seconds()
        introduce(self.caller, self.callee)
        self.wait(seconds)

    def gaps(self, since: float) -> tuple[float, float]:
        """The longest silence that the caller and the callee heard since then."""
        now = self.clock.seconds()
        return self.caller.gap(since, now), self.callee.gap(since, now)

    def kinds(self) -> tuple[str, str]:
        """The paths in use."""
        return self.caller.transport.path.value, self.callee.transport.path.value

    def hang_up(self) -> None:
        """End it."""
        for peer in self.peers:
            peer.stop()
