"""Who hears of which change, and what tables and look-ups answer."""

from __future__ import annotations

from typing import Any
from unittest.mock import patch

from twisted.trial.unittest import SynchronousTestCase

from registro import presence
from registro.directory import RING, Change
from registro.wire import messages
from registro.wire.errors import Codigo, Estado
from tests.support.registry import REV, Client, Registry


def changes(client: Client) -> list[tuple[int, str, str]]:
    """Return the changes a client heard of: revision, name, state."""
    return [(m.rev, m.nome, m.estado) for m in client.heard() if isinstance(m, messages.TabelaMudou)]


class PushTests(SynchronousTestCase):
    """TABELA-MUDOU to everybody."""

    def setUp(self) -> None:
        """Register two people who know of each other."""
        self.registry = Registry()
        self.ana, self.bia = self.registry.people("ana", "bia")

    def test_gathered(self) -> None:
        """Changes wait 250 ms, come as one a name, to their own name too, with contiguous revisions."""
        self.ana.say(messages.Estado("ausente"))
        self.bia.say(messages.Estado("ausente"))
        self.ana.say(messages.Estado("nao-perturbe"))
        self.registry.clock.advance(0.24)
        self.assertEqual(self.ana.heard(), [])
        self.registry.clock.advance(0.02)
        expected = [(REV + 3, "ana", Estado.NAO_PERTURBE), (REV + 4, "bia", Estado.AUSENTE)]
        self.assertEqual(changes(self.ana), expected)
        self.assertEqual(changes(self.bia), expected)

    def test_encoded_once(self) -> None:
        """A batch is encoded once, however many hear of it."""
        for number in range(20):
            self.registry.person(f"nome{number}")
        self.registry.settle()
        self.bia.take()
        with patch.object(Change, "of", wraps=Change.of) as encoded:
            self.ana.say(messages.Estado("ausente"))
            self.registry.settle()
        self.assertEqual(encoded.call_count, 1)
        self.assertEqual(self.bia.one(0).estado, Estado.AUSENTE)

    def test_newcomer(self) -> None:
        """Others hear of a newcomer with its key; the newcomer hears what comes after its own revision."""
        eva = self.registry.connect()
        answer = eva.ask(eva.request("eva"))
        lia = self.registry.connect()
        lia.say(lia.request("lia"))
        self.registry.settle()
        (pushed,) = eva.heard()
        assert isinstance(pushed, messages.TabelaMudou)
        self.assertEqual((pushed.rev, pushed.nome, pushed.chave), (answer.rev + 1, "lia", lia.chave))
        self.assertEqual([nome for _, nome, _ in changes(self.ana)], ["eva", "lia"])

    def test_fora(self) -> None:
        """Who goes is fora for the others, without a key."""
        self.bia.lose()
        self.registry.settle()
        self.assertEqual(self.ana.heard(), [messages.TabelaMudou(REV + 3, "bia", Estado.FORA)])


class BigTableTests(SynchronousTestCase):
    """Above the number up to which everybody hears of everything."""

    def setUp(self) -> None:
        """Make three names a crowd."""
        self.patch(presence, "EVERYBODY", 2)
        self.registry = Registry()
        self.ana, self.bia, self.eva = self.registry.people("ana", "bia", "eva")

    def test_only_watched(self) -> None:
        """A client hears of the names it watches, each batch ended by TABELA-FIM; others hear nothing."""
        self.ana.say(messages.Acompanhar(("bia",)), 4)
        self.ana.take()
        self.bia.say(messages.Estado("ausente"))
        self.eva.say(messages.Estado("ausente"))
        self.registry.settle()
        self.assertEqual(
            self.ana.heard(),
            [messages.TabelaMudou(REV + 4, "bia", Estado.AUSENTE), messages.TabelaFim(REV + 5)],
        )
        self.assertEqual(self.eva.heard(), [])

    def test_acompanhar_answers(self) -> None:
        """ACOMPANHAR answers with the present state, seq and key of each name; who is not there is fora."""
        self.registry.person("lia", b"l" * 32).lose()
        self.ana.say(messages.Acompanhar(("BIA", "lia", "ninguem", "@")), 4)
        heard: list[Any] = self.ana.take()
        rev = self.registry.office.directory.rev
        self.assertEqual([(r.seq, r.message.rev) for r in heard], [(4, rev)] * 4)
        self.assertEqual(
            [(r.message.nome, r.message.estado, r.message.chave is not None) for r in heard],
            [("bia", "livre", True), ("lia", "fora", True), ("ninguem", "fora", False), ("@", "fora", False)],
        )

    def test_replaces(self) -> None:
        """A new ACOMPANHAR replaces the older; an empty one ends it."""
        for names in (("bia",), ("eva",), ()):
            self.ana.say(messages.Acompanhar(names)).take()
            for client in (self.bia, self.eva):
                client.say(messages.Estado("ausente" if names else "livre"))
                client.say(messages.Estado("nao-perturbe"))
            self.registry.settle()
            heard = {nome for _, nome, _ in changes(self.ana)}
            self.assertLessEqual(heard, set(names))
        self.assertEqual(self.registry.office.presence._watchers, {})

    def test_small_again(self) -> None:
        """When the table is small again everybody hears, and the gap shows what was missed."""
        self.bia.say(messages.Estado("ausente"))
        self.registry.settle()
        self.eva.lose()
        self.registry.settle()
        self.assertEqual(changes(self.ana), [(REV + 5, "eva", Estado.FORA)])
        self.ana.say(messages.PedidoTabela(desde=REV + 3), 8)
        self.assertEqual(changes(self.ana), [(REV + 4, "bia", Estado.AUSENTE), (REV + 5, "eva", Estado.FORA)])


