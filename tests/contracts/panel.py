"""What every daemon keeps towards its panel: the contract of `registro.panel.status`.

A test case mixes this in and gives `house` and the verbs that make something happen in it.
"""

from __future__ import annotations

from dataclasses import FrozenInstanceError
from typing import TYPE_CHECKING, Protocol, TypeVar

from twisted.internet.defer import Deferred
from twisted.trial.unittest import TestCase

from registro.panel.status import BanKind, House, Person, Reason, RefusedError, Stage, Table, TableChange

_Value = TypeVar("_Value")
# A mixin to the runner, a test case to the reader of types: imported names must not be run by themselves.
_Base = TestCase if TYPE_CHECKING else object


class World(Protocol):
    """How a test makes things happen in the daemon that is under contract."""

    house: House

    def join(self, name: str) -> None:
        """Let somebody register from 192.0.2.7."""

    def leave(self, name: str) -> None:
        """Let somebody's connection end, and the table be sealed."""

    def look_up(self, asker: str, name: str) -> None:
        """Let somebody who is registered ask for a name."""

    def ring(self, caller: str, callee: str) -> None:
        """Let somebody call somebody."""

    def hang_up(self, caller: str) -> None:
        """Let the caller end the call."""

    def pass_time(self) -> None:
        """Let a second pass."""

    def drain_over(self) -> None:
        """Let the time of the drain pass."""


def applied(rows: dict[str, Person], change: TableChange) -> dict[str, Person]:
    """Do to a table what a change says."""
    kept = {name: person for name, person in rows.items() if name not in change.gone}
    return kept | {person.name: person for person in change.present}


def by_name(table: Table) -> dict[str, Person]:
    """Index a table."""
    return {person.name: person for person in table.people}


