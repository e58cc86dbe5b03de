"""What one source and one leg may use of the relay. Pure; `now` is in seconds of any steady clock."""

from __future__ import annotations

import socket
from collections import deque
from dataclasses import dataclass, field

from voz.stun import Address

#: A leg may send this much, with a burst of one second (protocol, section 7).
PACKETS_A_SECOND = 100
BYTES_A_SECOND = 128_000 // 8
MOST_PAYLOAD = 508
#: Seconds that an allocation lives without a Refresh.
LIFETIME = 60
#: Answers to requests that nobody signed, for each /24 or /64 and second.
BINDINGS_A_SECOND = 20
CHALLENGES_A_SECOND = 100
#: Never more than this many bytes out for one byte in.
AMPLIFICATION = 2.3
#: IP and UDP headers of a datagram, by IP version.
HEADERS = {4: 28, 6: 48}
#: Source networks that are remembered at a time; the oldest is forgotten first.
MOST_NETWORKS = 4096
#: Allocations at a time.
MOST_LEGS = 20_000


@dataclass(slots=True)
class Allowance:
    """A leg's two buckets, full at first: one second's worth of packets and of payload bytes.

    `passed` is how many bytes of payload they have let through in all.
    """

    since: float
    packets: float = PACKETS_A_SECOND
    volume: float = BYTES_A_SECOND
    passed: int = 0

    def refill(self, now: float) -> None:
        """Add what the time since the last refill allows, up to one second's worth."""
        elapsed = now - self.since
        self.since = now
        if elapsed <= 0:
            return
        # Written out: the relay does this for every leg ten times a second.
        packets = self.packets + elapsed * PACKETS_A_SECOND
        volume = self.volume + elapsed * BYTES_A_SECOND
        self.packets = packets if packets < PACKETS_A_SECOND else PACKETS_A_SECOND
        self.volume = volume if volume < BYTES_A_SECOND else BYTES_A_SECOND

    def admit(self, size: int, now: float) -> bool:
        """Whether a packet with `size` bytes of payload may pass; takes it off the buckets if so."""
        self.refill(now)
        if self.packets < 1 or self.volume < size:
            return False
        self.packets -= 1
        self.volume -= size
        self.passed += size
        return True

    def charge(self, packets: int, volume: int, now: float) -> bool:
        """Take off what already passed, into debt if need be; whether the leg is still within its limits."""
        self.refill(now)
        self.packets -= packets
        self.volume -= volume
        self.passed += volume
        return self.packets >= 0 and self.volume >= 0


def network_of(address: Address) -> str | None:
    """The /24 or /64 that shares one allowance; None for loopback, which is exempt."""
    host = address[0]
    if ":" not in host:
        return None if host.startswith("127.") else host.rpartition(".")[0]
    return None if host == "::1" else socket.inet_pton(socket.AF_INET6, host)[:8].hex()


@dataclass(slots=True)
class SourceLimiter:
    """At most `rate` answers in any one second for each source network; loopback is exempt."""

    rate: int
    networks: dict[str, deque[float]] = field(default_factory=dict)

    def admit(self, address: Address, now: float) -> bool:
        """Whether an answer to `address` may go out now; counts it if so."""
        network = network_of(address)
        if network is None:
            return True
        times = self.networks.get(network)
        if times is None:
            times = self._remember(network)
        if len(times) == self.rate and now - times[0] < 1:
            return False
        times.append(now)
        return True

    def exhausted(self, address: Address, now: float) -> bool:
        """Whether nothing may go out to `address` now; cheap, and counts nothing."""
        times = self.networks.get(network_of(address) or "")
        return times is not None and len(times) == self.rate and now - times[0] < 1

    def _remember(self, network: str) -> deque[float]:
        """A new entry; when the table is full the oldest one goes."""
        if len(self.networks) >= MOST_NETWORKS:
            del self.networks[next(iter(self.networks))]
        times = self.networks[network] = deque(maxlen=self.rate)
        return times


def small_enough(request: bytes, answer: bytes, source: Address) -> bool:
    """Whether the answer keeps to `AMPLIFICATION`, headers of IP and UDP counted on both sides."""
    headers = HEADERS[6 if ":" in source[0] else 4]
    return len(answer) + headers <= AMPLIFICATION * (len(request) + headers)
