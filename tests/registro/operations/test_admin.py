"""`salaregistro-admin`: its commands, and what a daemon on the same store makes of them."""

from __future__ import annotations

import tarfile
from pathlib import Path
from typing import Any

from twisted.internet import reactor
from twisted.internet.defer import inlineCallbacks
from twisted.internet.task import deferLater
from twisted.trial.unittest import SynchronousTestCase, TestCase

from registro.operations import admin
from registro.operations.admin import AdminError
from registro.operations.overseer import Overseer
from registro.storage.database import FILE, Database
from registro.storage.sqlite import SQLiteStore
from registro.wire import messages
from registro.wire.errors import Codigo, Encerramento
from registro.wire.fields import b64
from tests.support.registry import Registry

KEY = b"k" * 32


class CommandTests(SynchronousTestCase):
    """Each command on a store that nobody else uses."""

    def setUp(self) -> None:
        """Make a store with two names."""
        self.state = Path(self.mktemp()).absolute()
        self.state.mkdir()
        made = Database(self.state / FILE)
        with made.transaction():
            for nome in ("ana", "bia"):
                made.claim(nome, KEY, 1, None)
        made.close()

    def run_one(self, *argv: str) -> list[str]:
        """Carry a command out and return what it said."""
        said: list[str] = []
        status = admin.run(["--estado", str(self.state), *argv], said.append)
        self.assertEqual(status, 0)
        return said

    def fails(self, *argv: str) -> str:
        """A command is refused with one sentence."""
        sentence = str(self.assertRaises(AdminError, admin.run, ["--estado", str(self.state), *argv], print))
        self.assertNotIn("\n", sentence)
        return sentence

    def test_names(self) -> None:
        """Names are listed with key and day, and by how they begin."""
        lines = self.run_one("nomes")
        self.assertTrue(lines[0].startswith(f"ana\t{b64(KEY)}\t"))
        self.assertEqual(lines[-1], "2 nomes")
        self.assertEqual(self.run_one("nomes", "BI")[-1], "1 nomes")

    def test_free(self) -> None:
        """A freed name has no owner any more."""
        self.assertIn("ana está livre", self.run_one("liberar", "Ana")[0])
        self.assertEqual(self.run_one("nomes")[-1], "1 nomes")
        self.assertIn("ninguém tem o nome ana", self.fails("liberar", "ana"))
        self.assertIn("não pode ser um nome", self.fails("liberar", "@"))

    def test_bans(self) -> None:
        """Names, keys and ranges are banned and let in again, in one spelling."""
        for tipo, valor, kept in (
            ("nome", "EVA", "eva"),
            ("chave", b64(KEY), b64(KEY)),
            ("faixa", "192.0.2.7/24", "192.0.2.0/24"),
        ):
            self.run_one("banir", tipo, valor, "spam")
            self.assertIn(f"{tipo}\t{kept}\t", self.run_one("banimentos")[0])
            self.run_one("desbanir", tipo, valor)
            self.assertEqual(self.run_one("banimentos"), ["0 banimentos"])
            self.assertIn("não está banido", self.fails("desbanir", tipo, valor))
        for tipo in ("nome", "chave", "faixa"):
            self.fails("banir", tipo, "@")

    def test_invitations(self) -> None:
        """An invitation's secret is shown once, and it can be revoked."""
        secret = self.run_one("convidar", "para a ana")[0].partition(": ")[2]
        self.assertGreaterEqual(len(secret), 20)
        listed = self.run_one("convites")
        self.assertIn("usado 0 vezes\tpara a ana", listed[0])
        self.assertNotIn(secret, "".join(listed))
        self.run_one("revogar", "1")
        self.assertIn("não há convite 1", self.fails("revogar", "1"))

    def test_backup_and_check(self) -> None:
        """A copy is made, and a folder is examined: the exit status says whether it is bad."""
        copy = self.state / "copia.tar"
        self.run_one("backup", str(copy))
        with tarfile.open(copy) as archive:
            self.assertIn(FILE, archive.getnames())
        self.assertIn("já existe", self.fails("backup", str(copy)))
        said: list[str] = []
        self.assertEqual(admin.run(["--estado", str(self.state), "check"], said.append), 1)
        self.assertTrue(any(line.startswith("ERRO") for line in said))

    def test_no_registry(self) -> None:
        """Where there is no registry, none is made."""
        self.state = self.state / "nada"
        self.assertIn("não há registro", self.fails("nomes"))
        self.assertFalse(self.state.exists())
        self.assertIn("sala://", self.fails("check", "http://x"))


