"""The SQLite store: the database in a thread of its own, so that waiting for the disk holds nobody up.

Whatever was asked while the disk worked is written together: many claims, one `fsync`. A Deferred fires
when its change is on disk, never before.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any, TypeVar

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorFromThreads

from registro.storage.database import Database
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
_TOGETHER = 256
Job = tuple[Callable[[], Any], "Deferred[Any]"]


class SQLiteStore:
    """A Store on one SQLite file; the thread starts with the first question."""

    def __init__(self, reactor: IReactorFromThreads, path: Path) -> None:
        self._reactor = reactor
        self._database = Database(path, threads=True)
        self._jobs: SimpleQueue[Job | None] = SimpleQueue()
        self._thread: threading.Thread | None = None
        self.transactions = 0
        """how often the disk was asked; fewer than claims when many come at once"""

    def load(self, now: int = 0) -> Stored:
        """Read everything, in the caller's thread."""
        return self._database.load(now)

    def _ask(self, method: Callable[..., T], *values: Any) -> Deferred[T]:
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name="registro-sqlite", daemon=True)
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
            while len(jobs) < _TOGETHER and (not jobs or jobs[-1] is not None):
                jobs.append(self._jobs.get_nowait())
        except Empty:
            pass
        return jobs

    def _write_together(self, jobs: list[Job]) -> list[Callable[[], None]]:
        """Do the jobs in one transaction; all succeed or, with the disk, all fail."""
        self.transactions += 1
        try:
            with self._database.transaction():
                results = [(answer, job()) for job, answer in jobs]
        except (sqlite3.Error, OSError, ValueError) as error:
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
        """Finish what was asked, then close the file."""
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
