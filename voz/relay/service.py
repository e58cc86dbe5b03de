"""The relay put together: a bound socket, the fastest loop this machine has, and the once-a-second work."""

from __future__ import annotations

import contextlib
import gc
import json
import os
import socket
import time
from collections.abc import Callable, Iterable
from typing import Protocol

from twisted.application.service import Service
from twisted.internet.interfaces import IReactorFDSet, IReactorTime
from twisted.internet.task import LoopingCall

from voz.relay import batches, local, portable, vectors
from voz.relay.core import RelayCore
from voz.relay.counters import Counters
from voz.relay.credentials import Authority
from voz.relay.server import RelayServer
from voz.stun import Address

#: With the kernel's default, 3 ms of stall lose packets.
BUFFER = 4 << 20
#: How nice the process is where it may not go before everybody.
PRIORITY = -10
#: When the garbage collector looks (`gc.set_threshold`): rarely, for hardly anything here is a cycle.
COLLECT = (10_000, 20, 50)


class RelayReactor(IReactorFDSet, IReactorTime):
    """A reactor that watches descriptors and keeps time."""


class Loop(Protocol):
    """What moves the datagrams of a socket; `name` is what the log calls it."""

    name: str

    def start(self) -> None:
        """Begin to read."""

    def stop(self) -> None:
        """Read no more."""


def bind_socket(interface: str, port: int) -> socket.socket:
    """A UDP socket bound to that address; `::` takes IPv4 too. Raises OSError."""
    family = socket.AF_INET6 if ":" in interface else socket.AF_INET
    bound = socket.socket(family, socket.SOCK_DGRAM)
    try:
        if family == socket.AF_INET6:
            bound.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0 if interface == "::" else 1)
        bound.bind((interface, port))
    except OSError:
        bound.close()
        raise
    return bound


def local_host_for(client: Address) -> str:
    """The address of this machine from which datagrams to `client` leave; sends nothing."""
    family = socket.AF_INET6 if ":" in client[0] else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(client)
        except OSError:
            return "::1" if family == socket.AF_INET6 else "127.0.0.1"
        return str(probe.getsockname()[0]).partition("%")[0]


def make_loop(
    reactor: RelayReactor,
    bound: socket.socket,
    authority: Authority,
    counters: Counters,
    *,
    batched: bool | None = None,
    wall: Callable[[], float] = time.time,
) -> tuple[Loop, Callable[[float], None], Callable[[str], int | None]]:
    """The loop for that socket, its once-a-second work, and how many bytes it passed on for a call; `batched`
    None takes batches where there are any."""
    if vectors.SystemCalls.available() if batched is None else batched:
        arrays = vectors.DatagramVectors(bound)
        quick: RelayServer[bytes] = RelayServer(
            authority,
            wall,
            lambda name: arrays.host_of(name) or local_host_for(arrays.address_of(name)),
            counters=counters,
        )
        core = RelayCore(quick, arrays.address_of)
        return batches.BatchPort(reactor, bound, arrays, core), quick.expire, quick.table.passed
    server: RelayServer[portable.Source] = RelayServer(
        authority,
        wall,
        lambda source: local.host_in(bound.family, source[1]) or local_host_for(portable.address_of(source)),
        counters=counters,
    )
    protocol = portable.RelayProtocol(RelayCore(server, portable.address_of), time.monotonic)
    return portable.DrainPort(reactor, bound, protocol), server.expire, server.table.passed


def go_first() -> None:
    """For the process of a relay, once it runs: voice waits neither for other programs nor for the collector.

    Real time where the system lets us (root, or a limit of RTPRIO), else as little nice as it may be: a
    relay that is only less nice than others is kept from its datagrams for 4 ms at a time. On one core it
    is an equal among equals: a flood must not keep the registry, or its operator, from the machine. What
    the start has made is never gone through again for garbage.
    """
    if (os.cpu_count() or 1) > 1:
        try:
            os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(os.sched_get_priority_min(os.SCHED_RR)))
        except (OSError, AttributeError):
            with contextlib.suppress(OSError, AttributeError):
                os.setpriority(os.PRIO_PROCESS, 0, PRIORITY)
    gc.collect()
    gc.freeze()
    gc.set_threshold(*COLLECT)


class RelayService(Service):
    """One relay on one bound socket. `counters` may be read at any time."""

    def __init__(
        self,
        reactor: RelayReactor,
        bound: socket.socket,
        authority: Authority,
        *,
        batched: bool | None = None,
    ) -> None:
        self.counters = Counters()
        self._socket = bound
        self._reactor = reactor
        for option in (socket.SO_RCVBUF, socket.SO_SNDBUF):
            with contextlib.suppress(OSError):
                bound.setsockopt(socket.SOL_SOCKET, option, BUFFER)
        self.loop, expire, self._passed = make_loop(reactor, bound, authority, self.counters, batched=batched)
        self._housekeeping = LoopingCall(lambda: expire(time.monotonic()))
        self._housekeeping.clock = reactor

    @property
    def port(self) -> int:
        """The UDP port."""
        return int(self._socket.getsockname()[1])

    def passed(self, calls: Iterable[str]) -> str:
        """One JSON object, without a line end: the bytes passed on for each of these calls that has a leg."""
        known = {call: size for call in calls if (size := self._passed(call)) is not None}
        return json.dumps({"calls": known}, separators=(",", ":"))

    def startService(self) -> None:
        """Begin to move datagrams."""
        super().startService()  # type: ignore[no-untyped-call] # Twisted has no types here
        self.loop.start()
        self._housekeeping.start(1.0)

    def stopService(self) -> None:
        """Move no more, and close the socket."""
        super().stopService()  # type: ignore[no-untyped-call] # Twisted has no types here
        if self._housekeeping.running:
            self._housekeeping.stop()
        self.loop.stop()
        self._socket.close()
