"""Noticing at once that our own addresses or routes have changed.

Two implementations under one contract: the kernel's news (rtnetlink) on Linux, and asking every quarter of a
second, which works everywhere and also where an app may not listen to the kernel (Android).
"""

from __future__ import annotations

import socket
from collections.abc import Callable
from typing import Protocol

from twisted.internet.interfaces import IReactorFDSet, IReactorTime, IReadDescriptor
from twisted.internet.task import LoopingCall
from twisted.python.failure import Failure
from zope.interface import implementer

#: Seconds between two looks.
LOOK_EVERY = 0.25
#: Groups of rtnetlink: links, IPv4 and IPv6 addresses and routes (linux/rtnetlink.h).
_GROUPS = 0x1 | 0x10 | 0x40 | 0x100 | 0x400
_LARGEST = 1 << 16


class Watch(Protocol):
    """Something that looks out for changes."""

    def stop(self) -> None:
        """Look no more."""


class WatchReactor(IReactorFDSet, IReactorTime):
    """A reactor that watches descriptors and keeps time."""


class PollingWatch:
    """Calls `changed` every `LOOK_EVERY` seconds: whoever is called compares for himself."""

    def __init__(self, clock: IReactorTime, changed: Callable[[], None]) -> None:
        self._loop = LoopingCall(changed)
        self._loop.clock = clock
        self._loop.start(LOOK_EVERY, now=False)

    def stop(self) -> None:
        """Look no more."""
        if self._loop.running:
            self._loop.stop()


@implementer(IReadDescriptor)
class NetlinkWatch:
    """Calls `changed` when the kernel says that a link, an address or a route has changed. Raises OSError
    when the kernel does not let us listen."""

    def __init__(self, reactor: IReactorFDSet, changed: Callable[[], None]) -> None:
        self._reactor = reactor
        self._changed = changed
        self._socket = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE)
        try:
            self._socket.setblocking(False)
            self._socket.bind((0, _GROUPS))
        except OSError:
            self._socket.close()
            raise
        reactor.addReader(self)

    def stop(self) -> None:
        """Listen no more."""
        if self._socket.fileno() >= 0:
            self._reactor.removeReader(self)
            self._socket.close()

    def fileno(self) -> int:
        """The descriptor that the reactor watches."""
        return self._socket.fileno()

    def logPrefix(self) -> str:  # noqa: N802
        """How the reactor names this reader."""
        return "netlink"

    def doRead(self) -> None:
        """Read the news away (what changed does not matter) and tell."""
        try:
            while self._socket.recv(_LARGEST):
                continue
        except BlockingIOError:
            self._changed()
        except OSError:
            # More news than the kernel kept (ENOBUFS): something has changed all the same.
            self._changed()

    def connectionLost(self, reason: Failure) -> None:
        """The reactor stops."""
        self.stop()


class _Both:
    """The kernel's news, and a look now and then in case it has none for us."""

    def __init__(self, *watches: Watch) -> None:
        self._watches = watches

    def stop(self) -> None:
        """Look no more."""
        for watch in self._watches:
            watch.stop()


def watch_addresses(reactor: WatchReactor, changed: Callable[[], None]) -> Watch:
    """The best watch that this machine has."""
    polling = PollingWatch(reactor, changed)
    if not hasattr(socket, "AF_NETLINK"):
        return polling
    try:
        return _Both(NetlinkWatch(reactor, changed), polling)
    except OSError:
        return polling
