"""The Internet of the laboratory: one process between all namespaces, with NATs and impairments of its own.

Each link is a TUN device in some namespace. Packets are read from one link, translated, delayed, lost or held
back, and written to another: nothing of it needs netem or nftables in the kernel. Commands come as JSON
lines on standard input, each answered by one JSON line.

    {"add": NAME, "namespace": NS, "addresses": [A, …], "nat": KIND, "public": A}
    {"set": NAME, "delay": S, "jitter": S, "loss": P, "rate": BYTES_A_SECOND, "down": BOOL}
    {"forget": NAME}     {"nat": NAME, "kind": KIND}     {"count": NAME}
"""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import heapq
import ipaddress
import itertools
import json
import os
import random
import selectors
import struct
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from tests.support.memory_network import Nat, NatKind

_TUNSETIFF, _IFF_TUN, _IFF_NO_PI, _CLONE_NEWNET = 0x400454CA, 0x0001, 0x1000, 0x40000000
_UDP, _TCP = 17, 6
#: Where the checksum stands in the header of the transport.
_CHECKSUM = {_UDP: 6, _TCP: 16}


@dataclass
class Link:
    """One TUN device. `udp` and `tcp` translate, if there is a NAT in front of it."""

    name: str
    descriptor: int
    udp: Nat | None = None
    tcp: Nat | None = None
    delay: float = 0.01
    jitter: float = 0.0
    loss: float = 0.0
    rate: float = 0.0
    down: bool = False
    free_at: float = 0.0
    packets: int = 0
    marks: set[int] = field(default_factory=set)
    addresses: tuple[str, ...] = field(default_factory=tuple)


class Packet:
    """An IPv4 packet with UDP or TCP in it, whose addresses can be changed."""

    def __init__(self, data: bytes) -> None:
        self.data = bytearray(data)
        self.header = (data[0] & 15) * 4
        self.protocol = data[9]
        fragment = int.from_bytes(data[6:8], "big") & 0x1FFF
        self.has_ports = self.protocol in _CHECKSUM and not fragment

    def address(self, at: int) -> tuple[str, int]:
        """Source (12) or destination (16) with its port."""
        port = self.header + (0 if at == 12 else 2)
        return str(ipaddress.IPv4Address(bytes(self.data[at : at + 4]))), int.from_bytes(
            self.data[port : port + 2], "big"
        )

    def readdress(self, at: int, address: tuple[str, int]) -> None:
        """Write another address and port, and mend both checksums (RFC 1624)."""
        port_at = self.header + (0 if at == 12 else 2)
        sum_at = self.header + _CHECKSUM[self.protocol]
        new = ipaddress.IPv4Address(address[0]).packed
        port = address[1].to_bytes(2, "big")
        old = bytes(self.data[at : at + 4])
        self._mend(10, old, new)
        if self.protocol == _TCP or self.data[sum_at : sum_at + 2] != b"\0\0":
            self._mend(sum_at, old + bytes(self.data[port_at : port_at + 2]), new + port)
        self.data[at : at + 4] = new
        self.data[port_at : port_at + 2] = port

    def _mend(self, at: int, old: bytes, new: bytes) -> None:
        total = ~int.from_bytes(self.data[at : at + 2], "big") & 0xFFFF
        for index in range(0, len(old), 2):
            total += ~int.from_bytes(old[index : index + 2], "big") & 0xFFFF
            total += int.from_bytes(new[index : index + 2], "big")
        while total >> 16:
            total = (total & 0xFFFF) + (total >> 16)
        self.data[at : at + 2] = (~total & 0xFFFF).to_bytes(2, "big")


@contextlib.contextmanager
def entered(namespace: str) -> Iterator[None]:
    """This thread is in that network namespace meanwhile."""
    library = ctypes.CDLL(None, use_errno=True)
    home = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
    there = os.open(f"/var/run/netns/{namespace}", os.O_RDONLY)
    try:
        if library.setns(there, _CLONE_NEWNET):
            raise OSError(ctypes.get_errno(), "setns")
        yield
    finally:
        library.setns(home, _CLONE_NEWNET)
        os.close(home)
        os.close(there)


def open_tun(namespace: str, name: str) -> int:
    """A TUN device of that name in that namespace; its descriptor."""
    with entered(namespace):
        descriptor = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
        fcntl.ioctl(descriptor, _TUNSETIFF, struct.pack("16sH22x", name.encode(), _IFF_TUN | _IFF_NO_PI))
        return descriptor


