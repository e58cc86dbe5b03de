"""The Redis store keeps the contract on a real server; besides: several nodes, a killed server."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any
from unittest import SkipTest

import redis
from twisted.internet import reactor
from twisted.internet.defer import inlineCallbacks
from twisted.trial.unittest import TestCase

from registro.storage.interface import Action, ActionKind, Ban, BanKind, Missed, StorageError, Store
from registro.storage.redis import SCHEMA, VERSION, RedisDatabase, RedisStore
from tests.contracts.store import KEY, OTHER, StoreContract
from tests.support.redis_server import RedisServer, program


class RedisCase(TestCase):
    """A server of the test's own."""

    server: RedisServer

    def serve(self) -> None:
        """Start it; it ends with the test."""
        folder = tempfile.TemporaryDirectory(prefix="sala-redis-")
        self.addCleanup(folder.cleanup)
        found = program(Path(folder.name))
        if found is None:
            raise SkipTest("redis-server is not installed")
        self.server = RedisServer(found, Path(folder.name))
        self.addCleanup(self.server.stop)

    def open(self) -> RedisStore:
        """Open a store, as one node does."""
        store = RedisStore(reactor, self.server.url)  # type: ignore[arg-type]
        self.addCleanup(store.close)
        return store


class RedisStoreTests(StoreContract, RedisCase):
    """The Redis store."""

    def make_store(self) -> Store:
        """Make it."""
        self.serve()
        return self.open()


class SeveralNodesTests(RedisCase):
    """Nodes that share a server."""

    def setUp(self) -> None:
        """Open two."""
        self.serve()
        self.one, self.two = self.open(), self.open()

    @inlineCallbacks
    def test_one_owner(self) -> Any:
        """A name that one node gave away the other refuses, and both know its owner."""
        self.assertTrue((yield self.one.claim("ana", KEY, 1, None)))
        self.assertFalse((yield self.two.claim("ana", OTHER, 2, None)))
        self.assertTrue((yield self.two.claim("ana", KEY, 2, None)))
        self.assertEqual(self.two.load().owners, {"ana": KEY})

    @inlineCallbacks
    def test_told(self) -> Any:
        """What one node does the other is told, once and in order; the one that did it is not."""
        yield self.one.claim("ana", KEY, 1, None)
        yield self.one.keep_missed("ana", "bia", 2)
        yield self.one.ban(Ban(BanKind.NOME, "eva", 3, ""))
        yield self.one.free("ana", 4)
        told = yield self.two.actions()
        self.assertEqual(
            told,
            [
                Action(ActionKind.CLAIMED, "ana", KEY),
                Action(ActionKind.MISSED, "ana"),
                Action(ActionKind.BANS),
                Action(ActionKind.FREED, "ana"),
            ],
        )
        self.assertEqual((yield self.two.actions()), [])
        self.assertEqual((yield self.one.actions()), [])

    @inlineCallbacks
    def test_missed_anywhere(self) -> Any:
        """A call missed at one node is told at the other, once."""
        yield self.one.keep_missed("ana", "bia", 2)
        self.assertEqual((yield self.two.take_missed("ana", 0)), [Missed("bia", 2)])
        self.assertEqual((yield self.one.take_missed("ana", 0)), [])

    @inlineCallbacks
    def test_ceiling(self) -> Any:
        """A node that lags behind does not lower the ceiling of the revisions."""
        yield self.one.raise_ceiling(10**13)
        yield self.two.raise_ceiling(10**12)
        self.assertEqual(self.one.load().ceiling, 10**13)


class ServerTests(RedisCase):
    """A server that comes and goes."""

    def setUp(self) -> None:
        """Start it."""
        self.serve()

    @inlineCallbacks
    def test_killed(self) -> Any:
        """Nothing that was answered is lost when the server is killed; its next start is found."""
        store = self.open()
        yield store.claim("ana", KEY, 1, None)
        yield store.keep_missed("ana", "eva", 9)
        yield store.raise_ceiling(77)
        self.server.kill()
        yield self.assertFailure(store.claim("bia", KEY, 1, None), StorageError)
        self.server.start()
        self.assertTrue((yield store.claim("caio", KEY, 1, None)))
        stored = self.open().load()
        self.assertEqual((stored.owners, stored.ceiling), ({"ana": KEY, "caio": KEY}, 77))
        self.assertEqual(stored.missed, {"ana"})

    def test_nobody_there(self) -> None:
        """A server that is not there is one error, at once."""
        self.assertRaises(StorageError, RedisDatabase, "redis://127.0.0.1:1/0")
        self.assertRaises(StorageError, RedisDatabase, "redis://127.0.0.1:um/0")

    def test_newer_data(self) -> None:
        """The data of a newer program is not touched."""
        with redis.Redis.from_url(self.server.url) as raw:
            raw.set(SCHEMA, VERSION + 1)
        error = self.assertRaises(StorageError, RedisDatabase, self.server.url)
        self.assertIn("mais nova", str(error))