class BesideADaemonTests(TestCase):
    """A daemon takes notice within a second."""

    def setUp(self) -> None:
        """Start a registry on a store, and its overseer."""
        self.state = Path(self.mktemp()).absolute()
        self.state.mkdir()
        store = SQLiteStore(reactor, self.state / FILE)  # type: ignore[arg-type]
        self.addCleanup(store.close)
        self.registry = Registry(store=store, secret=b"segredo de convite")
        self.registry.office.identity._secret = None
        self.overseer = Overseer(self.registry.server)
        self.overseer.start()

    @inlineCallbacks
    def arrive(self, nome: str, seed: bytes, host: str = "127.0.0.1") -> Any:
        """Register somebody on the slow disk."""
        client = self.registry.connect(seed, host)
        client.say(client.request(nome))
        while not (answers := client.heard()):
            yield deferLater(reactor, 0.005)  # type: ignore[arg-type]
        self.assertIsInstance(answers[0], messages.RegistroBemSucedido)
        return client

    @inlineCallbacks
    def a_second(self) -> Any:
        """Let the overseer look once, and the disk answer."""
        self.registry.clock.advance(1)
        for _ in range(20):
            yield deferLater(reactor, 0.005)  # type: ignore[arg-type]

    def act(self, *argv: str) -> None:
        """Carry a command out, as another process would."""
        admin.run(["--estado", str(self.state), *argv], lambda _: None)

    @inlineCallbacks
    def test_freed(self) -> Any:
        """Who is connected by a freed name is sent away, and somebody else may have it."""
        ana = yield self.arrive("ana", b"a" * 32)
        self.act("liberar", "ana")
        yield self.a_second()
        self.assertEqual(ana.heard()[-1].codigo, Encerramento.BANIDO)
        yield self.arrive("ana", b"b" * 32)

    @inlineCallbacks
    def test_banned(self) -> Any:
        """Who is banned, by name, key or address, is sent away and not let in until the ban is lifted."""
        ana = yield self.arrive("ana", b"a" * 32)
        bia = yield self.arrive("bia", b"b" * 32)
        eva = yield self.arrive("eva", b"e" * 32, "192.0.2.9")
        lia = yield self.arrive("lia", b"l" * 32)
        self.act("banir", "nome", "ana")
        self.act("banir", "chave", b64(bia.chave))
        self.act("banir", "faixa", "192.0.2.0/24")
        yield self.a_second()
        self.assertEqual([client.closed for client in (ana, bia, eva, lia)], [True, True, True, False])
        self.assertIsNone(self.registry.server.admit("192.0.2.10", 1, True))
        again = self.registry.connect(b"a" * 32)
        self.assertEqual(again.ask(again.request("ana")).codigo, Encerramento.BANIDO)
        self.act("desbanir", "nome", "ana")
        yield self.a_second()
        yield self.arrive("ana", b"a" * 32)

    @inlineCallbacks
    def test_invitations(self) -> Any:
        """A new invitation counts within a second."""
        self.registry.office.identity._secret = b"outro segredo"
        self.act("convidar")
        yield self.a_second()
        client = self.registry.connect()
        refused = client.ask(client.request("nova"))
        self.assertEqual(refused.codigo, Codigo.CONVITE_EXIGIDO)
        self.assertEqual(len(self.registry.office.identity._invitations), 1)
