"""A trial test case with a laboratory."""

from __future__ import annotations

import itertools
import os
from typing import Any

from twisted.internet import reactor
from twisted.internet.defer import Deferred, gatherResults
from twisted.internet.task import LoopingCall, deferLater
from twisted.trial.unittest import TestCase

from tests.support import lab
from tests.support.lab import Lab
from tests.support.path_peers import Peer, introduce
from voz.candidates import PathPolicy, Role

#: How nice the laboratory is.
PRIORITY = -15


def wait(seconds: float) -> Deferred[None]:
    """Fires after that many seconds."""
    return deferLater(reactor, seconds, lambda: None)  # type: ignore[arg-type]


def now() -> float:
    """The reactor's time."""
    return reactor.seconds()  # type: ignore[attr-defined, no-any-return]


class LabCase(TestCase):
    """Tests in a laboratory; as root on Linux, visibly skipped elsewhere."""

    skip = lab.missing()
    timeout = 180

    def setUp(self) -> None:
        """Build it. Times are measured, so the laboratory goes before whatever else this machine does."""
        before = os.getpriority(os.PRIO_PROCESS, 0)
        os.setpriority(os.PRIO_PROCESS, 0, PRIORITY)
        self.addCleanup(os.setpriority, os.PRIO_PROCESS, 0, before)
        self._beats = [now()]
        heart = LoopingCall(lambda: self._beats.append(now()))
        heart.start(0.01)
        self.addCleanup(heart.stop)
        self.peers: list[Peer] = []
        self.lab = Lab()
        self.addCleanup(self.lab.close)
        self.addCleanup(lambda: gatherResults([peer.stop() for peer in self.peers]))

    def stall(self, since: float) -> float:
        """The longest time since then that this process itself did not run: no path is to blame for it."""
        beats = [since, *(beat for beat in self._beats if beat > since), now()]
        return max(later - earlier for earlier, later in itertools.pairwise(beats))

    def person(
        self, host: str, role: Role, policy: PathPolicy = PathPolicy.AUTO, *servers: str, **more: Any
    ) -> Peer:
        """One end of a call."""
        peer = self.lab.person(host, role, policy, *servers, **more)
        self.peers.append(peer)
        return peer

    async def call(
        self,
        policies: tuple[PathPolicy, PathPolicy] = (PathPolicy.AUTO, PathPolicy.AUTO),
        servers: tuple[tuple[str, ...], tuple[str, ...]] = ((), ()),
        ringing: float = 1.0,
        talking: float = 2.0,
    ) -> tuple[Peer, Peer, float]:
        """Ana calls Bia and they talk; both ends, and when the call was accepted."""
        ana = self.person("ana", Role.CALLER, policies[0], *servers[0])
        bia = self.person("bia", Role.CALLEE, policies[1], *servers[1])
        await wait(ringing)
        begun = now()
        introduce(ana, bia)
        await wait(talking)
        return ana, bia, begun
