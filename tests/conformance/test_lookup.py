"""Section 3: look-ups and states."""

import os

from tests.conformance import keys, wire
from tests.conformance.case import Case, fresh_name, ring, talk
from tests.conformance.daemon import Daemon


class Lookup(Case):
    """PEDIDO-CONSULTA."""

    def test_answer(self) -> None:
        """The answer carries canonical name, key and state, and no address; also about oneself."""
        ana, bia = self.couple()
        for asker in (ana, bia, self.person(plain=True)):
            answer = asker.ask("PEDIDO-CONSULTA", nome=bia.name.upper())
            self.assertEqual(answer.verb, "CONSULTA-BEM-SUCEDIDA")
            self.assertEqual(
                dict(answer.keys),
                {"nome": bia.name, "chave": wire.b64(keys.public_of(bia.key)), "estado": "livre"},
            )

    def test_not_found(self) -> None:
        """A name that nobody owns, or that cannot be one, is nao-encontrado."""
        ana = self.person()
        for name in (fresh_name("ninguem"), "анна", "a b", "", "x" * 100, "."):
            answer = ana.ask("PEDIDO-CONSULTA", nome=name)
            self.assertEqual((answer.verb, answer.keys["nome"]), ("CONSULTA-MAL-SUCEDIDA", name))

    def test_states(self) -> None:
        """The state is the last ESTADO; ocupado while it rings and in a call; then the last ESTADO again."""
        ana, bia = self.couple()
        olga = self.person("olga")
        for state in ("ausente", "nao-perturbe", "livre", "ausente"):
            bia.send("ESTADO", estado=state)
            bia.barrier()
            self.assertEqual(self.state_of(ana, bia.name), state)
        call = ring(ana, bia)
        self.assertEqual([self.state_of(olga, p.name) for p in (ana, bia)], ["ocupado", "ocupado"])
        bia.send("CONVITE-REJEITADO", chamada=call.id, codigo="recusado")
        bia.barrier()
        self.assertEqual([self.state_of(olga, p.name) for p in (ana, bia)], ["livre", "ausente"])
        call = talk(bia, ana)
        ana.send("ESTADO", estado="nao-perturbe")
        ana.barrier()
        self.assertEqual([self.state_of(olga, p.name) for p in (ana, bia)], ["ocupado", "ocupado"])
        ana.send("ENCERRAR-LIGACAO", chamada=call.id, codigo="normal")
        ana.barrier()
        self.assertEqual([self.state_of(olga, p.name) for p in (ana, bia)], ["nao-perturbe", "ausente"])

    def test_estado_is_not_answered(self) -> None:
        """ESTADO has no answer when accepted and an ERRO with its seq when not."""
        ana = self.person()
        ana.send("ESTADO", estado="ausente")
        self.assert_silent(ana)
        self.erro(ana.ask("ESTADO", estado="fora"), "sintaxe", "ESTADO")

    def test_fora(self) -> None:
        """An owned name that is not connected is fora, and its key is still told."""
        ana, bia = self.couple()
        for plain in (False, True):
            bia = self.person("bia", plain=plain)
            bia.drop()
            ana.wait("TABELA-MUDOU", nome=bia.name, estado="fora")
            answer = ana.ask("PEDIDO-CONSULTA", nome=bia.name)
            self.assertEqual(answer.keys["estado"], "fora")
            self.assertEqual(answer.octets("chave"), keys.public_of(bia.key))

    def test_the_state_after_a_come_back(self) -> None:
        """A name that comes back is livre or what it said last, never fora."""
        ana, bia = self.couple()
        bia.send("ESTADO", estado="ausente")
        bia.barrier()
        bia.drop()
        ana.wait("TABELA-MUDOU", nome=bia.name, estado="fora")
        self.again(bia)
        self.assertIn(self.state_of(ana, bia.name), {"livre", "ausente"})


class Liveness(Case):
    """VIVO."""

    def test_vivo(self) -> None:
        """VIVO is answered by VIVO-OK with the same t, before and after registration; VIVO-OK by nothing."""
        for client in (self.tls(), self.text(), self.person(), self.person(plain=True)):
            for token in ("", "1", "a b%\n", "ã" * 100, wire.b64(os.urandom(30))):
                answer = client.ask("VIVO", t=token)
                self.assertEqual((answer.verb, dict(answer.keys)), ("VIVO-OK", {"t": token}))
        client.send("VIVO-OK", t="x")
        self.assert_silent(client)


class Addresses(Case):
    """``--revelar-enderecos``."""

    def test_revealed(self) -> None:
        """Where the operator turned it on, a look-up shows address and port of the one who is connected."""
        self.daemon = Daemon("--revelar-enderecos")
        self.addCleanup(self.daemon.stop)
        self.daemon.start()
        ana, bia = self.couple()
        answer = ana.ask("PEDIDO-CONSULTA", nome=bia.name)
        self.assertEqual(answer.keys["ip"], "127.0.0.1")
        self.assertEqual(answer.number("porta"), bia.stream.socket.getsockname()[1])
