"""What every store of the registry promises: run by the memory store, SQLite and Redis alike."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from twisted.internet.defer import Deferred, inlineCallbacks
from twisted.trial.unittest import TestCase

from registro.storage.interface import MISSED_PER_NAME, Ban, BanKind, Missed, OwnedName, Store

KEY, OTHER = b"k" * 32, b"o" * 32
# A mixin to the runner, a test case to the reader of types: imported names must not be run by themselves.
_Base = TestCase if TYPE_CHECKING else object


class StoreContract(_Base):
    """Mixed into a test case with `make_store` of one kind of store: empty, and closed at the end."""

    make_store: Any

    def setUp(self) -> None:
        """Make a store."""
        self.store: Store = self.make_store()

    @inlineCallbacks
    def test_claim(self) -> Any:
        """The first key to claim a name owns it; claiming again changes nothing."""
        self.assertTrue((yield self.store.claim("ana", KEY, 5, None)))
        self.assertTrue((yield self.store.claim("ana", KEY, 6, None)))
        self.assertFalse((yield self.store.claim("ana", OTHER, 7, None)))
        self.assertEqual((yield self.store.names("", 9)), [OwnedName("ana", KEY, 5)])
        self.assertEqual(self.store.load().owners, {"ana": KEY})

    @inlineCallbacks
    def test_free(self) -> Any:
        """A freed name may be claimed by anybody, and its missed calls are gone."""
        yield self.store.claim("ana", KEY, 5, None)
        yield self.store.keep_missed("ana", "eva", 6)
        self.assertTrue((yield self.store.free("ana", 7)))
        self.assertFalse((yield self.store.free("ana", 7)))
        self.assertEqual((yield self.store.take_missed("ana", 0)), [])
        self.assertTrue((yield self.store.claim("ana", OTHER, 8, None)))

    @inlineCallbacks
    def test_names(self) -> Any:
        """Names are listed by how they begin, in order, so many at a time."""
        for nome in ("bia", "ana", "anabela", "a%", "ção"):
            yield self.store.claim(nome, KEY, 5, None)
        for prefix, limit, found in (
            ("", 9, ["a%", "ana", "anabela", "bia", "ção"]),
            ("an", 9, ["ana", "anabela"]),
            ("", 2, ["a%", "ana"]),
            ("%", 9, []),
            ("ç", 9, ["ção"]),
        ):
            names = yield self.store.names(prefix, limit)
            self.assertEqual([name.nome for name in names], found)

    @inlineCallbacks
    def test_missed(self) -> Any:
        """The newest 20 missed calls of a name are given once, oldest first, without the too old."""
        for hora in range(MISSED_PER_NAME + 5):
            yield self.store.keep_missed("ana", f"de{hora}", hora)
        yield self.store.keep_missed("bia", "eva", 1)
        self.assertEqual(self.store.load().missed, {"ana", "bia"})
        missed = yield self.store.take_missed("ana", 7)
        self.assertEqual(missed, [Missed(f"de{hora}", hora) for hora in range(7, 25)])
        self.assertEqual((yield self.store.take_missed("ana", 0)), [])
        self.assertEqual((yield self.store.take_missed("bia", 0)), [Missed("eva", 1)])
        self.assertEqual(self.store.load().missed, frozenset())

    @inlineCallbacks
    def test_bans(self) -> Any:
        """Bans are listed newest first, replaced by kind and value, and lifted."""
        old, new = Ban(BanKind.FAIXA, "192.0.2.0/24", 1, "spam"), Ban(BanKind.NOME, "eva", 2, "")
        for ban in (old, Ban(BanKind.NOME, "eva", 1, "antes"), new):
            yield self.store.ban(ban)
        self.assertEqual((yield self.store.bans()), [new, old])
        self.assertEqual(set(self.store.load().bans), {new, old})
        self.assertTrue((yield self.store.lift(BanKind.NOME, "eva", 3)))
        self.assertFalse((yield self.store.lift(BanKind.NOME, "eva", 3)))
        self.assertEqual((yield self.store.bans()), [old])

    @inlineCallbacks
    def test_invitations(self) -> Any:
        """Invitations count the new names they were used for, and can be revoked."""
        first = yield self.store.invite("segredo um", "para a ana", 1)
        second = yield self.store.invite("segredo dois", "", 2)
        yield self.store.claim("ana", KEY, 3, first)
        yield self.store.claim("ana", KEY, 4, first)
        made = yield self.store.invitations()
        self.assertEqual(
            [(i.ident, i.segredo, i.nota, i.desde, i.usos) for i in made],
            [
                (second, "segredo dois", "", 2, 0),
                (first, "segredo um", "para a ana", 1, 1),
            ],
        )
        self.assertTrue((yield self.store.revoke(first, 5)))
        self.assertFalse((yield self.store.revoke(first, 5)))
        self.assertEqual([i.ident for i in self.store.load().invitations], [second])

    @inlineCallbacks
    def test_ceiling(self) -> Any:
        """The highest revision set aside is remembered."""
        self.assertEqual(self.store.load().ceiling, 0)
        self.store.reserve(10**12)
        self.assertEqual(self.store.load().ceiling, 10**12)
        yield self.store.raise_ceiling(10**13)
        self.assertEqual(self.store.load().ceiling, 10**13)

    def test_own_actions(self) -> Deferred[None]:
        """What a store's own user does is no news to it."""

        def look(_: object) -> Deferred[None]:
            return self.store.actions().addCallback(self.assertEqual, [])

        return self.store.free("ninguem", 1).addCallback(look)
