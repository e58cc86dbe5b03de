"""The stores keep the contract; SQLite besides: files, upgrades, many at once, another process, kill -9."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

from twisted.internet import reactor
from twisted.internet.defer import gatherResults, inlineCallbacks
from twisted.trial.unittest import TestCase

from registro.storage import database
from registro.storage.database import FILE, Database, schemas
from registro.storage.interface import Action, ActionKind, Ban, BanKind, StorageError, Store
from registro.storage.memory import MemoryStore
from registro.storage.sqlite import SQLiteStore
from tests.contracts.store import KEY, OTHER, StoreContract

_ROOT = Path(__file__).parent.parent.parent.parent
_CLAIM_AND_DIE = """
import sys
from pathlib import Path
from twisted.internet import reactor
from registro.storage.sqlite import SQLiteStore
store = SQLiteStore(reactor, Path(sys.argv[1]))
def claim(number):
    store.claim(f"nome{number}", b"k" * 32, 1, None).addCallback(told, number)
def told(owned, number):
    sys.stdout.write(f"nome{number}\\n"); sys.stdout.flush(); claim(number + 20)
for number in range(20):
    reactor.callWhenRunning(claim, number)
reactor.run()
"""


class MemoryStoreTests(StoreContract, TestCase):
    """The memory store."""

    def make_store(self) -> Store:
        """Make it."""
        return MemoryStore()


class SQLiteCase(TestCase):
    """A folder, and stores in it that are closed at the end."""

    def open(self) -> SQLiteStore:
        """Open the file of this test."""
        folder = Path(self.mktemp())
        folder.mkdir()
        return self.open_at(folder / FILE)

    def open_at(self, path: Path) -> SQLiteStore:
        """Open a file."""
        store = SQLiteStore(reactor, path)  # type: ignore[arg-type]
        self.addCleanup(store.close)
        self.path = path
        return store


class SQLiteStoreTests(StoreContract, SQLiteCase):
    """The SQLite store."""

    def make_store(self) -> Store:
        """Make it."""
        return self.open()


class FileTests(SQLiteCase):
    """What only a file has."""

    @inlineCallbacks
    def test_survives(self) -> Any:
        """Everything is there again when the file is opened again."""
        store = self.open()
        yield store.claim("ana", KEY, 1, None)
        yield store.keep_missed("ana", "eva", 9)
        yield store.ban(Ban(BanKind.NOME, "eva", 2, "spam"))
        yield store.raise_ceiling(77)
        stored = self.open_at(self.path).load()
        self.assertEqual((stored.owners, stored.missed, stored.ceiling), ({"ana": KEY}, {"ana"}, 77))
        self.assertEqual(stored.bans, (Ban(BanKind.NOME, "eva", 2, "spam"),))
        self.assertEqual(self.path.stat().st_mode & 0o777, 0o600)

    @inlineCallbacks
    def test_many_at_once(self) -> Any:
        """Many claims asked at once share a few transactions, and each has its own answer."""
        store = self.open()
        before = store.transactions
        answers = yield gatherResults(
            [store.claim(f"n{n % 200}", bytes([n // 200]) * 32, 1, None) for n in range(400)]
        )
        self.assertEqual(answers, [True] * 200 + [False] * 200)
        self.assertLess(store.transactions - before, 50)

    @inlineCallbacks
    def test_another_process(self) -> Any:
        """What another connection does is told once, in order."""
        store = self.open()
        yield store.claim("ana", KEY, 1, None)
        self.assertEqual((yield store.actions()), [])
        other = Database(self.path)
        self.addCleanup(other.close)
        with other.transaction():
            other.free("ana", 2)
            other.ban(Ban(BanKind.NOME, "eva", 2, ""))
        found = yield store.actions()
        self.assertEqual(found, [Action(ActionKind.FREED, "ana"), Action(ActionKind.BANS)])
        self.assertEqual((yield store.actions()), [])
        self.assertTrue((yield store.claim("ana", OTHER, 3, None)))

    @inlineCallbacks
    def test_own_actions_beside_others(self) -> Any:
        """What one did oneself is not told among what others did."""
        store = self.open()
        yield store.claim("ana", KEY, 1, None)
        yield store.free("ana", 2)
        other = Database(self.path)
        self.addCleanup(other.close)
        with other.transaction():
            other.invite("segredo", "", 3)
        self.assertEqual((yield store.actions()), [Action(ActionKind.INVITATIONS)])

    @inlineCallbacks
    def test_locked(self) -> Any:
        """A file that somebody else keeps locked is an error in the end, and no claim."""
        self.patch(database, "_BUSY", 0.05)
        store = self.open()
        other = sqlite3.connect(self.path, isolation_level=None)
        self.addCleanup(other.close)
        other.execute("BEGIN IMMEDIATE")
        yield self.assertFailure(store.claim("ana", KEY, 1, None), StorageError)
        other.execute("ROLLBACK")
        self.assertTrue((yield store.claim("ana", OTHER, 1, None)))

    def test_upgrade(self) -> None:
        """An older schema is brought up to date by the scripts that are missing, with what it holds."""
        made = self._folder() / FILE
        older = Database(made)
        with older.transaction():
            older.claim("ana", KEY, 1, None)
        older.close()
        second = "CREATE TABLE novidade (x INTEGER); INSERT INTO novidade SELECT count(*) FROM names;"
        self.patch(database, "schemas", lambda: [*schemas(), second])
        upgraded = Database(made)
        self.addCleanup(upgraded.close)
        self.assertEqual(upgraded._one("PRAGMA user_version"), 2)
        self.assertEqual(upgraded._one("SELECT x FROM novidade"), 1)

    def test_failed_upgrade(self) -> None:
        """An upgrade that fails leaves the file as it was."""
        made = self._folder() / FILE
        Database(made).close()
        self.patch(database, "schemas", lambda: [*schemas(), "CREATE TABLE a (x); SELECT nada FROM nenhum;"])
        self.assertRaises(StorageError, Database, made)
        self.patch(database, "schemas", schemas)
        again = Database(made)
        self.addCleanup(again.close)
        self.assertEqual(again._one("PRAGMA user_version"), 1)

    def test_newer_file(self) -> None:
        """A file of a newer program is not touched."""
        made = self._folder() / FILE
        Database(made).close()
        raw = sqlite3.connect(made)
        raw.execute("PRAGMA user_version = 99")
        raw.close()
        error = self.assertRaises(StorageError, Database, made)
        self.assertIn("mais nova", str(error))

    def test_not_a_database(self) -> None:
        """A file that is something else is one clear error."""
        made = self._folder() / FILE
        made.write_bytes(b"isto nao e um banco de dados" * 100)
        self.assertRaises(StorageError, Database, made)

    def test_killed(self) -> None:
        """Nothing that was answered is lost when the process is killed."""
        path = self._folder() / FILE
        child = subprocess.Popen(
            [sys.executable, "-c", _CLAIM_AND_DIE, str(path)], stdout=subprocess.PIPE, cwd=_ROOT
        )
        assert child.stdout is not None
        with child.stdout as out:
            told = [out.readline().decode().strip() for _ in range(100)]
            os.kill(child.pid, signal.SIGKILL)
            told += out.read().decode().split("\n")[:-1]
        child.wait()
        again = Database(path)
        self.addCleanup(again.close)
        self.assertLessEqual(set(told), set(again.load().owners))

    def test_backup(self) -> None:
        """A copy is whole while the file is in use."""
        made = Database(self._folder() / FILE)
        self.addCleanup(made.close)
        with made.transaction():
            made.claim("ana", KEY, 1, None)
        copy = self._folder() / "copia.sqlite3"
        made.backup(copy)
        again = Database(copy)
        self.addCleanup(again.close)
        self.assertEqual(again.load().owners, {"ana": KEY})

    def _folder(self) -> Path:
        folder = Path(self.mktemp()).absolute()
        folder.mkdir()
        return folder
