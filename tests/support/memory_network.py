"""An Internet in memory: hosts, NATs of every kind and a relay, moved by a fake clock.

`MemoryHost` keeps the contract of `voz.path.network.Network`; the relay is the real `RelayCore`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import Enum

from twisted.internet.defer import Deferred, succeed
from twisted.internet.task import Clock

from voz.relay.core import RelayCore
from voz.relay.credentials import Authority
from voz.relay.server import RelayServer
from voz.stun import Address

SECRET = b"segredo do laboratorio"
RELAY = ("203.0.113.1", 5000)

Handler = Callable[[bytes, Address], None]
Verdict = Callable[[Address, Address, bytes], bool]


class NatKind(Enum):
    """How a NAT maps and filters (RFC 4787 in the older words)."""

    OPEN = "open"
    FULL_CONE = "full-cone"
    ADDRESS = "address-restricted"
    PORT = "port-restricted"
    SYMMETRIC = "symmetric"
    NO_UDP = "no-udp"


@dataclass
class Nat:
    """A box with one public address. `forget` empties its table, as a restart or a short timer would."""

    kind: NatKind
    public: str
    next_port: int = 30000
    outward: dict[object, int] = field(default_factory=dict)
    inward: dict[int, tuple[Address, set[Address]]] = field(default_factory=dict)

    def forget(self) -> None:
        """Lose every mapping; the next ones have other ports."""
        self.outward.clear()
        self.inward.clear()

    def out(self, source: Address, target: Address) -> Address | None:
        """The source as the Internet sees it, or None when the datagram is not let out."""
        if self.kind is NatKind.NO_UDP:
            return None
        key = (source, target) if self.kind is NatKind.SYMMETRIC else source
        port = self.outward.get(key)
        if port is None:
            port = self.outward[key] = self.next_port
            self.next_port += 7
            self.inward[port] = (source, set())
        self.inward[port][1].add(target)
        return self.public, port

    def back(self, source: Address, target: Address) -> Address | None:
        """The inner address for a datagram from outside, or None when it is filtered."""
        entry = self.inward.get(target[1])
        if entry is None:
            return None
        inner, told = entry
        if self.kind in (NatKind.PORT, NatKind.SYMMETRIC) and source not in told:
            return None
        if self.kind is NatKind.ADDRESS and source[0] not in {address for address, _ in told}:
            return None
        return inner


class MemoryInternet:
    """Carries datagrams with a fixed delay. `lossy` may refuse any datagram."""

    def __init__(self, clock: Clock, delay: float = 0.02) -> None:
        self.clock = clock
        self.delay = delay
        self.lossy: Verdict = lambda _source, _target, _data: False
        self._homes: dict[str, Callable[[Address, Address, bytes], None]] = {}
        self.carried = 0

    def attach(self, address: str, home: Callable[[Address, Address, bytes], None]) -> None:
        """Datagrams to that address go there."""
        self._homes[address] = home

    def detach(self, address: str) -> None:
        """Nobody is at that address any more."""
        self._homes.pop(address, None)

    def carry(self, source: Address, target: Address, data: bytes) -> None:
        """Deliver later, if anybody is there."""
        self.carried += 1
        if not self.lossy(source, target, data):
            self.clock.callLater(self.delay, self._arrive, source, target, data)

    def _arrive(self, source: Address, target: Address, data: bytes) -> None:
        home = self._homes.get(target[0])
        if home is not None:
            home(source, target, data)


class MemoryRelay:
    """The built-in relay in the Internet in memory. `kill` forgets everything, as a new process would."""

    def __init__(self, internet: MemoryInternet, address: Address = RELAY) -> None:
        self.internet = internet
        self.address = address
        self.authority = Authority(SECRET)
        self.silent = False
        self.kill()
        internet.attach(address[0], self._received)

    def kill(self) -> None:
        """A new process: no allocation is known."""
        seconds = self.internet.clock.seconds
        server: RelayServer[Address] = RelayServer(self.authority, seconds, lambda _: self.address[0])
        self.core: RelayCore[Address] = RelayCore(server, lambda source: source)

    def _received(self, source: Address, target: Address, data: bytes) -> None:
        if self.silent or target != self.address:
            return
        verdict = self.core.handle(data, source, self.internet.clock.seconds())
        if verdict is not None:
            self.internet.carry(self.address, verdict[1], verdict[0])

    def expire(self) -> None:
        """The once-a-second work."""
        self.core.server.expire(self.internet.clock.seconds())


@dataclass
class MemorySocket:
    """A socket of a host."""

    host: MemoryHost
    version: int
    port: int
    received: Handler
    closed: bool = False

    def send(self, data: bytes, address: Address) -> None:
        """Send one datagram."""
        if not self.closed:
            self.host.leave(self.port, address, data)

    def close(self) -> Deferred[None]:
        """Close."""
        self.closed = True
        return succeed(None)


@dataclass
class _Watch:
    host: MemoryHost
    changed: Callable[[], None]

    def stop(self) -> None:
        """Look no more."""
        if self in self.host.watches:
            self.host.watches.remove(self)


class MemoryHost:
    """A machine with one IPv4 address at a time, behind a NAT or not."""

    def __init__(self, internet: MemoryInternet, address: str, nat: Nat | None = None) -> None:
        self.internet = internet
        self.watches: list[_Watch] = []
        self.sockets: dict[int, MemorySocket] = {}
        self.address: str | None = None
        self.nat: Nat | None = None
        self._next_port = 40000
        self.move(address, nat)

    def move(self, address: str | None, nat: Nat | None = None) -> None:
        """Be somewhere else, or (None) nowhere; whoever watches is told."""
        if self.address is not None:
            self.internet.detach(self._outer())
        self.address, self.nat = address, nat
        if address is not None:
            self.internet.attach(self._outer(), self._arrived)
        for watch in tuple(self.watches):
            watch.changed()

    def _outer(self) -> str:
        return self.nat.public if self.nat is not None else str(self.address)

    def leave(self, port: int, target: Address, data: bytes) -> None:
        """A datagram goes out."""
        if self.address is None:
            return
        source: Address | None = (self.address, port)
        if self.nat is not None and source is not None:
            source = self.nat.out(source, target)
        if source is not None:
            self.internet.carry(source, target, data)

    def _arrived(self, source: Address, target: Address, data: bytes) -> None:
        inner: Address | None = target
        if self.nat is not None:
            inner = self.nat.back(source, target)
        if inner is None or inner[0] != self.address:
            return
        reached = self.sockets.get(inner[1])
        if reached is not None and not reached.closed:
            reached.received(data, source)

    # Network

    def open(self, version: int, received: Handler) -> MemorySocket | None:
        """A socket; there is no IPv6 here."""
        if version == 6:
            return None
        self._next_port += 1
        opened = self.sockets[self._next_port] = MemorySocket(self, version, self._next_port, received)
        return opened

    def addresses(self, targets: Sequence[Address]) -> tuple[str, ...]:
        """Our address."""
        return () if self.address is None else (self.address,)

    def resolve(self, host: str, port: int) -> Deferred[tuple[Address, ...]]:
        """Every host is the address it is written as; anything else is nowhere."""
        return succeed(((host, port),) if host[0].isdigit() else ())

    def watch(self, changed: Callable[[], None]) -> _Watch:
        """Tell of every move."""
        watch = _Watch(self, changed)
        self.watches.append(watch)
        return watch
