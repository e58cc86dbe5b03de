"""Section 3, calls: what the registry refuses, crossing, lost connections, missed calls, PACOTE."""

import os
import time

from tests.conformance import wire
from tests.conformance.calls import CallCase
from tests.conformance.case import Call, exchange, fresh_name, invitation, ring, talk
from tests.conformance.client import settle


class Refusals(CallCase):
    """Invitations that the registry refuses."""

    def test_nobody_and_absent(self) -> None:
        """Nobody owns the name: nao-encontrado; its owner is away: ausente; and the caller stays livre."""
        ana, bia = self.couple()
        for name in (fresh_name("ninguem"), "анна", "", "a b"):
            self.refused(ana, name, "nao-encontrado")
        bia.drop()
        ana.wait("TABELA-MUDOU", nome=bia.name, estado="fora")
        self.refused(ana, bia.name, "ausente")
        self.assertEqual(self.state_of(ana, ana.name), "livre")

    def test_oneself(self) -> None:
        """Calling oneself is ocupado, whatever one's state."""
        ana = self.person()
        for state in ("livre", "nao-perturbe", "ausente"):
            ana.send("ESTADO", estado=state)
            self.refused(ana, ana.name.upper(), "ocupado")

    def test_do_not_disturb(self) -> None:
        """The registry refuses for a name that says nao-perturbe, who hears nothing of it and may call."""
        ana, bia = self.couple()
        bia.send("ESTADO", estado="nao-perturbe")
        bia.barrier()
        self.refused(ana, bia.name, "nao-perturbe")
        self.assert_silent(bia)
        ring(bia, ana)

    def test_busy(self) -> None:
        """Callee or caller ringing or talking is ocupado, on both sides of the call."""
        ana, bia = self.couple()
        olga = self.person("olga")
        otto = self.person("otto")
        for make in (ring, talk):
            call = make(ana, bia)
            for client in (ana, bia):
                self.refused(olga, client.name, "ocupado")
                self.refused(client, olga.name, "ocupado")
            if make is talk:
                self.refused(ana, bia.name, "ocupado")
                self.refused(bia, ana.name, "ocupado")
            self.refused(ana, bia.name, "ocupado")
            self.assert_silent(ana, bia, olga)
            ana.send("ENCERRAR-LIGACAO", chamada=call.id, codigo="cancelada")
            bia.wait("ENCERRAR-LIGACAO")
        ring(olga, otto)

    def test_order(self) -> None:
        """Refusals come in the order nao-encontrado, oneself, ausente, cruzada, ocupado, nao-perturbe."""
        ana, bia = self.couple()
        olga, away = self.person("olga"), self.person("longe")
        away.drop()
        ana.wait("TABELA-MUDOU", nome=away.name, estado="fora")
        bia.send("ESTADO", estado="nao-perturbe")
        call = talk(bia, ana)
        self.refused(bia, fresh_name("ninguem"), "nao-encontrado")
        self.refused(bia, bia.name, "ocupado")
        self.refused(bia, away.name, "ausente")
        self.refused(olga, bia.name, "ocupado")
        bia.send("ENCERRAR-LIGACAO", chamada=call.id, codigo="normal")
        ana.wait("ENCERRAR-LIGACAO")
        ana.send("ESTADO", estado="nao-perturbe")
        ana.barrier()
        olga.send("ESTADO", estado="livre")
        call = ring(ana, olga)
        self.refused(olga, ana.name, "cruzada")
        self.handed_on(ana, olga, "ENCERRAR-LIGACAO", chamada=call.id, codigo="cancelada")


class Crossing(CallCase):
    """Two invitations that cross."""

    def test_crossed(self) -> None:
        """The first invitation lives on; the second caller gets cruzada for its own and answers the first."""
        for told in (False, True):
            ana, bia = self.couple()
            chamada = os.urandom(16)
            ana.send("CONVITE", **invitation(bia.name, chamada))
            ana.barrier()
            call = Call(chamada, ana, bia)
            if told:
                bia.wait("CONVITE", chamada=call.text)
                self.handed_on(bia, ana, "TOCANDO", chamada=call.id)
            own = invitation(ana.name)
            answer = bia.ask("CONVITE", **own)
            self.assertEqual((answer.verb, answer.keys["codigo"]), ("CONVITE-REJEITADO", "cruzada"))
            self.assertEqual(answer.octets("chamada"), own["chamada"])
            bia.find("CONVITE", chamada=call.text)
            for client in (ana, bia):
                client.wait("LIGACAO", chamada=call.text)
            self.assert_silent(ana, bia)
            self.handed_on(bia, ana, "CONVITE-ACEITO", chamada=call.id, **exchange())
            self.handed_on(bia, ana, "ENCERRAR-LIGACAO", chamada=call.id, codigo="normal")
            self.over(call)

    def test_raced(self) -> None:
        """However two invitations race, exactly one call comes of them, and both sides agree which."""
        for _ in range(10):
            ana, bia = self.couple()
            lines = [wire.render("CONVITE", 5, **invitation(other.name)) for other in (bia, ana)]
            ana.raw(lines[0])
            bia.raw(lines[1])
            settle(ana, bia)
            refused = [client.find("CONVITE-REJEITADO", seq=5) for client in (ana, bia)]
            invited = [client.find("CONVITE") for client in (ana, bia)]
            self.assertEqual([line is None for line in refused], [line is None for line in invited])
            self.assertEqual(sorted(line.keys["codigo"] for line in refused if line), ["cruzada"])
            self.assertEqual(sum(line is not None for line in invited), 1)