class TableRequestTests(SynchronousTestCase):
    """PEDIDO-TABELA."""

    def setUp(self) -> None:
        """Register three people."""
        self.registry = Registry()
        self.ana, *_ = self.registry.people("ana", "anabela", "bia")

    def table(self, **asked: Any) -> list[Any]:
        """Ask for the table; every line has the asker's seq."""
        self.ana.say(messages.PedidoTabela(**asked), 6)
        heard = self.ana.take()
        self.assertEqual({received.seq for received in heard}, {6})
        return [received.message for received in heard]

    def test_snapshot(self) -> None:
        """A snapshot has a beginning, one line a name, and an end."""
        start, *rows, end = self.table()
        self.assertEqual((start.total, start.rev, end.rev), (3, REV + 3, REV + 3))
        self.assertEqual(
            [(row.nome, row.estado) for row in rows], [(n, "livre") for n in ("ana", "anabela", "bia")]
        )
        self.assertEqual(rows[0].chave, self.ana.chave)

    def test_prefix_and_limit(self) -> None:
        """`prefixo` is canonicalised and chooses, `limite` cuts, `total` counts before the cut."""
        start, *rows, _ = self.table(prefixo="AN", limite=1)
        self.assertEqual((start.total, [row.nome for row in rows]), (2, ["ana"]))
        start, *rows, _ = self.table(limite=0)
        self.assertEqual((start.total, rows), (3, []))
        start, *rows, _ = self.table(prefixo="@")
        self.assertEqual((start.total, rows), (0, []))

    def test_since(self) -> None:
        """Inside the ring the changes come, and then always TABELA-FIM."""
        self.ana.say(messages.Estado("ausente"))
        self.registry.settle()
        self.ana.take()
        first, last = self.table(desde=REV + 3)
        self.assertEqual((first.rev, first.nome, first.estado), (REV + 4, "ana", "ausente"))
        self.assertEqual(last, messages.TabelaFim(REV + 4))
        self.assertEqual(self.table(desde=REV + 4), [messages.TabelaFim(REV + 4)])

    def test_too_long_ago(self) -> None:
        """Outside the ring a snapshot comes, before and after it."""
        for number in range(RING):
            self.ana.say(messages.Estado(("ausente", "livre")[number % 2]))
            self.registry.office.presence.flush()
        self.ana.take()
        for desde in (0, REV + 2, REV + RING + 4, 999_999_999_999_999):
            self.assertIsInstance(self.table(desde=desde)[0], messages.TabelaInicio)
        self.assertIsInstance(self.table(desde=REV + 3)[0], messages.TabelaMudou)


class LookUpTests(SynchronousTestCase):
    """PEDIDO-CONSULTA."""

    def test_answers(self) -> None:
        """A connected name, an owned one, nobody's, and what cannot be a name."""
        registry = Registry()
        (ana,) = registry.people("ana")
        lia = registry.person("lia", b"l" * 32)
        lia.lose()
        for nome in ("ana", "ANA"):
            self.assertEqual(
                ana.ask(messages.PedidoConsulta(nome), 4),
                messages.ConsultaBemSucedida("ana", ana.chave, "livre"),
            )
        answer = ana.ask(messages.PedidoConsulta("LIA"), 4)
        self.assertEqual(answer, messages.ConsultaBemSucedida("lia", lia.chave, "fora"))
        for nome, told in (("Eva", "eva"), ("@ a%", "@ a%"), ("", ""), ("é" * 1500, "é" * 128)):
            answer = ana.ask(messages.PedidoConsulta(nome), 4)
            self.assertEqual(answer, messages.ConsultaMalSucedida(told, Codigo.NAO_ENCONTRADO))

    def test_revealed(self) -> None:
        """Where the operator wants it, the address is told of who is connected."""
        registry = Registry(reveal=True)
        (ana,) = registry.people("ana")
        answer = ana.ask(messages.PedidoConsulta("ana"))
        self.assertEqual((answer.ip, answer.porta), ("127.0.0.1", 40001))
