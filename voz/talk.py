"""The part of a call that has keys: engine, devices, timers, and the machine that says what comes when."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorTime
from twisted.internet.task import LoopingCall

from voz.candidates import PathId, PathKind
from voz.codec import Codec
from voz.engine import Engine, EngineOptions, StreamKeys
from voz.handshake import CallSecrets
from voz.life import Core, begin
from voz.net import Transport
from voz.reporting import reports
from voz.reporting.alerts import Second, Watch
from voz.reporting.summary import Summary
from voz.setup import SoundSetup
from voz.sound import SoundDesk
from voz.stats import CallReport, Snapshot

TICK: float = 0.1
"""Seconds between two looks at the time; also between two proofs."""
QUIET_AFTER: float = 2.0
"""Nothing heard for so long: reconnecting."""
LOST_AFTER: float = 30.0
"""Nothing heard for so long: lost."""
GOOD_BYES: int = 3
"""A BYE is said so often, because it may be lost …"""
GOOD_BYE_SPACING: float = 0.03
"""… so many seconds apart."""


class TalkListener(Protocol):
    """Who is told how the talk goes. Called on the reactor's thread only."""

    def talking(self) -> None:
        """The first packet of the other side authenticated: the voice begins."""

    def reconnecting(self, on: bool) -> None:
        """The line has fallen silent (True) or speaks again (False)."""

    def peer_left(self) -> None:
        """The other side said BYE."""

    def lost(self) -> None:
        """Nothing was heard of the other side for 30 s."""

    def snapshot(self, snapshot: Snapshot) -> None:
        """How the call is doing; once a second while it lasts."""

    def warning(self, code: str) -> None:
        """Something is wrong with the sound; a code of `voz.reporting.alerts`."""


class Talk:
    """One talk between two keys; made when they are known, started once, ended once."""

    def __init__(
        self,
        reactor: IReactorTime,
        setup: SoundSetup,
        codec: Codec,
        secrets: CallSecrets,
        *,
        transport: Transport,
        listener: TalkListener,
        wall: Callable[[], float],
    ) -> None:
        self._reactor = reactor
        self._setup = setup
        self._transport = transport
        self._listener = listener
        self._engine = Engine(
            codec,
            StreamKeys(secrets.send.key, secrets.send.salt, secrets.ssrc_out),
            StreamKeys(secrets.receive.key, secrets.receive.salt, secrets.ssrc_in),
            transport.send,
            EngineOptions(dtx=setup.dtx, ceiling=setup.ceiling_ms / 1000, most_rate=setup.most_rate),
        )
        self.desk = SoundDesk(reactor, setup, self._engine, listener.warning)
        self._summary = Summary(wall)
        self._watch = Watch()
        self._life = begin(Core(self))
        self._loop = LoopingCall(self._tick)
        self._loop.clock = reactor
        self._proving = False
        self._last_heard = 0.0
        self._began: float | None = None
        self._reported = 0.0
        self._told = 0.0
        self._packets = 0
        self._reason = "pedido"
        self._last_path: PathKind | None = None
        self._ending = False
        self._report: CallReport | None = None
        self._waiting: list[Deferred[CallReport]] = []

    def start(self) -> None:
        """Show the keys, and wait for the other side's."""
        self._last_heard = self._reactor.seconds()
        self._life.secured()
        self._loop.start(TICK, now=True)

    def datagram(self, data: bytes, path: PathId, now: float) -> None:
        """Take what came in by `path`; the path is told if it authenticates."""
        if self._ending or not self._engine.datagram(data, now):
            return
        self._transport.authenticated(path)
        self._last_heard = now
        self._life.heard()
        if self._engine.peer_left:
            self._life.left()

    @property
    def quiet(self) -> bool:
        """Whether it is over for the ear: the other side left or is lost, or this side ends it."""
        return self._last_path is not None

    def path_changed(self, kind: PathKind) -> None:
        """Low latency's short frames are for a direct path: a relay leg carries no 100 packets a second."""
        if self._setup.low_latency:
            self._engine.sender.set_frame_samples(480 if kind is PathKind.DIRECT else 960)

    def snapshot(self) -> Snapshot:
        """How it goes now."""
        seconds = 0.0 if self._began is None else self._reactor.seconds() - self._began
        path = self._last_path or self._transport.path
        return self._summary.snapshot(self._engine, self.desk, path.value, seconds)

    def end(self, send_bye: bool) -> Deferred[CallReport]:
        """End it; fires when all is closed. May be repeated."""
        waiting: Deferred[CallReport] = Deferred()
        if self._report is not None:
            waiting.callback(self._report)
            return waiting
        self._waiting.append(waiting)
        if not self._ending:
            self._ending = True
            self._quieten()
            self._say_good_bye(GOOD_BYES if send_bye else 0)
        return waiting

    # What the machine of its life wants.

    def prove(self, on: bool) -> None:
        """Send a proof on every path at each tick, or no more."""
        self._proving = on

    def talk(self) -> None:
        """Open the devices: the sound starts at this moment."""
        self._began = self._told = self._reported = self._reactor.seconds()
        self._summary.began()
        self.desk.start()
        self._listener.talking()

    def tell_reconnecting(self, on: bool) -> None:
        """Tell it on."""
        self._listener.reconnecting(on)

    def tell_left(self) -> None:
        """The other side went: nothing is sent any more."""
        self._reason = "despedida"
        self._quieten()
        self._listener.peer_left()

    def tell_lost(self) -> None:
        """The other side is lost."""
        self._reason = "perdida"
        self._quieten()
        self._listener.lost()

    def close(self) -> None:
        """Close what is open, then give the report."""
        last = self.snapshot()
        self._transport.stop().addBoth(lambda _: self._closed(last))

    # Timers.

    def _tick(self) -> None:
        now = self._reactor.seconds()
        if self._proving:
            self._transport.send_everywhere(self._engine.prove())
        if self._began is not None:
            self._regular(now)
        quiet = now - self._last_heard
        if quiet >= LOST_AFTER:
            self._life.silent()
        elif quiet >= QUIET_AFTER:
            self._life.quiet()

    def _regular(self, now: float) -> None:
        """What comes twice, and what comes once a second."""
        if now - self._reported >= reports.INTERVAL - TICK / 2:
            self._reported = now
            self._engine.report(now)
        if now - self._told >= 1.0 - TICK / 2:
            self._told = now
            self._second(now)

    def _second(self, now: float) -> None:
        snapshot = self._summary.second(self.snapshot())
        self._listener.snapshot(snapshot)
        arrived = snapshot.received.packets - self._packets
        self._packets = snapshot.received.packets
        level_in, level_out = self.desk.take_peaks()
        for code in self._watch.second(Second(level_in, level_out, arrived, self.desk.muted), now):
            self._listener.warning(code)

    def _quieten(self) -> None:
        """No more sound, no more timers; the path by which they talked is kept for the report."""
        self._last_path = self._last_path or self._transport.path
        if self._loop.running:
            self._loop.stop()
        self.desk.stop()

    def _say_good_bye(self, times: int) -> None:
        if not times:
            self._life.end()
            return
        self._transport.send_everywhere(self._engine.good_bye())
        self._reactor.callLater(GOOD_BYE_SPACING, self._say_good_bye, times - 1)

    def _closed(self, last: Snapshot) -> None:
        self._report = self._summary.report(last, self._reason)
        waiting, self._waiting = self._waiting, []
        for deferred in waiting:
            deferred.callback(self._report)