class PanelContract(_Base):
    """Mix in, with `world` made in `setUp`."""

    world: World

    def test_a_new_daemon_is_open_and_empty(self) -> None:
        """A daemon that has just started is open, with nobody in the table and no call."""
        status = self.world.house.status()
        self.assertEqual(status.stage, Stage.OPEN)
        self.assertIsNone(status.drain_left)
        self.assertEqual(
            (status.present.registered, status.present.ringing, status.present.talking), (0, 0, 0)
        )
        self.assertEqual(self.world.house.table().people, ())
        self.assertEqual(self.world.house.calls(10).total, 0)
        self.assertGreaterEqual(status.now, status.started)

    def test_status_is_frozen(self) -> None:
        """What was read does not change any more when something happens, and nobody can change it."""
        before = self.world.house.status()
        self.world.join("ana")
        self.assertEqual(before.present.registered, 0)
        with self.assertRaises((FrozenInstanceError, AttributeError)):
            before.version = "9"  # type: ignore[misc]

    def test_place_says_how_to_get_here(self) -> None:
        """The place has a link that carries the fingerprint."""
        place = self.world.house.status().place
        self.assertTrue(place.link.startswith("sala://"))
        self.assertIn(place.fingerprint, place.link)

    def test_who_registers_is_in_the_table(self) -> None:
        """A registration shows as a row with name, address, state and time."""
        self.world.join("ana")
        (person,) = self.world.house.table().people
        self.assertEqual((person.name, person.address, person.state), ("ana", "192.0.2.7", "livre"))
        status = self.world.house.status()
        self.assertEqual(status.present.registered, 1)
        self.assertTrue(status.started <= person.since <= status.now)

    def test_snapshot_and_changes_give_the_table(self) -> None:
        """A table with the changes since its revision is the table of now, whoever came and went."""
        self.world.join("ana")
        self.world.join("bia")
        before = self.world.house.table()
        self.world.leave("ana")
        self.world.join("caio")
        change = self.world.house.table_since(before.revision)
        assert change is not None
        self.assertEqual(applied(by_name(before), change), by_name(self.world.house.table()))
        self.assertEqual(change.revision, self.world.house.table().revision)

    def test_no_change_is_an_empty_change(self) -> None:
        """When nothing happened since a revision, the change is empty and has that revision."""
        self.world.join("ana")
        revision = self.world.house.table().revision
        self.assertEqual(self.world.house.table_since(revision), TableChange(revision, (), ()))

    def test_a_revision_from_long_ago_is_not_known(self) -> None:
        """Changes since a revision that was never kept are not made up."""
        self.world.join("ana")
        self.assertIsNone(self.world.house.table_since(0))

    def test_a_call_shows_from_ringing_to_its_end(self) -> None:
        """A call is listed with both names while it lives, and counted by its cause when it has ended."""
        for name in ("ana", "bia"):
            self.world.join(name)
        self.world.ring("ana", "bia")
        calls = self.world.house.calls(10)
        self.assertEqual((calls.total, calls.calls[0].caller, calls.calls[0].callee), (1, "ana", "bia"))
        self.assertEqual(calls.calls[0].state, "tocando")
        self.assertEqual(self.world.house.status().present.ringing, 1)
        self.world.hang_up("ana")
        self.assertEqual(self.world.house.calls(10).total, 0)
        self.assertEqual(sum(self.world.house.status().traffic.calls_ended.values()), 1)

    def test_calls_are_limited_and_counted(self) -> None:
        """The list of calls is cut where it was asked to be, its total is not."""
        for name in ("ana", "bia", "caio", "duda"):
            self.world.join(name)
        self.world.ring("ana", "bia")
        self.world.ring("caio", "duda")
        calls = self.world.house.calls(1)
        self.assertEqual((calls.total, len(calls.calls), calls.calls[0].caller), (2, 1, "ana"))

    def test_messages_are_numbered_and_come_once(self) -> None:
        """Who asks for the messages after the last that was seen gets only new ones, in order."""
        self.world.join("ana")
        first = self.world.house.messages_since(0, 100)
        self.world.look_up("ana", "ana")
        second = self.world.house.messages_since(first.last, 100)
        verbs = [entry.verb for entry in second.entries]
        self.assertEqual(verbs, ["PEDIDO-CONSULTA", "CONSULTA-BEM-SUCEDIDA"])
        self.assertEqual([entry.way for entry in second.entries], ["<", ">"])
        self.assertEqual({entry.who for entry in second.entries}, {"ana"})
        self.assertTrue(all(entry.number > first.last for entry in second.entries))
        self.assertEqual(self.world.house.messages_since(second.last, 100).entries, ())

    def test_messages_are_limited_to_the_newest(self) -> None:
        """Where more messages wait than were asked for, the newest come and the others are counted."""
        self.world.join("ana")
        seen = self.world.house.messages_since(0, 100).last
        for _ in range(5):
            self.world.look_up("ana", "ana")
        batch = self.world.house.messages_since(seen, 4)
        self.assertEqual((len(batch.entries), batch.skipped), (4, 6))
        self.assertEqual(batch.entries[-1].number, batch.last)

    def test_messages_are_narrowed_by_verb_and_name(self) -> None:
        """A filter keeps what begins with the verb and what concerns the name."""
        for name in ("ana", "bia"):
            self.world.join(name)
        seen = self.world.house.messages_since(0, 1000).last
        self.world.look_up("ana", "bia")
        self.world.look_up("bia", "bia")
        asked = self.world.house.messages_since(seen, 100, verb="PEDIDO-C").entries
        self.assertEqual([entry.who for entry in asked], ["ana", "bia"])
        mine = self.world.house.messages_since(seen, 100, name="ana").entries
        self.assertEqual({entry.who for entry in mine}, {"ana"})
        self.assertEqual(self.world.house.messages_since(seen, 100, name="ninguem").entries, ())

    def test_look_ups_and_messages_are_counted(self) -> None:
        """Look-ups are counted by their result, lines by their way."""
        self.world.join("ana")
        before = self.world.house.status().traffic
        self.world.look_up("ana", "ana")
        self.world.look_up("ana", "ninguem")
        after = self.world.house.status().traffic
        self.assertEqual(after.lookups_found - before.lookups_found, 1)
        self.assertEqual(after.lookups_missing - before.lookups_missing, 1)
        self.assertEqual(after.messages_in - before.messages_in, 2)
        self.assertEqual(after.messages_out - before.messages_out, 2)

    def test_closing_without_calls_is_done_at_once_or_drains(self) -> None:
        """Closing ends the open stage and opening brings it back; doing either twice is doing it once."""
        self.world.house.close()
        self.world.house.close()
        self.assertNotEqual(self.world.house.stage(), Stage.OPEN)
        self.assertEqual(self.world.house.status().stage, self.world.house.stage())
        self.world.house.open()
        self.world.house.open()
        self.assertEqual(self.world.house.status().stage, Stage.OPEN)
        self.assertIsNone(self.world.house.status().drain_left)

    def test_draining_ends(self) -> None:
        """When the time of the drain is over the daemon is closed, and can be opened."""
        self.world.join("ana")
        self.world.house.close()
        self.world.drain_over()
        self.assertEqual(self.world.house.status().stage, Stage.CLOSED)
        self.world.house.open()
        self.assertEqual(self.world.house.status().stage, Stage.OPEN)

    def test_owned_names_are_listed_and_freed(self) -> None:
        """A registered name has an owner until it is freed; freeing a name that nobody owns is refused."""
        self.world.join("ana")
        self.assertEqual([name.name for name in self._now(self.world.house.names("an", 10))], ["ana"])
        self._now(self.world.house.free("ana"))
        self.assertEqual(self._now(self.world.house.names("an", 10)), ())
        self.failureResultOf(self.world.house.free("ana"), RefusedError)

    def test_a_ban_is_listed_until_it_is_lifted(self) -> None:
        """Bans are listed newest first, and gone when lifted; lifting what is no ban is refused."""
        self._now(self.world.house.ban(BanKind.RANGE, "198.51.100.0/24", "enxurrada"))
        self.world.pass_time()
        self._now(self.world.house.ban(BanKind.NAME, "mallory", ""))
        listed = self._now(self.world.house.bans())
        self.assertEqual((listed[0].kind, listed[0].value), (BanKind.NAME, "mallory"))
        self.assertEqual(listed[1].reason, "enxurrada")
        self._now(self.world.house.lift(BanKind.NAME, "mallory"))
        self.assertEqual([ban.value for ban in self._now(self.world.house.bans())], ["198.51.100.0/24"])
        self.failureResultOf(self.world.house.lift(BanKind.NAME, "mallory"), RefusedError)

    def test_a_ban_that_makes_no_sense_is_refused(self) -> None:
        """An address range that is none is refused, with the reason and what was said."""
        failure = self.failureResultOf(self.world.house.ban(BanKind.RANGE, "em casa", ""), RefusedError)
        self.assertEqual(failure.value.reason, Reason.NO_RANGE)
        self.assertEqual(failure.value.values, {"valor": "em casa"})

    def test_who_is_banned_leaves(self) -> None:
        """A ban ends the connections that it is about."""
        self.world.join("mallory")
        self._now(self.world.house.ban(BanKind.NAME, "mallory", ""))
        self.assertNotIn("mallory", by_name(self.world.house.table()))

    def test_an_invitation_is_listed_without_its_secret(self) -> None:
        """An invitation gives its secret once; the list knows its note, and it is gone when revoked."""
        secret = self._now(self.world.house.invite("para a Rita"))
        self.assertGreaterEqual(len(secret), 16)
        (listed,) = self._now(self.world.house.invitations())
        self.assertEqual((listed.note, listed.used), ("para a Rita", 0))
        self.assertNotIn(secret, repr(listed))
        self._now(self.world.house.revoke(listed.ident))
        self.assertEqual(self._now(self.world.house.invitations()), ())
        self.failureResultOf(self.world.house.revoke(listed.ident), RefusedError)

    def _now(self, result: Deferred[_Value]) -> _Value:
        """Give what a Deferred has by now."""
        value: _Value = self.successResultOf(result)
        return value