class Lost(CallCase):
    """Connections that go away during a call."""

    def test_caller_lost_while_ringing(self) -> None:
        """A lost caller ends the ring at once: the callee gets cancelada, seq 0, without de."""
        for orderly in (False, True):
            ana, bia = self.couple()
            call = ring(ana, bia)
            if orderly:
                ana.send("PEDIDO-ENCERRAMENTO")
            else:
                ana.drop()
            line = bia.wait("ENCERRAR-LIGACAO", chamada=call.text)
            self.assertEqual((line.keys["codigo"], line.seq, "de" in line.keys), ("cancelada", 0, False))
            self.assertEqual(self.state_of(bia, bia.name), "livre")

    def test_callee_lost_while_ringing(self) -> None:
        """A lost callee ends the ring at once: the caller gets nao-atende, seq 0, without de."""
        for orderly in (False, True):
            ana, bia = self.couple()
            call = ring(ana, bia)
            if orderly:
                bia.send("PEDIDO-ENCERRAMENTO")
            else:
                bia.drop()
            line = ana.wait("CONVITE-REJEITADO", chamada=call.text)
            self.assertEqual((line.keys["codigo"], line.seq, "de" in line.keys), ("nao-atende", 0, False))
            self.assertEqual(self.state_of(ana, ana.name), "livre")

    def test_replaced_while_ringing(self) -> None:
        """A replaced session ends a ring as a lost one does, for the newcomer too."""
        ana, bia = self.couple()
        call = ring(ana, bia)
        again = self.again(bia)
        ana.wait("CONVITE-REJEITADO", chamada=call.text, codigo="nao-atende", seq=0)
        self.erro(again.ask("TOCANDO", chamada=call.id), "nao-encontrado", "TOCANDO")
        call = ring(ana, again)
        self.again(ana)
        again.wait("ENCERRAR-LIGACAO", chamada=call.text, codigo="cancelada", seq=0)

    def test_lost_while_talking(self) -> None:
        """An accepted call goes on while a side is away: fora, ausente for a third, its lines dropped."""
        for caller_goes in (True, False):
            ana, bia = self.couple()
            olga = self.person("olga")
            call = talk(ana, bia)
            gone, stays = (ana, bia) if caller_goes else (bia, ana)
            gone.drop()
            olga.wait("TABELA-MUDOU", nome=gone.name, estado="fora")
            self.assertEqual(self.state_of(olga, stays.name), "ocupado")
            self.refused(olga, gone.name, "ausente")
            self.refused(stays, gone.name, "ausente")
            stays.send("CAMINHOS", chamada=call.id, candidatos=[])
            stays.send("PACOTE", chamada=call.id, dado=b"x")
            self.assert_silent(stays)
            back = self.again(gone)
            self.assertEqual(self.state_of(olga, gone.name), "ocupado")
            for caller in (olga, stays):
                back.wait("CONVITE-PERDIDO", de=caller.name)
            self.assert_silent(back)
            self.handed_on(back, stays, "CAMINHOS", chamada=call.id, candidatos=[])
            self.handed_on(stays, back, "PACOTE", chamada=call.id, dado=b"y")
            if caller_goes:
                self.handed_on(back, stays, "CHAVE", chamada=call.id, **exchange())
            self.handed_on(back, stays, "ENCERRAR-LIGACAO", chamada=call.id, codigo="normal")

    def test_replaced_while_talking(self) -> None:
        """An accepted call goes on with the session that replaced another."""
        ana, bia = self.couple()
        call = talk(ana, bia)
        again = self.again(ana)
        ana.wait("ENCERRADO", codigo="sessao-substituida")
        self.assertEqual(self.state_of(bia, ana.name), "ocupado")
        self.handed_on(again, bia, "CHAVE", chamada=call.id, **exchange())
        self.handed_on(bia, again, "ENCERRAR-LIGACAO", chamada=call.id, codigo="normal")

    def test_ended_while_one_is_away(self) -> None:
        """The side that stayed may end the call; the one that comes back is free and finds it unknown."""
        ana, bia = self.couple()
        call = talk(ana, bia)
        ana.drop()
        bia.wait("TABELA-MUDOU", nome=ana.name, estado="fora")
        bia.send("ENCERRAR-LIGACAO", chamada=call.id, codigo="perdida")
        self.assert_silent(bia)
        self.assertEqual(self.state_of(bia, bia.name), "livre")
        back = self.again(ana)
        self.assertEqual(self.state_of(bia, ana.name), "livre")
        self.erro(back.ask("CAMINHOS", chamada=call.id, candidatos=[]), "nao-encontrado", "CAMINHOS")

    def test_both_away_for_a_moment(self) -> None:
        """Both may be away for a while and find their call again."""
        ana, bia = self.couple()
        olga = self.person("olga")
        call = talk(ana, bia)
        for client in (ana, bia):
            client.drop()
            olga.wait("TABELA-MUDOU", nome=client.name, estado="fora")
        time.sleep(0.5)
        ana, bia = self.again(ana), self.again(bia)
        self.assertEqual([self.state_of(olga, p.name) for p in (ana, bia)], ["ocupado", "ocupado"])
        self.handed_on(bia, ana, "ENCERRAR-LIGACAO", chamada=call.id, codigo="normal")


