"""Calls from both sides: every way they begin, go on and end."""

from __future__ import annotations

from typing import Any

from registro.wire import messages
from registro.wire.credentials import password
from registro.wire.errors import Codigo, Estado, Fim, Recusa
from registro.wire.fields import b64
from tests.registro.calls import OTHER, CallCase, about
from tests.support.registry import CHAMADA, NOON, Client, aceito, chave, convite


class WholeCallTests(CallCase):
    """A call that ends well."""

    def test_lines(self) -> None:
        """Each line reaches the other side with seq 0 and its true sender; nothing is said to the sender."""
        self.ana.say(convite("BIA"), 5)
        first, credentials = self.bia.take()
        self.assertEqual(first, (messages.Convite(CHAMADA, b"c" * 32, int(NOON), b"s" * 64, de="ana"), 0, ()))
        self.assertIsInstance(credentials.message, messages.Ligacao)
        self.assertIsInstance(self.ana.one(0), messages.Ligacao)
        for sender, other, message in (
            (self.bia, self.ana, messages.Tocando(CHAMADA)),
            (self.bia, self.ana, messages.Tocando(CHAMADA)),
            (self.bia, self.ana, aceito()),
            (self.ana, self.bia, chave()),
            (self.ana, self.bia, messages.Caminhos(CHAMADA, ("a@1@host", "b@2@rele"))),
            (self.bia, self.ana, messages.Caminhos(CHAMADA, ())),
            (self.ana, self.bia, messages.Pacote(CHAMADA, b"voz")),
            (self.bia, self.ana, messages.Pacote(CHAMADA, b"voz")),
            (self.bia, self.ana, messages.EncerrarLigacao(CHAMADA, "normal", "até logo")),
        ):
            sender.say(message, 8)
            (received,) = other.take()
            expected = {slot: getattr(message, slot) for slot in type(message).__slots__}
            expected["de"] = "bia" if sender is self.bia else "ana"
            self.assertEqual(received, (type(message)(**expected), 0, ()))
            self.assertEqual(sender.heard(), [])
        self.assertEqual(self.registry.office.switchboard.lines, {})

    def test_credentials(self) -> None:
        """Each side gets its own credentials for the relay at the address where it reached the registry."""
        self.ana.say(convite("bia"), 5)
        expiry = int(NOON) + 12 * 3600
        for client, leg in ((self.ana, "a"), (self.bia, "b")):
            ligacao: Any = client.heard()[-1]
            self.assertEqual(ligacao.usuario, f"{expiry}:{b64(CHAMADA)}.{leg}")
            self.assertEqual(ligacao.senha, password(b"segredo do rele", ligacao.usuario))
            self.assertEqual((ligacao.reles, ligacao.validade), (("turn:127.0.0.1:5000",), 12 * 3600))

    def test_states(self) -> None:
        """Both are ocupado from the invitation on, and what they said last afterwards."""
        self.bia.say(messages.Estado("ausente"))
        self.ring()
        self.assertEqual((self.estado("ana"), self.estado("bia")), (Estado.OCUPADO, Estado.OCUPADO))
        self.ana.say(messages.Estado("nao-perturbe"))
        self.assertEqual(self.estado("ana"), Estado.OCUPADO)
        self.bia.say(messages.ConviteRejeitado(CHAMADA, "recusado"))
        self.assertEqual((self.estado("ana"), self.estado("bia")), (Estado.NAO_PERTURBE, Estado.AUSENTE))

    def test_unknown_keys(self) -> None:
        """Keys that the registry does not know are handed on as they were spelled, a false `de` is not."""
        self.ring()
        self.bia.raw(f"TOCANDO 3 x-a=1%2C2%20 chamada={b64(CHAMADA)} de=eva x-b=\n".encode())
        (received,) = self.ana.take()
        self.assertEqual(received.message, messages.Tocando(CHAMADA, de="bia"))
        self.assertEqual(received.extra, (("x-a", "1%2C2%20"), ("x-b", "")))

    def test_line_too_long_to_hand_on(self) -> None:
        """A line that would be too long with `de` is a syntax error, and the other side hears nothing."""
        self.ring()
        start = f"TOCANDO 3 chamada={b64(CHAMADA)} x=".encode()
        self.bia.raw(start + b"a" * (4095 - len(start)) + b"\n")
        self.assertEqual(self.bia.one(3).codigo, Codigo.SINTAXE)
        self.assertEqual(self.ana.heard(), [])


