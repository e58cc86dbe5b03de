"""What is not allowed in calls: refusals, lines out of order, too many packets, too many invitations."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from registro.wire import codec, messages
from registro.wire.errors import Codigo, Recusa
from tests.registro.calls import OTHER, CallCase, about
from tests.support.registry import CHAMADA, Client, Registry, aceito, chave, convite


class RefusalTests(CallCase):
    """CONVITE-REJEITADO by the registry, in its order."""

    def refused(self, client: Client, para: str, codigo: Recusa, chamada: bytes = OTHER) -> None:
        """An invitation is refused with the asker's seq, and nobody gets credentials."""
        about(client)
        client.say(convite(para, chamada), 31)
        (received,) = client.take()
        self.assertEqual((received.seq, received.message), (31, messages.ConviteRejeitado(chamada, codigo)))

    def test_codes(self) -> None:
        """Nobody's name, an absent name, oneself, a busy side, do not disturb."""
        self.registry.person("lia", b"l" * 32).lose()
        self.refused(self.ana, "ninguem", Recusa.NAO_ENCONTRADO)
        self.refused(self.ana, "@", Recusa.NAO_ENCONTRADO)
        self.refused(self.ana, "lia", Recusa.AUSENTE)
        self.refused(self.ana, "ANA", Recusa.OCUPADO)
        self.eva.say(messages.Estado("nao-perturbe"))
        self.refused(self.ana, "eva", Recusa.NAO_PERTURBE)
        self.ring()
        self.refused(self.eva, "ana", Recusa.OCUPADO)
        self.refused(self.eva, "bia", Recusa.OCUPADO)
        self.refused(self.bia, "eva", Recusa.OCUPADO)
        self.refused(self.ana, "bia", Recusa.OCUPADO)
        self.refused(self.ana, "lia", Recusa.AUSENTE)

    def test_ausente_still_rings(self) -> None:
        """Who said ausente is called all the same."""
        self.bia.say(messages.Estado("ausente"))
        self.ana.say(convite("bia"))
        self.assertIsInstance(about(self.bia)[0], messages.Convite)

    def test_crossed(self) -> None:
        """Of two invitations that cross the first lives on, the second is cruzada."""
        self.ring()
        self.refused(self.bia, "ana", Recusa.CRUZADA)
        self.bia.say(aceito())
        self.assertIsInstance(about(self.ana)[0], messages.ConviteAceito)

    def test_not_crossed_when_talking(self) -> None:
        """Two who talk already are ocupado for each other."""
        self.talk()
        self.refused(self.bia, "ana", Recusa.OCUPADO)

    def test_live_number(self) -> None:
        """A number that lives is out of order, whoever uses it, before registration too."""
        self.ring()
        self.fails(self.eva, convite("eva"), Codigo.FORA_DE_ORDEM)
        self.fails(self.registry.connect(), convite("eva"), Codigo.FORA_DE_ORDEM)
        self.fails(self.registry.connect(), convite("eva", OTHER), Codigo.NAO_REGISTRADO)


class OrderTests(CallCase):
    """The table of section 3: who may say what in which state."""

    def test_ringing(self) -> None:
        """While it rings, the caller may end, the callee may ring, accept or reject."""
        self.ring()
        for client, message in (
            (self.ana, messages.Tocando(CHAMADA)),
            (self.ana, aceito()),
            (self.ana, messages.ConviteRejeitado(CHAMADA, "recusado")),
            (self.ana, chave()),
            (self.ana, messages.Caminhos(CHAMADA, ())),
            (self.ana, messages.Pacote(CHAMADA, b"")),
            (self.bia, chave()),
            (self.bia, messages.Caminhos(CHAMADA, ())),
            (self.bia, messages.Pacote(CHAMADA, b"")),
            (self.bia, messages.EncerrarLigacao(CHAMADA, "normal")),
        ):
            self.fails(client, message, Codigo.FORA_DE_ORDEM)

    def test_accepted(self) -> None:
        """Once accepted, nobody rings, accepts or rejects, and the key comes once and from the caller."""
        self.ring()
        self.bia.say(aceito())
        about(self.ana)
        self.fails(self.bia, chave(), Codigo.FORA_DE_ORDEM)
        self.ana.say(chave())
        about(self.bia)
        for client, message in (
            (self.ana, chave()),
            (self.bia, messages.Tocando(CHAMADA)),
            (self.bia, aceito()),
            (self.bia, messages.ConviteRejeitado(CHAMADA, "recusado")),
        ):
            self.fails(client, message, Codigo.FORA_DE_ORDEM)

    def test_not_ones_own(self) -> None:
        """A call of others, and one that does not exist, are nao-encontrado."""
        self.talk()
        for message in (messages.Tocando(CHAMADA), chave(), messages.EncerrarLigacao(OTHER, "normal")):
            self.fails(self.eva, message, Codigo.NAO_ENCONTRADO)

    def test_not_registered(self) -> None:
        """Before registration only VIVO, PEDIDO-REGISTRO and PEDIDO-ENCERRAMENTO are allowed."""
        stranger = self.registry.connect()
        for message in (
            messages.PedidoConsulta("ana"),
            messages.PedidoTabela(),
            messages.Acompanhar(()),
            messages.Estado("livre"),
            messages.Tocando(CHAMADA),
            messages.EncerrarLigacao(CHAMADA, "normal"),
        ):
            self.fails(stranger, message, Codigo.NAO_REGISTRADO)
        self.assertFalse(stranger.closed)


