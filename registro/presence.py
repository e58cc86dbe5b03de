"""Who hears of which change: gathered for 250 ms, encoded once, written to all (protocol section 3)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import accumulate

from twisted.internet.interfaces import IDelayedCall, IReactorTime

from registro.directory import Batch, Change, Directory
from registro.session import Session
from registro.wire import codec
from registro.wire.messages import TabelaFim

GATHER = 0.25
EVERYBODY = 500
"""Up to so many connected names everybody hears of everything."""

_PUSH = b"TABELA-MUDOU 0"


class Presence:
    """Pushes the directory's changes to the sessions."""

    def __init__(self, clock: IReactorTime, directory: Directory, sessions: dict[str, Session]) -> None:
        self._clock, self._directory, self._sessions = clock, directory, sessions
        self._watchers: dict[str, set[Session]] = {}
        self._due: IDelayedCall | None = None
        self._since = 0.0
        self.lag: Callable[[float], object] | None = None
        """told how long the oldest change of a batch has waited"""

    def changed(self) -> None:
        """Push soon what the directory has waiting."""
        if self._due is None and self._directory.waiting:
            self._since = self._clock.seconds()
            self._due = self._clock.callLater(GATHER, self.flush)

    def flush(self) -> None:
        """Push now."""
        if self._due is not None and self._due.active():
            self._due.cancel()
        self._due = None
        batch = self._directory.seal()
        if batch is not None:
            if self.lag is not None:
                self.lag(self._clock.seconds() - self._since)
            if len(self._directory) <= EVERYBODY:
                self._to_everybody(batch)
            else:
                self._to_watchers(batch)

    def _to_everybody(self, batch: Batch) -> None:
        lines = [_PUSH + change.tail for change in batch.changes]
        starts = [0, *accumulate(map(len, lines))]
        whole, first = b"".join(lines), batch.first
        for session in list(self._sessions.values()):
            if session.link.behind:
                session.stale = True
            elif session.base < first:
                session.link.write(whole, len(lines))
            elif session.base - first + 1 < len(lines):
                skipped = session.base - first + 1
                session.link.write(whole[starts[skipped] :], len(lines) - skipped)

    def _to_watchers(self, batch: Batch) -> None:
        end = codec.render(TabelaFim(self._directory.rev))
        wanted: dict[Session, list[Change]] = {}
        for change in batch.changes:
            for session in self._watchers.get(change.nome, ()):
                if session.base < change.rev:
                    wanted.setdefault(session, []).append(change)
        for session, changes in wanted.items():
            if session.link.behind:
                session.stale = True
            else:
                lines = b"".join(_PUSH + change.tail for change in changes)
                session.link.write(lines + end, len(changes) + 1)

    def watch(self, session: Session, names: Iterable[str]) -> None:
        """Make these the names whose changes the session hears of in a big table."""
        for nome in session.watched:
            watchers = self._watchers.get(nome, set())
            watchers.discard(session)
            if not watchers:
                self._watchers.pop(nome, None)
        session.watched = frozenset(names)
        for nome in session.watched:
            self._watchers.setdefault(nome, set()).add(session)
