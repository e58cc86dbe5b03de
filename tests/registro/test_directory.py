"""The table: snapshot and changes give the table, always; revisions are contiguous and never used twice."""

from __future__ import annotations

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from twisted.trial.unittest import SynchronousTestCase

from registro.directory import RING, Change, Directory, Entry
from registro.wire import codec, messages
from registro.wire.errors import Estado

NAMES = [f"nome{number}" for number in range(5)]
STATES = [Estado.LIVRE, Estado.OCUPADO, Estado.AUSENTE, Estado.NAO_PERTURBE]


def entry(nome: str, estado: str = Estado.LIVRE, chave: bytes = b"k" * 32) -> Entry:
    """Make an entry."""
    return Entry(nome, chave, estado, "192.0.2.1", 4000, 1.0)


class Follower:
    """A client's copy of the table: a snapshot, then changes."""

    def __init__(self, directory: Directory) -> None:
        self.rows = {row.nome: (row.estado, row.chave) for row in directory.snapshot()}
        self.rev = directory.rev

    def follow(self, changes: list[Change] | tuple[Change, ...]) -> None:
        """Apply changes, reading them as a client does."""
        for change in changes:
            message = codec.parse(b"TABELA-MUDOU 0" + change.tail, codec.FROM_REGISTRY).message
            assert isinstance(message, messages.TabelaMudou)
            assert message.rev == self.rev + 1, "a gap"
            self.rev = message.rev
            if message.estado == Estado.FORA:
                self.rows.pop(message.nome, None)
            else:
                key = message.chave if message.chave is not None else self.rows[message.nome][1]
                self.rows[message.nome] = (message.estado, key)


class TableMachine(RuleBasedStateMachine):
    """Random joins, leaves, states, batches and clients that come back after a gap."""

    @initialize()
    def start(self) -> None:
        """Begin with an empty table and one client that hears everything."""
        self.directory = Directory(100)
        self.follower = Follower(self.directory)
        self.truth: dict[str, tuple[str, bytes]] = {}
        self.away: list[Follower] = []

    @rule(
        nome=st.sampled_from(NAMES),
        estado=st.sampled_from(STATES),
        chave=st.sampled_from([b"k" * 32, b"j" * 32]),
    )
    def join(self, nome: str, estado: str, chave: bytes) -> None:
        """Somebody registers, or comes back on another connection."""
        rev = self.directory.join(entry(nome, estado, chave))
        self.truth[nome] = (estado, chave)
        missed = self.directory.since(self.follower.rev)
        assert missed is not None
        probe = Follower(Directory(0))
        probe.rows, probe.rev = dict(self.follower.rows), self.follower.rev
        probe.follow(missed)
        assert (probe.rev, probe.rows[nome]) == (rev, (estado, chave)), "one's own entry is in it"

    @rule(nome=st.sampled_from(NAMES))
    def leave(self, nome: str) -> None:
        """Somebody goes."""
        if nome in self.truth:
            self.directory.leave(nome)
            del self.truth[nome]

    @rule(nome=st.sampled_from(NAMES), estado=st.sampled_from(STATES))
    def change(self, nome: str, estado: str) -> None:
        """Somebody does something else."""
        if nome in self.truth:
            self.directory.set_estado(nome, estado)
            self.truth[nome] = (estado, self.truth[nome][1])

    @rule()
    def seal(self) -> None:
        """The gathering time is over: everybody hears of everything."""
        batch = self.directory.seal()
        if batch is not None:
            revs = [change.rev for change in batch.changes]
            assert revs == list(range(revs[0], revs[0] + len(revs)))
            self.follower.follow([change for change in batch.changes if change.rev > self.follower.rev])
        assert self.follower.rows == self.truth

    @rule()
    def snapshot(self) -> None:
        """A client asks for the table now, whatever is waiting, and follows from there."""
        follower = Follower(self.directory)
        assert follower.rows == self.truth
        self.follower = follower

    @rule()
    def go_away(self) -> None:
        """A client stops hearing."""
        self.seal()
        self.away.append(Follower(self.directory))

    @rule()
    def come_back(self) -> None:
        """A client that was away catches up by the changes since its revision."""
        if self.away:
            self.seal()
            follower = self.away.pop()
            changes = self.directory.since(follower.rev)
            assert changes is not None
            follower.follow(changes)
            assert follower.rows == self.truth

    @invariant()
    def sizes(self) -> None:
        """The table has exactly who is connected, in order of name."""
        assert [row.nome for row in self.directory.rows()] == sorted(self.truth)


