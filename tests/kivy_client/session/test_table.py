"""The table: whatever the registry sends, what the client knows is what the registry has."""

from collections.abc import Iterable

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from kivy_client.session.table import GAP_TIME, Table
from kivy_client.session.vocabulary import Presence
from registro.wire.messages import (
    Message,
    PedidoTabela,
    TabelaFim,
    TabelaInicio,
    TabelaLinha,
    TabelaMudou,
    Vivo,
)

KEY = bytes(32)


class TableCase(SynchronousTestCase):
    """A table with a test for its registry."""

    def setUp(self) -> None:
        """An empty table."""
        self.clock = Clock()
        self.asked: list[PedidoTabela] = []
        self.changed: list[str] = []
        self.table = Table(self.clock, self.ask, self.note)

    def ask(self, message: Message) -> int:
        """Take a question."""
        assert isinstance(message, PedidoTabela)
        self.asked.append(message)
        return len(self.asked)

    def note(self, names: Iterable[str]) -> None:
        """Take what changed."""
        self.changed += names

    def snapshot(self, rev: int, seq: int, total: int | None = None, **people: str) -> None:
        """Send a snapshot."""
        self.table.received(TabelaInicio(rev, len(people) if total is None else total), seq)
        for name, estado in people.items():
            self.table.received(TabelaLinha(name, KEY, estado), seq)
        self.table.received(TabelaFim(rev), seq)

    def push(self, rev: int, name: str, estado: str, seq: int = 0) -> None:
        """Send a change."""
        self.table.received(TabelaMudou(rev, name, estado, KEY), seq)

    def known(self) -> dict[str, str]:
        """What the table knows."""
        return {name: entry.presence.value for name, entry in self.table.entries.items()}


class SmallRegistryTests(TableCase):
    """Up to 500 names: every change comes by itself."""

    def test_snapshot_and_changes(self) -> None:
        """A snapshot, then changes one after the other."""
        self.table.online()
        self.snapshot(7, 1, ana="livre", bia="ocupado")
        self.push(8, "carla", "ausente")
        self.push(9, "ana", "fora")
        self.assertEqual({"bia": "ocupado", "carla": "ausente"}, self.known())
        self.assertEqual(Presence.OFFLINE, self.table.presence("ana"))
        self.assertEqual(9, self.table.rev)

    def test_changes_during_the_snapshot(self) -> None:
        """Changes that are pushed while a snapshot is read are not lost, and older ones change nothing."""
        self.table.online()
        self.table.received(TabelaInicio(7, 1), 1)
        self.push(6, "velha", "livre")
        self.push(8, "bia", "livre")
        self.table.received(TabelaLinha("ana", KEY, "livre"), 1)
        self.table.received(TabelaFim(7), 1)
        self.assertEqual({"ana": "livre", "bia": "livre"}, self.known())

    def test_a_gap_is_asked_about(self) -> None:
        """A missing change is asked for after a moment, and the answer closes the gap."""
        self.table.online()
        self.snapshot(7, 1, ana="livre")
        self.push(9, "bia", "livre")
        self.clock.advance(GAP_TIME)
        self.assertEqual(7, self.asked[-1].desde)

    def test_back_after_a_while(self) -> None:
        """After a reconnection only what changed is asked for, and a snapshot is taken as well."""
        self.table.online()
        self.snapshot(7, 1, ana="livre")
        self.table.offline()
        self.table.online()
        self.assertEqual(7, self.asked[-1].desde)
        self.push(8, "bia", "livre", seq=2)
        self.table.received(TabelaFim(9), 2)
        self.assertEqual(9, self.table.rev)
        self.assertEqual({"ana": "livre", "bia": "livre"}, self.known())
        self.table.online()
        self.snapshot(20, 3, carla="livre")
        self.assertEqual({"carla": "livre"}, self.known())

    def test_an_unasked_snapshot(self) -> None:
        """After back-pressure the registry sends a snapshot by itself: it replaces what was known."""
        self.table.online()
        self.snapshot(7, 1, ana="livre")
        self.snapshot(30, 0, bia="livre")
        self.assertEqual(({"bia": "livre"}, 30), (self.known(), self.table.rev))

    def test_another_registry(self) -> None:
        """Nothing of one registry is believed of another."""
        self.table.online()
        self.snapshot(7, 1, ana="livre")
        self.table.forget()
        self.assertEqual(({}, None), (self.known(), self.table.rev))

    def test_other_messages(self) -> None:
        """What is not of the table is left to others."""
        self.assertFalse(self.table.received(Vivo("x"), 0))

    @given(
        st.lists(
            st.tuples(
                st.sampled_from("abcde"),
                st.sampled_from(("livre", "ocupado", "fora")),
                st.sampled_from(("told", "told", "lost", "away")),
            ),
            max_size=25,
        )
    )
    @settings(max_examples=60, deadline=None)
    def test_always_the_same(self, changes: list[tuple[str, str, str]]) -> None:
        """Joins, leaves, lost batches, reconnections in any order: the table is the registry's."""
        registry = TrueRegistry()
        for name, estado, fate in changes:
            registry.change(name, estado, fate)
        registry.reconnect()
        self.assertEqual(registry.people, registry.known())


