"""All connections: who may connect, the greeting, and the one tick a second that time-outs hang on."""

from __future__ import annotations

from importlib import metadata
from typing import Any

from twisted.internet.interfaces import IAddress, IDelayedCall, IReactorTime
from twisted.internet.protocol import ServerFactory
from twisted.protocols.tls import TLSMemoryBIOFactory, TLSMemoryBIOProtocol

from registro.admission import plain_host
from registro.edge.gone import NO_LIFE, NO_LINK
from registro.edge.outbox import Outbox
from registro.journal import Journal
from registro.net import RegistryProtocol
from registro.office import Office
from registro.presence import EVERYBODY
from registro.requests import present, snapshot
from registro.session import Session
from registro.wire.limits import VERSION, VIDA
from registro.wire.messages import Ola

PATIENCE = 15.0
"""Seconds that a client may leave unread what it was sent."""

TICK = 1.0
FORGET = 30
"""So many ticks between two looks at the quotas that nobody uses any more."""


def version() -> str:
    """Return the version of the installed package, or 0 in a bare checkout."""
    try:
        return metadata.version("sala-de-conversa")
    except metadata.PackageNotFoundError:
        return "0"


class Server:
    """What all connections share."""

    def __init__(self, office: Office, journal: Journal) -> None:
        self.office, self.journal = office, journal
        journal.counters = office.counters
        self.clock: IReactorTime = office.clock
        self.now = self.clock.seconds()
        self.links: set[RegistryProtocol] = set()
        self.turn: list[Outbox] | None = None
        """while a read is served: who is to be written to when it is done"""
        self._ticks = 0
        self._due: IDelayedCall | None = None
        self._server = f"sala-de-conversa/{version()}"
        self._limits = office.admission.limits.listed()

    def start(self) -> None:
        """Begin to tick."""
        self.now = self.clock.seconds()
        self._due = self.clock.callLater(TICK, self._tick)

    def stop(self) -> None:
        """Stop ticking, and cut whoever is still there."""
        if self._due is not None and self._due.active():
            self._due.cancel()
        for link in list(self.links):
            link.cut()

    def _tick(self) -> None:
        self._due = self.clock.callLater(TICK, self._tick)
        self.now = now = self.clock.seconds()
        for link in list(self.links):
            end_if_overdue(link, now)
        self._ticks += 1
        if self._ticks % FORGET == 0:
            self.office.admission.forget(now)

    def begin_turn(self) -> bool:
        """Gather what is written from now on; False if that is so already."""
        if self.turn is not None:
            return False
        self.turn = []
        return True

    def end_turn(self) -> None:
        """Write what was gathered, also what that brings about."""
        try:
            for out in self.turn or ():
                out.flush()
        finally:
            self.turn = None

    def admit(self, host: str, port: int, local: bool) -> RegistryProtocol | None:
        """Return the protocol of a new connection, or None if it is one too many or banned."""
        office = self.office
        if office.draining or office.identity.is_address_banned(host):
            return None
        who = office.admission.counted(host)
        if not office.admission.enter(who):
            return None
        return RegistryProtocol(self, who, host, port, local)

    def everybody(self) -> list[Session]:
        """Return the sessions of all who were greeted."""
        return [link.session for link in self.links if link.ready and not link.closing]

    def connected(self, link: RegistryProtocol) -> None:
        """Learn that a connection is there."""
        self.office.counters.connections += 1
        self.links.add(link)

    def disconnected(self, link: RegistryProtocol) -> None:
        """Learn that a connection has ended."""
        self.links.discard(link)
        self.office.admission.leave(link.who)
        if link.newcomer:
            link.newcomer = False
            self.office.admission.unregistered -= 1
        self.office.leave(link.session)
        session = link.session
        session.life.ends()
        session.link, session.life = NO_LINK, NO_LIFE

    def greeting(self, desafio: bytes | None) -> Ola:
        """Return the first line of a connection."""
        return Ola(VERSION, (), self._server, self._limits, desafio)

    def catch_up(self, session: Session, streamed: bool) -> None:
        """Give a client what it missed unread: a snapshot, or the changes since a long answer."""
        if not session.registered:
            return
        office = self.office
        changes = office.directory.since(session.base) if streamed else None
        session.base = office.directory.rev
        if changes is not None:
            lines = b"TABELA-MUDOU 0".join([b"", *(change.tail for change in changes)])
        elif len(office.directory) <= EVERYBODY:
            lines = snapshot(office, 0)
        else:
            lines = present(office, 0, session.watched)
        if lines:
            session.link.stream(lines)


def end_if_overdue(link: RegistryProtocol, now: float) -> None:
    """Do to a connection what time alone brings."""
    limits = link.server.office.admission.limits
    if link.closing:
        overdue, end = now >= link.closing, link.cut
    elif not link.ready:
        overdue, end = now - link.since >= limits.lapso_tls, link.cut
    elif link.newcomer and now - link.since >= limits.lapso_registro:
        overdue, end = True, link.close
    elif link.out.paused and now - link.out.paused_at >= PATIENCE:
        overdue, end = True, link.too_slow
    else:
        overdue, end = now - link.seen >= VIDA, link.cut
    if overdue:
        end()


class RegistryFactory(ServerFactory):
    """Makes the protocol of each connection.

    `local` on the plain endpoint; `half_closes` if the transport can end its own side alone.
    """

    noisy = False

    def __init__(self, server: Server, local: bool, half_closes: bool = True) -> None:
        self._server, self._local, self._half_closes = server, local, half_closes

    def buildProtocol(self, addr: IAddress | None) -> RegistryProtocol | None:
        """Admit a connection, or close it."""
        host = plain_host(getattr(addr, "host", "127.0.0.1"))
        link = self._server.admit(host, getattr(addr, "port", 0), self._local)
        if link is not None:
            link.half_closes = self._half_closes
        return link


class SecureFactory(TLSMemoryBIOFactory):
    """The same behind TLS; a refused connection costs no hand-shake, and writes go out at once."""

    noisy = False
    protocol = TLSMemoryBIOProtocol

    def buildProtocol(self, addr: IAddress | None) -> Any:
        """Wrap what the inner factory makes, if it makes something."""
        inner = self.wrappedFactory.buildProtocol(addr)
        wrap: Any = self.protocol
        return None if inner is None else wrap(self, inner)