class Missed(CallCase):
    """CONVITE-PERDIDO."""

    def test_told_once_oldest_first(self) -> None:
        """Missed invitations come after registration, oldest first, seq 0, by the registry's clock, once."""
        absent = self.person("longe")
        callers = [self.person(f"c{i}x") for i in range(3)]
        absent.drop()
        for client in callers:
            client.wait("TABELA-MUDOU", nome=absent.name, estado="fora")
            self.refused(client, absent.name.upper(), "ausente")
        back = self.again(absent)
        missed = [back.wait("CONVITE-PERDIDO") for _ in callers]
        self.assertEqual([line.keys["de"] for line in missed], [client.name for client in callers])
        for line in missed:
            self.assertEqual(line.seq, 0)
            self.assertLess(abs(line.number("hora") - time.time()), 60)
        verbs = [wire.parse(line).verb for line in back.log]
        self.assertLess(verbs.index("REGISTRO-BEM-SUCEDIDO"), verbs.index("CONVITE-PERDIDO"))
        self.assert_silent(back)
        again = self.again(back)
        self.assert_silent(again)

    def test_newest_20(self) -> None:
        """Of more than twenty the newest twenty are kept."""
        absent = self.person("longe")
        callers = [self.person(f"c{i}y", plain=True) for i in range(22)]
        absent.drop()
        for client in callers:
            client.wait("TABELA-MUDOU", nome=absent.name, estado="fora")
            self.refused(client, absent.name, "ausente")
        back = self.again(absent)
        settle(back)
        missed = [line.keys["de"] for line in back.pending if line.verb == "CONVITE-PERDIDO"]
        self.assertEqual(missed, [client.name for client in callers[2:]])

    def test_only_of_absent_names(self) -> None:
        """Invitations that rang or were refused for another reason are not kept."""
        ana, bia = self.couple()
        call = ring(ana, bia)
        self.handed_on(ana, bia, "ENCERRAR-LIGACAO", chamada=call.id, codigo="cancelada")
        bia.send("ESTADO", estado="nao-perturbe")
        bia.barrier()
        self.refused(ana, bia.name, "nao-perturbe")
        self.assert_silent(self.again(bia))


class Packets(CallCase):
    """PACOTE under a leg's limits."""

    def test_burst(self) -> None:
        """A second's worth passes at once; what is over a leg's rate is not handed on; nobody is harmed."""
        ana, bia = self.couple()
        call = talk(ana, bia)
        started = time.monotonic()
        packets = [wire.render("PACOTE", 0, chamada=call.id, dado=bytes([i % 256]) * 20) for i in range(400)]
        ana.raw(b"".join(packets[:60]))
        for i in range(60):
            self.assertEqual(bia.wait("PACOTE").octets("dado"), bytes([i]) * 20)
        ana.raw(b"".join(packets))
        ana.barrier()
        bia.barrier()
        bia.barrier()
        passed = sum(line.verb == "PACOTE" for line in bia.pending)
        self.assertLessEqual(passed + 60, 105 + 100 * (time.monotonic() - started))
        time.sleep(0.5)
        bia.pending.clear()
        self.handed_on(ana, bia, "PACOTE", chamada=call.id, dado=b"still here")

    def test_payload(self) -> None:
        """A payload of 508 bytes passes, a longer one does not."""
        ana, bia = self.couple()
        call = talk(ana, bia)
        self.handed_on(ana, bia, "PACOTE", chamada=call.id, dado=os.urandom(508))
        ana.send("PACOTE", chamada=call.id, dado=os.urandom(509))
        settle(ana, bia)
        bia.refuse("PACOTE")
