"""A store over a database that blocks: in a thread of its own, so that waiting for it holds nobody up.

Whatever was asked while the database worked is done together, where it can: many claims, one `fsync`. A
Deferred fires when its change is kept, never before.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import partial
from queue import Empty, SimpleQueue
from typing import Any, Protocol, TypeVar

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorFromThreads

from registro.storage.interface import (
    Action,
    Ban,
    BanKind,
    Invitation,
    Missed,
    OwnedName,
    StorageError,
    Stored,
)

T = TypeVar("T")
Job = tuple[Callable[[], Any], "Deferred[Any]"]


class Database(Protocol):
    """What blocks: the methods of a Store, answered when they return."""

    faults: tuple[type[Exception], ...]
    """what its methods raise when it cannot be read or written"""
    together: int
    """so many questions may share a transaction"""

    def transaction(self) -> AbstractContextManager[None]:
        """Do everything inside or nothing; kept when it is left."""

    def load(self, now: int = 0) -> Stored:
        """Read everything that is kept in memory."""

    def claim(self, nome: str, chave: bytes, hora: int, invitation: int | None) -> bool:
        """Own a free name."""

    def keep_missed(self, nome: str, de: str, hora: int) -> None:
        """Keep a missed call."""

    def take_missed(self, nome: str, since: int) -> list[Missed]:
        """Give and forget missed calls."""

    def raise_ceiling(self, ceiling: int) -> None:
        """Remember the ceiling of the revisions."""

    def actions(self) -> list[Action]:
        """Give what others did."""

    def names(self, prefix: str, limit: int) -> list[OwnedName]:
        """List owned names."""

    def free(self, nome: str, hora: int) -> bool:
        """Make a name claimable again."""

    def bans(self) -> list[Ban]:
        """List the bans."""

    def ban(self, ban: Ban) -> None:
        """Keep somebody out."""

    def lift(self, tipo: BanKind, valor: str, hora: int) -> bool:
        """Let somebody in again."""

    def invitations(self) -> list[Invitation]:
        """List the invitations."""

    def invite(self, segredo: str, nota: str, hora: int) -> int:
        """Keep a new invitation and give its number."""

    def revoke(self, ident: int, hora: int) -> bool:
        """Forget an invitation."""

    def close(self) -> None:
        """Let go of it."""


class ThreadedStore:
    """A Store on one Database; the thread starts with the first question."""

    def __init__(self, reactor: IReactorFromThreads, database: Database) -> None:
        self._reactor, self._database = reactor, database
        self._jobs: SimpleQueue[Job | None] = SimpleQueue()
        self._thread: threading.Thread | None = None
        self.transactions = 0
        """how often the database was asked; fewer than claims when many come at once"""

    def load(self, now: int = 0) -> Stored:
        """Read everything, in the caller's thread."""
        return self._database.load(now)

    def reserve(self, ceiling: int) -> None:
        """Remember the ceiling of the revisions, in the caller's thread."""
        try:
            with self._database.transaction():
                self._database.raise_ceiling(ceiling)
        except self._database.faults as error:
            raise StorageError(str(error)) from error

    def _ask(self, method: Callable[..., T], *values: Any) -> Deferred[T]:
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name="registro-dados", daemon=True)
            self._thread.start()
        answer: Deferred[T] = Deferred()
        self._jobs.put((lambda: method(*values), answer))
        return answer

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            jobs = [job, *self._waiting()]
            ended = jobs[-1] is None
            results = self._write_together([job for job in jobs if job is not None])
            self._reactor.callFromThread(_fire, results)
            if ended:
                return

    def _waiting(self) -> list[Job | None]:
        """Take what waits already, up to an end."""
        jobs: list[Job | None] = []
        try:
            while len(jobs) < self._database.together - 1 and (not jobs or jobs[-1] is not None):
                jobs.append(self._jobs.get_nowait())
        except Empty:
            pass
        return jobs

    def _write_together(self, jobs: list[Job]) -> list[Callable[[], None]]:
        """Do the jobs in one transaction; all succeed or, with the database, all fail."""
        self.transactions += 1
        try:
            with self._database.transaction():
                results = [(answer, job()) for job, answer in jobs]
        except self._database.faults as error:
            failed = StorageError(str(error))
            return [partial(answer.errback, failed) for _, answer in jobs]
        return [partial(answer.callback, result) for answer, result in results]

    def claim(self, nome: str, chave: bytes, hora: int, invitation: int | None) -> Deferred[bool]:
        """Own a free name."""
        return self._ask(self._database.claim, nome, chave, hora, invitation)

    def keep_missed(self, nome: str, de: str, hora: int) -> Deferred[None]:
        """Keep a missed call."""
        return self._ask(self._database.keep_missed, nome, de, hora)

    def take_missed(self, nome: str, since: int) -> Deferred[list[Missed]]:
        """Give and forget missed calls."""
        return self._ask(self._database.take_missed, nome, since)

    def raise_ceiling(self, ceiling: int) -> Deferred[None]:
        """Remember the ceiling of the revisions."""
        return self._ask(self._database.raise_ceiling, ceiling)

    def actions(self) -> Deferred[list[Action]]:
        """Give what others did."""
        return self._ask(self._database.actions)

    def names(self, prefix: str, limit: int) -> Deferred[list[OwnedName]]:
        """List owned names."""
        return self._ask(self._database.names, prefix, limit)

    def free(self, nome: str, hora: int) -> Deferred[bool]:
        """Make a name claimable again."""
        return self._ask(self._database.free, nome, hora)

    def bans(self) -> Deferred[list[Ban]]:
        """List the bans."""
        return self._ask(self._database.bans)

    def ban(self, ban: Ban) -> Deferred[None]:
        """Keep somebody out."""
        return self._ask(self._database.ban, ban)

    def lift(self, tipo: BanKind, valor: str, hora: int) -> Deferred[bool]:
        """Let somebody in again."""
        return self._ask(self._database.lift, tipo, valor, hora)

    def invitations(self) -> Deferred[list[Invitation]]:
        """List the invitations."""
        return self._ask(self._database.invitations)

    def invite(self, segredo: str, nota: str, hora: int) -> Deferred[int]:
        """Keep an invitation."""
        return self._ask(self._database.invite, segredo, nota, hora)

    def revoke(self, ident: int, hora: int) -> Deferred[bool]:
        """Forget an invitation."""
        return self._ask(self._database.revoke, ident, hora)

    def close(self) -> Deferred[None]:
        """Finish what was asked, then close the database."""
        closed: Deferred[None] = self._ask(lambda: None)
        self._jobs.put(None)

        def close(_: None) -> None:
            if self._thread is not None:
                self._thread.join()
            self._database.close()

        return closed.addCallback(close)


def _fire(results: list[Callable[[], None]]) -> None:
    for tell in results:
        tell()
