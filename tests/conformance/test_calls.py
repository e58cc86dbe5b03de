"""Section 3, calls: what is handed on, every end that a person makes, and who may send what when."""

import os

from tests.conformance import wire
from tests.conformance.calls import CallCase
from tests.conformance.case import Call, exchange, fresh_name, invitation, ring, talk
from tests.conformance.client import Client, settle

CLIENT_ENDS = ("normal", "cancelada", "perdida")
CLIENT_REFUSALS = ("recusado", "ocupado", "nao-perturbe", "nao-atende")


class WholeCall(CallCase):
    """Lines that one sends and the other gets."""

    def test_every_line(self) -> None:
        """Every ↔ line of a whole call is handed on unchanged with de=; both sides get credentials once."""
        for ana, bia in (self.couple(), (self.person(plain=True), self.person("bia", plain=True))):
            values = invitation(bia.name.upper())
            chamada = values["chamada"]
            assert isinstance(chamada, bytes)
            self.handed_on(ana, bia, "CONVITE", **values)
            legs = [client.wait("LIGACAO", chamada=wire.b64(chamada)) for client in (ana, bia)]
            self.assertEqual([leg.seq for leg in legs], [0, 0])
            self.assertEqual([leg.keys["usuario"][-2:] for leg in legs], [".a", ".b"])
            self.handed_on(bia, ana, "TOCANDO", chamada=chamada)
            paths = [f"192.0.2.{n}@4000@host" for n in range(7)] + ["2001:db8::1@4001@refl"]
            self.handed_on(bia, ana, "CONVITE-ACEITO", chamada=chamada, **exchange(*paths))
            self.handed_on(ana, bia, "CHAVE", chamada=chamada, **exchange())
            for one, two in ((ana, bia), (bia, ana)):
                self.handed_on(one, two, "CAMINHOS", chamada=chamada, candidatos=paths)
                self.handed_on(one, two, "PACOTE", chamada=chamada, dado=os.urandom(300))
            self.handed_on(bia, ana, "ENCERRAR-LIGACAO", chamada=chamada, codigo="normal", motivo="até logo")
            self.over(Call(chamada, ana, bia))

    def test_credentials_follow_the_invitation(self) -> None:
        """The callee hears CONVITE first and LIGACAO right after it."""
        ana, bia = self.couple()
        call = ring(ana, bia)
        verbs = [wire.parse(line).verb for line in bia.log if call.text.encode() in line]
        self.assertEqual(verbs, ["CONVITE", "LIGACAO"])

    def test_away_still_rings(self) -> None:
        """ausente still rings."""
        ana, bia = self.couple()
        bia.send("ESTADO", estado="ausente")
        bia.barrier()
        ring(ana, bia)

    def test_line_that_would_be_over_long(self) -> None:
        """A line that de= would make longer than 4096 bytes never goes out over-long and harms nobody."""
        ana, bia = self.tls(), self.person("b")
        ana.register(fresh_name("a" * 26))
        values = invitation(bia.name)
        line = wire.render("CONVITE", 5, **values)
        ana.raw(line[:-1] + b" x=" + b"y" * (4096 - len(line) - 3) + b"\n")
        settle(ana, bia)
        self.tls().barrier()

    def test_presence_of_a_call(self) -> None:
        """Both are pushed as ocupado from CONVITE on, and as their last ESTADO after the end."""
        ana, bia = self.couple()
        watcher = self.person("olga")
        call = ring(ana, bia)
        for client in (ana, bia):
            watcher.wait("TABELA-MUDOU", nome=client.name, estado="ocupado")
        bia.send("ESTADO", estado="ausente")
        bia.send("CONVITE-REJEITADO", chamada=call.id, codigo="recusado")
        watcher.wait("TABELA-MUDOU", nome=ana.name, estado="livre")
        watcher.wait("TABELA-MUDOU", nome=bia.name, estado="ausente")


