"""Two ends of a call's transport in memory, joined by lines: what `voz.session` is tested with."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from twisted.internet.defer import Deferred, succeed
from twisted.internet.interfaces import IReactorTime
from twisted.internet.task import Clock

from tests.support.line import Impairment, Line
from voz.candidates import Candidate, PathId, PathKind, PathPolicy, RelayCredentials, Role
from voz.net import TransportListener

DIRECT = PathId(PathKind.DIRECT, ("192.0.2.1", 4000))


class MemoryTransport:
    """One end; keeps what it was told."""

    def __init__(self, listener: TransportListener) -> None:
        self.listener = listener
        self.line: Line | None = None
        self.path = PathKind.NONE
        self.local_candidates: tuple[Candidate, ...] = ()
        self.reached: tuple[Candidate, ...] = ()
        self.credentials: RelayCredentials | None = None
        self.stun_key = b""
        self.lines: list[bytes] = []
        self.authenticated_paths: list[PathId] = []
        self.stopped = False
        self.cut = False

    def allocate(self, credentials: RelayCredentials) -> None:
        """Kept."""
        self.credentials = credentials

    def reach(self, candidates: Sequence[Candidate]) -> None:
        """Kept."""
        self.reached = tuple(candidates)

    def secure(self, stun_key: bytes) -> None:
        """The path is there at once."""
        self.stun_key = stun_key
        self.path = PathKind.DIRECT
        self.listener.path_changed(self.path)

    def send(self, packet: bytes) -> bool:
        """Over the line, unless it is cut."""
        if self.stopped or self.line is None or self.path is PathKind.NONE:
            return False
        if not self.cut:
            self.line.send(packet)
        return True

    def send_everywhere(self, packet: bytes) -> None:
        """The one path there is."""
        self.send(packet)

    def authenticated(self, path: PathId) -> None:
        """Kept."""
        self.authenticated_paths.append(path)

    def line_received(self, data: bytes) -> None:
        """Kept."""
        self.lines.append(data)

    def stop(self) -> Deferred[None]:
        """At once."""
        self.stopped = True
        return succeed(None)

    def deliver(self, data: bytes, now: float) -> None:
        """What the other end's line brings."""
        if not self.stopped:
            self.listener.datagram_received(data, DIRECT, now)


class MemoryNetwork:
    """Makes the two transports of one call, in the order they are asked for."""

    def __init__(self, clock: Clock, impairment: Impairment | None = None) -> None:
        self._clock = clock
        self._impairment = impairment or Impairment(delay=0.02)
        self.ends: list[MemoryTransport] = []

    def maker(self) -> Callable[..., MemoryTransport]:
        """What a Conversation takes as its `transport`."""

        def make(
            _reactor: IReactorTime, listener: TransportListener, **_: Role | str | PathPolicy
        ) -> MemoryTransport:
            end = MemoryTransport(listener)
            self.ends.append(end)
            if len(self.ends) == 2:
                one, other = self.ends
                one.line = Line(self._clock, self._impairment, 1)
                other.line = Line(self._clock, self._impairment, 2)
                one.line.deliver, other.line.deliver = other.deliver, one.deliver
            return end

        return make