class EndTests(CallCase):
    """Every documented end."""

    def ends(self, caller: Any = None, callee: Any = None) -> None:
        """The two hear exactly this, and the call is over."""
        self.assertEqual(about(self.ana), [caller] if caller else [])
        self.assertEqual(about(self.bia), [callee] if callee else [])
        self.assertEqual(self.registry.office.switchboard.by_name, {})

    def test_callee_rejects(self) -> None:
        """Each code of a callee's refusal reaches the caller."""
        for codigo in ("recusado", "ocupado", "nao-perturbe", "nao-atende"):
            self.ring()
            self.bia.say(messages.ConviteRejeitado(CHAMADA, codigo))
            self.ends(caller=messages.ConviteRejeitado(CHAMADA, codigo, de="bia"))

    def test_caller_gives_up(self) -> None:
        """Giving up reaches the callee."""
        self.ring()
        self.ana.say(messages.EncerrarLigacao(CHAMADA, "cancelada"))
        self.ends(callee=messages.EncerrarLigacao(CHAMADA, "cancelada", de="ana"))

    def test_either_hangs_up(self) -> None:
        """Hanging up reaches the other, from both sides."""
        self.talk()
        self.ana.say(messages.EncerrarLigacao(CHAMADA, "normal"))
        self.ends(callee=messages.EncerrarLigacao(CHAMADA, "normal", de="ana"))
        self.talk()
        self.bia.say(messages.EncerrarLigacao(CHAMADA, "perdida"))
        self.ends(caller=messages.EncerrarLigacao(CHAMADA, "perdida", de="bia"))

    def test_nobody_answers(self) -> None:
        """After 45 s of ringing both are told, without `de`."""
        self.ring()
        for _ in range(3):
            self.registry.pass_time(14.75)
            for client in (self.ana, self.bia, self.eva):
                client.say(messages.Vivo("1")).take()
        self.assertIn(CHAMADA, self.registry.office.switchboard.lines)
        self.registry.pass_time(1)
        self.ends(
            caller=messages.ConviteRejeitado(CHAMADA, Recusa.NAO_ATENDE),
            callee=messages.EncerrarLigacao(CHAMADA, Fim.NAO_ATENDE),
        )

    def test_caller_lost_while_ringing(self) -> None:
        """A caller whose connection ends gives up."""
        self.ring()
        self.ana.lose()
        self.ends(callee=messages.EncerrarLigacao(CHAMADA, Fim.CANCELADA))
        self.assertEqual(self.estado("bia"), Estado.LIVRE)

    def test_callee_lost_while_ringing(self) -> None:
        """A callee whose connection ends does not answer."""
        self.ring()
        self.bia.lose()
        self.ends(caller=messages.ConviteRejeitado(CHAMADA, Recusa.NAO_ATENDE))

    def test_replaced_while_ringing(self) -> None:
        """A session that is replaced is lost too: the new one is not in a call."""
        self.ring()
        again = self.registry.person("bia", (2).to_bytes(32, "big"))
        self.assertEqual(about(self.ana), [messages.ConviteRejeitado(CHAMADA, Recusa.NAO_ATENDE)])
        self.assertEqual(self.estado("bia"), Estado.LIVRE)
        again.take()

    def test_goodbye_while_ringing(self) -> None:
        """A goodbye ends a ring as a lost connection does."""
        self.ring()
        self.ana.say(messages.PedidoEncerramento(), 3)
        self.assertIsInstance(self.ana.one(3), messages.Encerrado)
        self.assertEqual(about(self.bia), [messages.EncerrarLigacao(CHAMADA, Fim.CANCELADA)])

    def test_ended_call_is_unknown(self) -> None:
        """A line about a call that is over is nao-encontrado, and its number may be used again."""
        self.ring()
        self.ana.say(messages.EncerrarLigacao(CHAMADA, "cancelada"))
        about(self.bia)
        self.fails(self.bia, aceito(), Codigo.NAO_ENCONTRADO)
        self.ring()
        self.assertIn(CHAMADA, self.registry.office.switchboard.lines)


class AwayTests(CallCase):
    """An accepted call outlives connections."""

    def back(self) -> Client:
        """Bia comes back."""
        return self.registry.person("bia", (2).to_bytes(32, "big"))

    def test_member_comes_back(self) -> None:
        """A call goes on while one side is away; its lines are dropped; it comes back as ocupado."""
        self.talk()
        self.bia.lose()
        self.registry.settle()
        self.ana.take()
        self.ana.say(messages.Caminhos(CHAMADA, ()))
        self.assertEqual(self.ana.heard(), [])
        bia = self.back()
        self.assertEqual(self.estado("bia"), Estado.OCUPADO)
        self.registry.settle()
        about(self.ana)
        bia.say(messages.Caminhos(CHAMADA, ("a@1@host",)))
        self.assertEqual(about(self.ana), [messages.Caminhos(CHAMADA, ("a@1@host",), de="bia")])
        self.ana.say(messages.EncerrarLigacao(CHAMADA, "normal"))
        self.assertEqual(about(bia)[-1], messages.EncerrarLigacao(CHAMADA, "normal", de="ana"))

    def test_away_is_ausente_for_a_third(self) -> None:
        """A name that is away is ausente for others, also while its call goes on."""
        self.talk()
        self.bia.lose()
        self.assertEqual(self.eva.ask(convite("bia", OTHER)).codigo, Recusa.AUSENTE)

    def test_nobody_comes_back(self) -> None:
        """A call ends when neither side has been connected for 60 s."""
        self.talk()
        self.ana.lose()
        self.registry.pass_time(40)
        self.bia.lose()
        self.registry.pass_time(59)
        self.assertIn(CHAMADA, self.registry.office.switchboard.lines)
        self.registry.pass_time(1)
        self.assertEqual(self.registry.office.switchboard.by_name, {})

    def test_one_comes_back_in_time(self) -> None:
        """The 60 s begin anew when somebody was back meanwhile."""
        self.talk()
        self.ana.lose()
        self.bia.lose()
        self.registry.pass_time(50)
        self.back().lose()
        self.registry.pass_time(59)
        self.assertIn(CHAMADA, self.registry.office.switchboard.lines)
        self.registry.pass_time(1)
        self.assertEqual(self.registry.office.switchboard.lines, {})

    def test_replaced_while_talking(self) -> None:
        """A replaced session keeps its call: only the connection is another."""
        self.talk()
        bia = self.back()
        self.assertEqual(self.estado("bia"), Estado.OCUPADO)
        self.ana.say(messages.Pacote(CHAMADA, b"voz"))
        self.assertEqual(about(bia), [messages.Pacote(CHAMADA, b"voz", de="ana")])