class TrueRegistry:
    """A registry that answers as the contract says, and a table of it; some of its pushes are lost."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.people: dict[str, str] = {}
        self._rev = 100
        self._log: list[tuple[int, str, str]] = []
        self._asked: list[PedidoTabela] = []
        self.table = Table(self.clock, self._ask, lambda _: None)
        self.reconnect()

    def _ask(self, message: Message) -> int:
        assert isinstance(message, PedidoTabela)
        self._asked.append(message)
        return len(self._asked)

    def known(self) -> dict[str, str]:
        """What the table knows."""
        return {name: entry.presence.value for name, entry in self.table.entries.items()}

    def change(self, name: str, estado: str, fate: str) -> None:
        """Somebody comes, goes or changes; the client is told, or not, or is away meanwhile."""
        self._rev += 1
        self._log.append((self._rev, name, estado))
        self.people[name] = estado
        if estado == "fora":
            del self.people[name]
        if fate == "told":
            self.table.received(TabelaMudou(self._rev, name, estado, KEY), 0)
        elif fate == "away":
            self.reconnect()
        asked = len(self._asked)
        self.clock.advance(GAP_TIME)
        if len(self._asked) > asked:
            self._answer()

    def reconnect(self) -> None:
        """The connection breaks and is made again."""
        self.table.offline()
        self.table.online()
        self._answer()

    def _answer(self) -> None:
        """Answer the newest question, with what changed or with a snapshot."""
        seq, since = len(self._asked), self._asked[-1].desde
        if since is None:
            self.table.received(TabelaInicio(self._rev, len(self.people)), seq)
            for name, estado in self.people.items():
                self.table.received(TabelaLinha(name, KEY, estado), seq)
        else:
            for rev, name, estado in self._log:
                if rev > since:
                    self.table.received(TabelaMudou(rev, name, estado, KEY), seq)
        self.table.received(TabelaFim(self._rev), seq)


class LargeRegistryTests(TableCase):
    """Above 500 names only those that are followed come by themselves."""

    def test_it_is_noticed(self) -> None:
        """By the size of a snapshot, or by a batch that has an end of its own."""
        self.table.online()
        self.snapshot(7, 1, total=501, ana="livre")
        self.assertFalse(self.table.everybody)
        self.snapshot(8, 0, total=400, ana="livre")
        self.assertTrue(self.table.everybody)
        self.push(12, "ana", "ocupado")
        self.table.received(TabelaFim(15), 0)
        self.assertFalse(self.table.everybody)
        self.assertEqual(15, self.table.rev)
        self.clock.advance(GAP_TIME * 2)
        self.assertEqual(1, len(self.asked), "nothing was missing")

    def test_searching(self) -> None:
        """Names found by their beginning join those known, and replace nothing."""
        self.table.online()
        self.snapshot(7, 1, total=900, ana="livre")
        self.table.look_for("zu")
        self.assertEqual("zu", self.asked[-1].prefixo)
        self.snapshot(8, 2, total=900, zuleica="ausente")
        self.assertEqual({"ana": "livre", "zuleica": "ausente"}, self.known())
        self.assertIn("zuleica", self.changed)

    def test_followed_names(self) -> None:
        """The present state of followed names comes with the question's number, whatever the revision."""
        self.table.online()
        self.snapshot(7, 1, total=900, ana="livre")
        self.push(7, "bia", "ocupado", seq=5)
        self.push(7, "ana", "fora", seq=5)
        self.assertEqual({"bia": "ocupado"}, self.known())
