"""The SQLite store, which a registry has when it is told nothing else."""

from __future__ import annotations

from pathlib import Path

from twisted.internet.interfaces import IReactorFromThreads

from registro.storage.database import Database
from registro.storage.threaded import ThreadedStore


class SQLiteStore(ThreadedStore):
    """A Store on one SQLite file."""

    def __init__(self, reactor: IReactorFromThreads, path: Path) -> None:
        """Open the file or make it; StorageError where that cannot be done."""
        super().__init__(reactor, Database(path, threads=True))
