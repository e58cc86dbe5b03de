"""The loop for Linux: batches by recvmmsg and sendmmsg, on a tick of 1 ms when there is much to do.

Below about 5,000 packets a second the loop wakes at once. Above that it lets datagrams gather for a
millisecond: wake-ups, not packets, are what costs below saturation. There is no loop in Python over the
packets that are as they should be: peers are looked up with `map`, and a leg's use is noted and charged
later (`voz.relay.ledger`). Whatever is not as it should be (STUN, junk, a leg that sends more than it may)
goes one by one through `RelayCore`.
"""

from __future__ import annotations

import socket
import sys
import time
from collections import Counter

from twisted.internet.interfaces import IReactorFDSet, IReadDescriptor
from twisted.python.failure import Failure
from zope.interface import implementer

from voz.relay.core import RelayCore
from voz.relay.ledger import Ledger
from voz.relay.limits import MOST_PAYLOAD
from voz.relay.vectors import BATCH, SLOT, DatagramVectors
from voz.stun import CHANNEL

#: Packets a second above which the loop runs on its tick, and the length of the tick in seconds.
BUSY = 5000
TICK = 0.001
#: Seconds that the loop keeps the process before the reactor gets its turn (its timers, its standard input).
TURN = 0.02
#: Up to so many datagrams at once, each is judged by itself: exact, and cheap enough.
FEW = 4
#: A leg with more datagrams than this in one batch is judged datagram by datagram.
HOT = 2
#: The first byte from which on a datagram is no STUN message.
NOT_STUN = 0x40


def _expected_heads() -> list[int | None]:
    """For each length of a datagram the first four bytes that valid ChannelData of that length starts
    with."""
    heads: list[int | None] = [None] * (SLOT + 1)
    for size in range(MOST_PAYLOAD + 1):
        head = CHANNEL.to_bytes(2, "big") + size.to_bytes(2, "big")
        heads[size + 4] = int.from_bytes(head, sys.byteorder)
    return heads


class Pace:
    """Whether there is so much to do that waiting for more is cheaper than waking for each."""

    def __init__(self) -> None:
        self.busy = False
        self._count = 0
        self._since = 0.0

    def count(self, packets: int, now: float) -> None:
        """Packets arrived; the rate is judged about every 50 ms."""
        self._count += packets
        elapsed = now - self._since
        if elapsed >= 0.05:
            self.busy = self._count >= BUSY * elapsed
            self._count, self._since = 0, now


@implementer(IReadDescriptor)
class BatchPort:
    """A bound UDP socket whose datagrams move in batches. Sources and destinations are raw socket
    addresses."""

    name = "recvmmsg"

    def __init__(
        self, reactor: IReactorFDSet, bound: socket.socket, vectors: DatagramVectors, core: RelayCore[bytes]
    ) -> None:
        self._reactor = reactor
        self._socket = bound
        self._core = core
        self._vectors = vectors
        self._heads = _expected_heads()
        self._pace = Pace()
        self._ledger = Ledger(core.server.table)

    def start(self) -> None:
        """Begin to read."""
        self._socket.setblocking(False)
        self._reactor.addReader(self)

    def stop(self) -> None:
        """Read no more; the socket stays the caller's."""
        self._reactor.removeReader(self)

    def fileno(self) -> int:
        """The descriptor that the reactor watches."""
        return self._socket.fileno()

    def logPrefix(self) -> str:  # noqa: N802
        """How the reactor names this reader."""
        return "relay"

    def connectionLost(self, reason: Failure) -> None:
        """The reactor stops."""

    def doRead(self) -> None:
        """Drain the socket; when busy, do so on the tick until the turn is over.

        The wait holds up nothing else: this process has no other work than the socket.
        """
        begun = woken = time.monotonic()
        while True:
            self._drain(woken)
            now = time.monotonic()
            if not self._pace.busy or now - begun > TURN:
                return
            time.sleep(max(0.0, woken + TICK - now))
            woken = time.monotonic()

    def _drain(self, now: float) -> None:
        """Move what has arrived, and charge the legs for what they used."""
        total = 0
        while True:
            count = self._vectors.receive()
            if count:
                self._move(count, now)
            total += count
            if count < BATCH:
                break
        self._pace.count(total, now)
        self._ledger.settle(now)

    def _move(self, count: int, now: float) -> None:
        """Pass one batch on."""
        vectors = self._vectors
        lengths, names = vectors.lengths(count), vectors.names(count)
        if count <= FEW:
            for index in range(count):
                self._single(index, lengths[index], names[index], now)
            return
        peers = list(map(self._core.server.table.routes.get, names))
        apart = self._apart(count, lengths, names, peers)
        if not apart:
            vectors.readdress(peers, lengths)  # type: ignore[arg-type] # there is no None in it
            self._sent(vectors.send(0, count), names, lengths)
            return
        vectors.readdress([peer or name for peer, name in zip(peers, names, strict=True)], lengths)
        first = 0
        first_bytes = vectors.first_bytes
        for index in apart:
            self._pass(first, index, lengths, names)
            if peers[index] is None and first_bytes[index * SLOT] >= NOT_STUN:
                # A flood of voice that is nobody's, or of junk: no more than a look for it.
                self._core.server.counters.dropped_junk += 1
            else:
                self._single(index, lengths[index], names[index], now)
            first = index + 1
        self._pass(first, count, lengths, names)

    def _apart(
        self, count: int, lengths: list[int], names: tuple[bytes, ...], peers: list[bytes | None]
    ) -> list[int]:
        """The datagrams that must be judged one by one, in order; nearly always none."""
        heads = self._vectors.heads(count)
        expected = list(map(self._heads.__getitem__, lengths))
        watched = self._ledger.watched
        if len(set(names)) != count:
            often = Counter(names)
            watched = watched | {name for name, times in often.items() if times > HOT}
        if heads == expected and None not in peers and watched.isdisjoint(names):
            return []
        return [
            index
            for index in range(count)
            if peers[index] is None or heads[index] != expected[index] or names[index] in watched
        ]

    def _pass(self, first: int, last: int, lengths: list[int], names: tuple[bytes, ...]) -> None:
        """Send a run of the batch on, and note what each leg used."""
        if first < last:
            sent = self._vectors.send(first, last)
            self._sent(sent, names[first:last], lengths[first:last])

    def _sent(self, count: int, names: tuple[bytes, ...], lengths: list[int]) -> None:
        """Note what each leg used: what it sent counts, also where the kernel had no room for it."""
        counters = self._core.server.counters
        counters.forwarded += count
        counters.forwarded_bytes += sum(lengths) - 4 * len(lengths)
        self._ledger.note(names, lengths)

    def _single(self, index: int, length: int, name: bytes, now: float) -> None:
        """Judge one datagram by itself."""
        if length >= SLOT:
            self._core.server.counters.dropped_junk += 1
            return
        verdict = self._core.handle(self._vectors.data(index, length), name, now)
        if verdict is not None:
            self._vectors.replace(index, *verdict)
            self._vectors.send(index, index + 1)