class Router:
    """Carries packets between links until standard input ends."""

    def __init__(self) -> None:
        self.links: dict[str, Link] = {}
        self.homes: dict[str, Link] = {}
        self.selector = selectors.DefaultSelector()
        self.late: list[tuple[float, int, Link, bytes]] = []
        self.numbers = itertools.count()
        self.chance = random.Random(7)

    def run(self) -> None:
        """Serve commands and packets."""
        os.set_blocking(0, False)
        self.selector.register(0, selectors.EVENT_READ)
        pending = b""
        while True:
            wait = max(0.0, self.late[0][0] - time.monotonic()) if self.late else None
            for key, _ in self.selector.select(wait):
                if key.fd != 0:
                    self.drain(key.data)
                    continue
                read = os.read(0, 65536)
                if not read:
                    return
                *lines, pending = (pending + read).split(b"\n")
                for line in lines:
                    sys.stdout.write(json.dumps(self.command(json.loads(line))) + "\n")
                    sys.stdout.flush()
            self.release()

    def command(self, said: dict[str, Any]) -> dict[str, Any]:
        """Obey one command."""
        if "add" in said:
            return self.add(said)
        if "set" in said:
            link = self.links[said.pop("set")]
            for name, value in said.items():
                setattr(link, name, value)
        elif "forget" in said:
            for nat in (self.links[said["forget"]].udp, self.links[said["forget"]].tcp):
                if nat is not None:
                    nat.forget()
        elif "nat" in said:
            udp = self.links[said["nat"]].udp
            if udp is not None:
                udp.kind = NatKind(said["kind"])
        elif "count" in said:
            link = self.links[said["count"]]
            return {"packets": link.packets, "marks": sorted(link.marks)}
        return {"ok": True}

    def add(self, said: dict[str, Any]) -> dict[str, Any]:
        """Another link."""
        link = Link(said["add"], open_tun(said["namespace"], said["add"]), addresses=tuple(said["addresses"]))
        kind = NatKind(said.get("nat", "open"))
        if kind is not NatKind.OPEN:
            link.udp, link.tcp = Nat(kind, said["public"]), Nat(NatKind.PORT, said["public"])
            self.homes[said["public"]] = link
        for address in link.addresses:
            if kind is NatKind.OPEN or ":" in address:
                self.homes[address] = link
        self.links[link.name] = link
        self.selector.register(link.descriptor, selectors.EVENT_READ, link)
        return {"ok": True}

    def drain(self, link: Link) -> None:
        """Read what the namespace sends."""
        for _ in range(64):
            try:
                data = os.read(link.descriptor, 65536)
            except (BlockingIOError, OSError):
                return
            link.packets += 1
            if data[9 if data[0] >> 4 == 4 else 6] == _UDP:
                link.marks.add((data[1] if data[0] >> 4 == 4 else (data[0] << 4 | data[1] >> 4) & 255) >> 2)
            if not link.down:
                self.route(link, data)

    def route(self, link: Link, data: bytes) -> None:
        """Translate on the way out and on the way in, and send on."""
        if data[0] >> 4 == 6:
            target = self.homes.get(str(ipaddress.IPv6Address(data[24:40])))
            udp_blocked = link.udp is not None and link.udp.kind is NatKind.NO_UDP and data[6] == _UDP
            if target is not None and not udp_blocked:
                self.carry(link, target, data)
            return
        packet = Packet(data)
        if packet.has_ports and self.outward(link, packet):
            target = self.homes.get(packet.address(16)[0])
            if target is not None and self.inward(target, packet):
                self.carry(link, target, bytes(packet.data))

    def outward(self, link: Link, packet: Packet) -> bool:
        """Through the NAT in front of the sender; False when it does not let the packet out."""
        nat = link.udp if packet.protocol == _UDP else link.tcp
        if nat is None:
            return True
        source = nat.out(packet.address(12), packet.address(16))
        if source is not None:
            packet.readdress(12, source)
        return source is not None

    def inward(self, link: Link, packet: Packet) -> bool:
        """Through the NAT in front of the receiver; False when it filters the packet."""
        nat = link.udp if packet.protocol == _UDP else link.tcp
        if nat is None:
            return True
        inner = nat.back(packet.address(12), packet.address(16))
        if inner is not None:
            packet.readdress(16, inner)
        return inner is not None

    def carry(self, source: Link, target: Link, data: bytes) -> None:
        """Send on after the delays of both links, unless one of them loses it or is down."""
        if target.down:
            return
        due = time.monotonic()
        for link in (source, target):
            if self.chance.random() < link.loss:
                return
            if link.rate:
                link.free_at = max(due, link.free_at) + len(data) / link.rate
                due = link.free_at
            due += link.delay + self.chance.random() * link.jitter
        heapq.heappush(self.late, (due, next(self.numbers), target, data))

    def release(self) -> None:
        """Deliver what is due."""
        now = time.monotonic()
        while self.late and self.late[0][0] <= now:
            _, _, link, data = heapq.heappop(self.late)
            try:
                if not link.down:
                    os.write(link.descriptor, data)
            except OSError:
                # The device is down: the packet is lost, as it would be on a cable that is pulled out.
                continue


if __name__ == "__main__":
    Router().run()