class PacketTests(CallCase):
    """PACOTE under a leg's limits."""

    def test_too_many(self) -> None:
        """Of more than 100 packets at once the rest is lost without a word, as on any network."""
        self.talk()
        for _ in range(130):
            self.ana.say(messages.Pacote(CHAMADA, b"v" * 80))
        self.assertEqual((len(about(self.bia)), self.ana.heard()), (100, []))
        self.registry.pass_time(0.5)
        for _ in range(60):
            self.ana.say(messages.Pacote(CHAMADA, b"v" * 80))
        self.assertEqual(len(about(self.bia)), 50)

    def test_too_much(self) -> None:
        """More than 128 kbit/s is lost too."""
        self.talk()
        for _ in range(60):
            self.ana.say(messages.Pacote(CHAMADA, b"v" * 500))
        self.assertEqual(len(about(self.bia)), 32)

    def test_too_big(self) -> None:
        """A packet of more than 508 bytes is an error."""
        self.talk()
        self.ana.say(messages.Pacote(CHAMADA, b"v" * 508))
        self.assertEqual(len(about(self.bia)), 1)
        self.fails(self.ana, messages.Pacote(CHAMADA, b"v" * 509), Codigo.LIMITE)

    def test_slow_reader(self) -> None:
        """Packets do not wait for a client that does not read."""
        self.talk()
        self.bia.transport.stuck = True
        for _ in range(40):
            self.ana.say(messages.Pacote(CHAMADA, b"v" * 390))
        waiting = len(self.bia.transport.unread)
        self.assertTrue(self.bia.protocol.behind)
        for _ in range(40):
            self.ana.say(messages.Pacote(CHAMADA, b"v" * 10))
        self.assertEqual(len(self.bia.transport.unread), waiting)
        self.assertLess(waiting, 20_000)


class InvitationRateTests(SynchronousTestCase):
    """Invitations a minute."""

    def test_over_the_limit(self) -> None:
        """Too many invitations of a name are an error with a wait, on any connection; then the door."""
        registry = Registry(loopback_too=True)
        ana, _ = registry.people("ana", "bia")
        for number in range(20):
            ana.say(convite("ninguem", bytes([number]) * 16))
        self.assertEqual(len(about(ana)), 20)
        again = registry.person("ana", (1).to_bytes(32, "big"))
        for number in range(3):
            self.assertFalse(again.closed)
            answer = again.ask(convite("bia", bytes([100 + number]) * 16), 3)
            self.assertEqual((answer.codigo, answer.espera), (Codigo.LIMITE, 5))
        self.assertTrue(again.closed)

    def test_golden_line(self) -> None:
        """The refusal is the line of the golden values, but for number and seq."""
        registry = Registry()
        ana, bia, eva = registry.people("ana", "bia", "eva")
        ana.say(convite("bia"))
        eva.transport.written, eva._read = b"", 0
        eva.say(convite("bia", OTHER), 5)
        expected = codec.render(messages.ConviteRejeitado(OTHER, Recusa.OCUPADO), 5)
        self.assertEqual(eva.transport.written, expected)
        bia.take()