class Ends(CallCase):
    """Every end that a person makes."""

    def test_refused_by_the_callee(self) -> None:
        """A callee may say recusado, ocupado, nao-perturbe or nao-atende, also after TOCANDO."""
        ana, bia = self.couple()
        for index, codigo in enumerate(CLIENT_REFUSALS):
            call = ring(ana, bia)
            if index % 2:
                self.handed_on(bia, ana, "TOCANDO", chamada=call.id)
            self.handed_on(bia, ana, "CONVITE-REJEITADO", chamada=call.id, codigo=codigo, motivo="agora não")
            self.over(call)

    def test_codes_of_the_registry(self) -> None:
        """The other codes are the registry's: from a client they are an ERRO and end nothing."""
        ana, bia = self.couple()
        call = ring(ana, bia)
        refusals = ("cruzada", "ausente", "nao-encontrado", "encerrando")
        for client, verb, codigos in (
            (bia, "CONVITE-REJEITADO", refusals[:2]),
            (ana, "ENCERRAR-LIGACAO", ("encerrando", "nao-atende")),
        ):
            for codigo in codigos:
                answer = client.ask(verb, chamada=call.id, codigo=codigo)
                self.assertEqual((answer.verb, answer.keys["codigo"]), ("ERRO", "sintaxe"))
        for codigo in refusals[2:]:
            stranger = self.text()
            answer = stranger.ask("CONVITE-REJEITADO", chamada=call.id, codigo=codigo)
            self.assertEqual(answer.keys["codigo"], "sintaxe")
        self.assert_silent(ana, bia)
        self.handed_on(bia, ana, "TOCANDO", chamada=call.id)

    def test_given_up_by_the_caller(self) -> None:
        """Giving up a ring is ENCERRAR-LIGACAO cancelada."""
        ana, bia = self.couple()
        for codigo in CLIENT_ENDS:
            call = ring(ana, bia)
            self.handed_on(ana, bia, "ENCERRAR-LIGACAO", chamada=call.id, codigo=codigo)
            self.over(call)

    def test_ended_by_either(self) -> None:
        """An accepted call is ended by either side, before and after CHAVE, with each of its codes."""
        ana, bia = self.couple()
        for codigo in CLIENT_ENDS:
            for ender in (ana, bia):
                call = talk(ana, bia)
                if codigo == "normal":
                    self.handed_on(ana, bia, "CHAVE", chamada=call.id, **exchange())
                other = bia if ender is ana else ana
                self.handed_on(ender, other, "ENCERRAR-LIGACAO", chamada=call.id, codigo=codigo)
                self.over(call)

    def test_chamada_may_come_again(self) -> None:
        """Only a chamada that lives is refused: the registry does not remember old ones."""
        ana, bia = self.couple()
        call = ring(ana, bia)
        self.handed_on(bia, ana, "CONVITE-REJEITADO", chamada=call.id, codigo="recusado")
        ana.send("CONVITE", **invitation(bia.name, call.id))
        bia.wait("CONVITE", chamada=call.text)


class Order(CallCase):
    """The table of what each side may send in each state."""

    def attempts(self, chamada: bytes) -> dict[str, dict[str, object]]:
        """Return one good line of every call verb but CONVITE."""
        return {
            "TOCANDO": {"chamada": chamada},
            "CONVITE-ACEITO": {"chamada": chamada, **exchange()},
            "CONVITE-REJEITADO": {"chamada": chamada, "codigo": "recusado"},
            "CHAVE": {"chamada": chamada, **exchange()},
            "CAMINHOS": {"chamada": chamada, "candidatos": ["192.0.2.1@4000@host"]},
            "PACOTE": {"chamada": chamada, "dado": b"abc"},
            "ENCERRAR-LIGACAO": {"chamada": chamada, "codigo": "normal"},
        }

    def forbidden(self, client: Client, call: Call, verbs: set[str], codigo: str) -> None:
        """Assert that each of these is refused with this code."""
        for verb, values in self.attempts(call.id).items():
            if verb in verbs:
                self.erro(client.ask(verb, **values), codigo, verb)

    def test_ringing(self) -> None:
        """While it rings the caller may only give up, the callee only answer."""
        ana, bia = self.couple()
        call = ring(ana, bia)
        every = set(self.attempts(call.id))
        self.forbidden(ana, call, every - {"ENCERRAR-LIGACAO"}, "fora-de-ordem")
        self.forbidden(bia, call, every - {"TOCANDO", "CONVITE-ACEITO", "CONVITE-REJEITADO"}, "fora-de-ordem")
        self.assert_silent(ana, bia)
        self.handed_on(bia, ana, "CONVITE-ACEITO", chamada=call.id, **exchange())

    def test_accepted(self) -> None:
        """Once accepted, CHAVE goes once and from the caller; nothing of the ring is allowed."""
        ana, bia = self.couple()
        call = talk(ana, bia)
        self.forbidden(ana, call, {"TOCANDO", "CONVITE-ACEITO", "CONVITE-REJEITADO"}, "fora-de-ordem")
        self.forbidden(
            bia, call, {"TOCANDO", "CONVITE-ACEITO", "CONVITE-REJEITADO", "CHAVE"}, "fora-de-ordem"
        )
        self.handed_on(ana, bia, "CHAVE", chamada=call.id, **exchange())
        self.forbidden(ana, call, {"CHAVE"}, "fora-de-ordem")
        self.assert_silent(ana, bia)
        self.handed_on(bia, ana, "ENCERRAR-LIGACAO", chamada=call.id, codigo="normal")

    def test_unknown_or_not_ones_own(self) -> None:
        """A chamada that is unknown, over, or not one's own is nao-encontrado, and the call goes on."""
        ana, bia = self.couple()
        olga = self.person("olga")
        call = ring(ana, bia)
        every = set(self.attempts(call.id))
        self.forbidden(olga, call, every, "nao-encontrado")
        self.forbidden(ana, Call(os.urandom(16), ana, bia), every, "nao-encontrado")
        self.assert_silent(ana, bia)
        self.handed_on(ana, bia, "ENCERRAR-LIGACAO", chamada=call.id, codigo="cancelada")
        self.forbidden(ana, call, every, "nao-encontrado")
        self.forbidden(bia, call, every, "nao-encontrado")

    def test_chamada_that_lives(self) -> None:
        """A CONVITE with a chamada that lives is fora-de-ordem for all; only syntax is judged before."""
        ana, bia = self.couple()
        call = ring(ana, bia)
        for client in (ana, bia, self.person("olga"), self.tls(), self.text()):
            for name in (bia.name, ana.name, fresh_name("ninguem")):
                answer = client.ask("CONVITE", **invitation(name, call.id))
                self.erro(answer, "fora-de-ordem", "CONVITE")
        self.assert_silent(ana, bia)
