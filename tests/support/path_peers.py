"""Two ends of a call that do nothing but exchange numbered packets: for tests of the paths.

What stands for the sealed packets of a call is `80 <role> <number> <text>`: enough to tell whose it is and
which are missing. Works on a fake clock and on the real reactor alike.
"""

from __future__ import annotations

import base64
import hmac
import itertools
from collections.abc import Sequence

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorTime
from twisted.internet.task import LoopingCall

from voz.candidates import Candidate, PathId, PathKind, PathPolicy, RelayCredentials, Role
from voz.net import MediaTransport
from voz.path.network import Network

CALL = "8PHy8_T19vf4-fr7_P3-_w"
STUN_KEY = bytes(range(32))


def credentials(
    secret: bytes, role: Role, servers: Sequence[str], expiry: int, call: str = CALL
) -> RelayCredentials:
    """What LIGACAO would hand to that side."""
    username = f"{expiry}:{call}.{role.value}"
    password = base64.b64encode(hmac.digest(secret, username.encode(), "sha1")).decode()
    return RelayCredentials(tuple(servers), username, password, 3600)


class Peer:
    """One end. `heard` are (time, number, kind of path) of the other's packets; `kinds` (time, kind) of
    ours."""

    def __init__(
        self,
        reactor: IReactorTime,
        role: Role,
        network: Network | None = None,
        policy: PathPolicy = PathPolicy.AUTO,
        *,
        loopback_allowed: bool = False,
        call: str = CALL,
    ) -> None:
        self.reactor = reactor
        self.role = role
        self.other: Peer | None = None
        self.heard: list[tuple[float, int, PathKind]] = []
        self.kinds: list[tuple[float, PathKind]] = []
        self.candidates: tuple[Candidate, ...] = ()
        self.announcing = False
        self.signalling = True
        self.sent = 0
        self.transport = MediaTransport(
            reactor,
            self,
            role=role,
            call_id=call,
            policy=policy,
            loopback_allowed=loopback_allowed,
            network=network,
        )
        self._voice = LoopingCall(self._speak)
        self._voice.clock = reactor

    def speak(self) -> None:
        """Send a packet every 20 ms from now on."""
        self._voice.start(0.02)

    def _speak(self) -> None:
        self.sent += 1
        packet = b"\x80" + self.role.value.encode() + self.sent.to_bytes(4, "big") + bytes(100)
        self.transport.send(packet)

    def gap(self, since: float, until: float) -> float:
        """The longest silence that this end heard between two moments."""
        times = [since, *(time for time, _, _ in self.heard if since < time < until), until]
        return max(later - earlier for earlier, later in itertools.pairwise(times))

    def first_by(self, kind: PathKind) -> float | None:
        """When a packet first came in by that kind of path."""
        return next((time for time, _, by in self.heard if by is kind), None)

    def missing(self) -> int:
        """How many of the other's packets between the first and the last heard never came."""
        numbers = {number for _, number, _ in self.heard}
        return max(numbers) - min(numbers) + 1 - len(numbers) if numbers else 0

    def stop(self) -> Deferred[None]:
        """Hang up."""
        if self._voice.running:
            self._voice.stop()
        return self.transport.stop()

    # TransportListener

    def datagram_received(self, data: bytes, path: PathId, now: float) -> None:
        """The other's packets are authentic, anything else is not."""
        if data[1:2] == self.role.other.value.encode():
            self.heard.append((now, int.from_bytes(data[2:6], "big"), path.kind))
            self.transport.authenticated(path)

    def candidates_changed(self, candidates: tuple[Candidate, ...]) -> None:
        """Tell the other by CAMINHOS, once the call is accepted."""
        self.candidates = candidates
        if self.announcing and self.other is not None and self.signalling:
            self.other.transport.reach(candidates)

    def path_changed(self, kind: PathKind) -> None:
        """Note it."""
        self.kinds.append((self.reactor.seconds(), kind))

    def send_line(self, data: bytes) -> None:
        """A PACOTE line: the other has it at once."""
        if self.other is not None and self.signalling:
            self.other.transport.line_received(data)


def introduce(caller: Peer, callee: Peer) -> None:
    """The callee accepts: candidates and keys are exchanged, both begin to speak."""
    caller.other, callee.other = callee, caller
    caller.announcing = callee.announcing = True
    caller.transport.reach(callee.transport.local_candidates)
    caller.transport.secure(STUN_KEY)
    callee.transport.reach(caller.transport.local_candidates)
    callee.transport.secure(STUN_KEY)
    caller.speak()
    callee.speak()
