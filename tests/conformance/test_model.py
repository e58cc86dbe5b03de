"""Section 3 as a whole: random deeds of a few people against the live registry and against the model."""

import os
import random
import time

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tests.conformance import wire
from tests.conformance.case import Case, exchange, fresh_name, invitation
from tests.conformance.client import Client, settle
from tests.conformance.model import Heard, Model
from tests.conformance.test_table import GATHER, Watcher, snapshot

STEPS = 160
VERBS = ("TOCANDO", "CONVITE-ACEITO", "CONVITE-REJEITADO", "CHAVE", "CAMINHOS", "PACOTE", "ENCERRAR-LIGACAO")


def body(verb: str, chance: random.Random) -> dict[str, object]:
    """Return the keys of a line of a call, besides chamada."""
    bodies: dict[str, dict[str, object]] = {
        "CONVITE-ACEITO": exchange(),
        "CHAVE": exchange(),
        "CONVITE-REJEITADO": {"codigo": chance.choice(("recusado", "ocupado", "nao-perturbe", "nao-atende"))},
        "CAMINHOS": {"candidatos": []},
        "PACOTE": {"dado": b"voz"},
        "ENCERRAR-LIGACAO": {"codigo": chance.choice(("normal", "cancelada", "perdida"))},
    }
    return bodies.get(verb, {})


class Random(Case):
    """One random walk a seed."""

    def test_walk(self) -> None:
        """Whatever people do, each hears exactly what the page says; look-ups and the table agree."""
        self.chance = random.Random(2026)
        self.watch = self.person("olga")
        watcher = Watcher(self.watch)
        self.inside: dict[str, Client] = {}
        self.owner: dict[str, Ed25519PrivateKey] = {}
        for index in range(5):
            client = self.person("gente", plain=bool(index % 2))
            self.inside[client.name], self.owner[client.name] = client, client.key
        self.model = Model(list(self.inside))
        self.chamadas = [wire.b64(os.urandom(16))]
        for step in range(STEPS):
            deed = self.chance.choices(
                (self.invite, self.line, self.say, self.lose_or_return, self.replace), (4, 12, 2, 2, 1)
            )[0]
            told, expected = deed()
            self.compare(f"step {step}: {told}", expected)
        time.sleep(3 * GATHER)
        self.watch.barrier()
        watcher.apply()
        rev, _, table = snapshot(self.watch)
        self.assertEqual((watcher.rev, watcher.table), (rev, table))

    def somebody(self) -> tuple[str, Client]:
        """Choose a connected person."""
        return self.chance.choice(sorted(self.inside.items()))

    def chamada(self) -> str:
        """Choose a chamada, mostly one that lives."""
        living = sorted(self.model.calls)
        return self.chance.choice(living if living and self.chance.random() < 0.85 else self.chamadas)

    def invite(self) -> tuple[str, list[Heard]]:
        """Somebody calls somebody, or nobody, or oneself; at times with a chamada that was used."""
        name, client = self.somebody()
        targets = [*self.model.people] * 4 + [fresh_name("ninguem")]
        target = self.chance.choice(targets)
        fresh = self.chance.random() < 0.85
        chamada = wire.b64(os.urandom(16)) if fresh else self.chamada()
        self.chamadas = [*self.chamadas[-5:], chamada]
        client.send("CONVITE", **invitation(target, wire.unb64(chamada)))
        return f"{name} CONVITE para {target} {chamada}", self.model.invite(name, target, chamada)

    def line(self) -> tuple[str, list[Heard]]:
        """Somebody says something about a call; members of a call more often than strangers."""
        chamada = self.chamada()
        name, client = self.somebody()
        call = self.model.calls.get(chamada)
        members = [m for m in (call.caller, call.callee) if m in self.inside] if call else []
        if members and self.chance.random() < 0.85:
            name = self.chance.choice(members)
            client = self.inside[name]
        verb = self.chance.choice(VERBS)
        if verb in {"ENCERRAR-LIGACAO", "CONVITE-REJEITADO"} and self.chance.random() < 0.5:
            verb = "CAMINHOS"
        client.send(verb, chamada=wire.unb64(chamada), **body(verb, self.chance))
        return f"{name} {verb} {chamada}", self.model.line(name, verb, chamada)

    def say(self) -> tuple[str, list[Heard]]:
        """Somebody changes the state."""
        name, client = self.somebody()
        estado = self.chance.choice(("livre", "livre", "ausente", "nao-perturbe"))
        client.send("ESTADO", estado=estado)
        self.model.people[name].estado = estado
        return f"{name} ESTADO {estado}", []

    def enter(self, name: str) -> None:
        """Connect a name; its state is said anew."""
        client = self.tls()
        client.register(name, self.owner[name])
        client.send("ESTADO", estado="livre")
        self.model.people[name].estado = "livre"
        self.inside[name] = client

    def lose_or_return(self) -> tuple[str, list[Heard]]:
        """Somebody goes away, or one who is away comes back."""
        away = sorted(set(self.model.people) - set(self.inside))
        if away and (len(away) > 1 or self.chance.random() < 0.6):
            name = self.chance.choice(away)
            self.enter(name)
            return f"{name} comes back", self.model.come_back(name)
        name, client = self.somebody()
        del self.inside[name]
        client.drop()
        deadline = time.monotonic() + 10
        while self.state_of(self.watch, name) != "fora":
            self.assertLess(time.monotonic(), deadline, f"{name} is not fora")
        return f"{name} is lost", self.model.lose(name)

    def replace(self) -> tuple[str, list[Heard]]:
        """Somebody's session is replaced."""
        name, client = self.somebody()
        self.enter(name)
        self.assertEqual(client.wait("ENCERRADO").keys["codigo"], "sessao-substituida")
        return f"{name} is replaced", self.model.replace(name)

    def compare(self, told: str, expected: list[Heard]) -> None:
        """Assert that everybody has heard exactly this, and that the states are the model's."""
        for who, verb, keys in expected:
            self.inside[who].until(verb, keep=True, **keys)
        settle(*self.inside.values())
        for name, client in self.inside.items():
            heard = [line for line in client.pending if not line.verb.startswith("TABELA-")]
            client.pending.clear()
            wanted = [(verb, keys) for who, verb, keys in expected if who == name]
            self.assertEqual(
                [line.verb for line in heard], [verb for verb, _ in wanted], f"{told}; at {name}"
            )
            for line, (verb, keys) in zip(heard, wanted, strict=True):
                self.assertTrue(line.matches(verb, **keys), f"{told}; at {name}: {line}, expected {keys}")
                own = line.verb == "ERRO" or f": {name} CONVITE para" in told
                self.assertEqual(line.seq != 0, own and line.verb != "LIGACAO", f"{told}; {line}")
                self.assertEqual("de" in line.keys, "de" in keys, f"{told}; {line}")
        for name in self.model.people:
            self.assertEqual(
                self.state_of(self.watch, name), self.model.state(name), f"{told}; state of {name}"
            )
