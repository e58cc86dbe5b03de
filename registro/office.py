"""The registry's rooms put together: one object that requests are served from. It does no I/O of its own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from twisted.internet.interfaces import IReactorTime

from registro.admission import Admission
from registro.counters import Counters
from registro.directory import Directory, Entry
from registro.identity import Identity
from registro.presence import Presence
from registro.relays import Relays
from registro.session import Session
from registro.storage.interface import Store
from registro.switchboard import Switchboard
from registro.trouble import Trouble, What
from registro.wire.errors import Encerramento, Estado

REV_AHEAD = 100_000
"""So many revisions are set aside on disk at a time, so that none is ever given twice."""


def _nothing(_: str) -> None:
    """Nobody wants to know."""


@dataclass(slots=True)
class Office:
    """Who is connected, who owns what, who talks to whom."""

    clock: IReactorTime
    wall: Callable[[], float]
    store: Store
    directory: Directory
    identity: Identity
    admission: Admission
    relays: Relays
    counters: Counters = field(default_factory=Counters)
    sessions: dict[str, Session] = field(default_factory=dict)
    missed: set[str] = field(default_factory=set)
    """the names that have missed calls on disk"""
    draining: bool = False
    ceiling: int = 0
    report: Callable[[str], object] = _nothing
    """told what went wrong, as one sentence"""
    joined: Callable[[], object] | None = None
    """told whenever a name enters the table"""
    presence: Presence = field(init=False)
    switchboard: Switchboard = field(init=False)

    def __post_init__(self) -> None:
        self.presence = Presence(self.clock, self.directory, self.sessions)
        self.presence.lag = self.counters.lag.add
        self.switchboard = Switchboard(self.clock, self.sessions, self.show)
        self.switchboard.answered = self.counters.setup.add

    def enter(self, session: Session) -> int:
        """Put a registered session into the table, in place of an older one; return the revision with it."""
        self._replace(session.nome)
        self.sessions[session.nome] = session
        link = session.link
        estado = self._shown(session)
        entry = Entry(session.nome, session.chave, estado, link.host, link.port, self.wall())
        session.base = rev = self.directory.join(entry)
        self.switchboard.came_back(session.nome)
        self.presence.changed()
        self._keep_ahead()
        if self.joined is not None:
            self.joined()
        return rev

    def _replace(self, nome: str) -> None:
        older = self.sessions.pop(nome, None)
        if older is not None:
            self._forget(older)
            self.switchboard.lost(nome)
            older.close(Encerramento.SESSAO_SUBSTITUIDA, "este nome entrou por outra conexão")

    def leave(self, session: Session) -> None:
        """Take a session out whose connection has ended."""
        nome = session.nome
        if nome and self.sessions.get(nome) is session:
            del self.sessions[nome]
            self._forget(session)
            self.directory.leave(nome)
            self.switchboard.lost(nome)
            self.presence.changed()
            self._keep_ahead()

    def _forget(self, session: Session) -> None:
        """The session has no name any more: what it still says is of no use."""
        self.presence.watch(session, ())
        session.nome = ""
        session.life.ends()

    def _shown(self, session: Session) -> str:
        return Estado.OCUPADO if session.nome in self.switchboard.by_name else session.estado

    def show(self, nome: str) -> None:
        """Say in the table what a name is doing now."""
        session = self.sessions.get(nome)
        if session is not None and self.directory.set_estado(nome, self._shown(session)):
            self.presence.changed()

    def dismiss(self, session: Session, codigo: Encerramento, motivo: str) -> None:
        """Send a registered client away."""
        self.leave(session)
        session.close(codigo, motivo)

    def _keep_ahead(self) -> None:
        """Set revisions aside on disk before they could be given."""
        if self.directory.rev + REV_AHEAD // 2 > self.ceiling:
            self.ceiling = self.directory.rev + REV_AHEAD
            raised = self.store.raise_ceiling(self.ceiling)
            raised.addErrback(
                lambda failure: self.report(Trouble(What.STORE, porque=failure.getErrorMessage()))
            )


class Request(NamedTuple):
    """One line of a client, read: what a handler is given."""

    office: Office
    session: Session
    message: Any
    seq: int
    line: bytes