class TableTests(SynchronousTestCase):
    """The table, by examples and by the machine."""

    def test_machine(self) -> None:
        """Snapshot + changes = the registry's table, always."""
        case = TableMachine.TestCase
        case.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)
        case("runTest").debug()

    def test_undone_after_it_was_shown(self) -> None:
        """A change that a snapshot showed before it had a revision is told when it is taken back."""
        directory = Directory(0)
        directory.join(entry("ana"))
        directory.seal()
        directory.set_estado("ana", Estado.AUSENTE)
        follower = Follower(directory)
        directory.set_estado("ana", Estado.LIVRE)
        batch = directory.seal()
        assert batch is not None
        follower.follow(batch.changes)
        self.assertEqual(follower.rows["ana"][0], Estado.LIVRE)

    def test_undone_after_it_was_watched(self) -> None:
        """The same holds for one name that somebody asked to watch."""
        directory = Directory(0)
        directory.join(entry("ana"))
        directory.seal()
        directory.set_estado("ana", Estado.AUSENTE)
        found = directory.look("ana")
        assert found is not None
        self.assertEqual(found.estado, Estado.AUSENTE)
        directory.set_estado("ana", Estado.LIVRE)
        batch = directory.seal()
        assert batch is not None
        self.assertEqual([change.estado for change in batch.changes], [Estado.LIVRE])

    def test_one_change_a_name(self) -> None:
        """Changes of a name between two batches are one; those that come to nothing are none."""
        directory = Directory(0)
        directory.join(entry("ana"))
        directory.join(entry("bia"))
        directory.seal()
        for estado in (Estado.AUSENTE, Estado.OCUPADO, Estado.NAO_PERTURBE):
            directory.set_estado("ana", estado)
        directory.set_estado("bia", Estado.AUSENTE)
        directory.set_estado("bia", Estado.LIVRE)
        batch = directory.seal()
        assert batch is not None
        self.assertEqual([(c.nome, c.estado) for c in batch.changes], [("ana", Estado.NAO_PERTURBE)])
        self.assertIsNone(directory.seal())

    def test_ring(self) -> None:
        """The last 1024 changes are kept; before them, and in the future, there are none to give."""
        directory = Directory(0)
        directory.join(entry("ana"))
        for number in range(RING + 10):
            directory.set_estado("ana", STATES[number % 2 + 1])
            directory.seal()
        rev = directory.rev
        self.assertEqual(len(directory.since(rev - RING) or ()), RING)
        self.assertIsNone(directory.since(rev - RING - 1))
        self.assertIsNone(directory.since(rev + 1))
        self.assertEqual(directory.since(rev), [])

    def test_prefix(self) -> None:
        """Names are found by how they begin."""
        directory = Directory(0)
        for nome in ("ana", "anabela", "bia", "an", "ção"):
            directory.join(entry(nome))
        for prefix, names in (
            ("an", ["an", "ana", "anabela"]),
            ("ana", ["ana", "anabela"]),
            ("ç", ["ção"]),
            ("z", []),
        ):
            self.assertEqual([row.nome for row in directory.rows(prefix)], names)

    def test_revealed_address(self) -> None:
        """Only an operator who wants it lets look-ups tell addresses."""
        for reveal in (False, True):
            directory = Directory(0, reveal=reveal)
            made = entry("ana")
            directory.join(made)
            self.assertEqual(b"ip=192.0.2.1 porta=4000" in made.tail, reveal)
            self.assertNotIn(b"ip=", made.row)
