"""What an operator's options and commands change for clients: sections 3, 4 and 8."""

import subprocess
import tempfile
import time
from pathlib import Path
from typing import ClassVar

from tests.conformance import wire
from tests.conformance.case import Case, fresh_name, ring
from tests.conformance.client import Client
from tests.conformance.daemon import TWISTD, Daemon


class SmallTable(Case):
    """A registry with room for two."""

    options: ClassVar[tuple[str, ...]] = ("--tabela", "2", "--linhas", "7", "--convites", "9")

    def test_full(self) -> None:
        """A third name is cheio and its connection stays; who is there may come back; room is used."""
        ana, bia = self.couple()
        third = self.tls()
        name = fresh_name("caio")
        answer = third.ask("PEDIDO-REGISTRO", **third.credentials(name))
        self.assertEqual((answer.verb, answer.keys["codigo"]), ("REGISTRO-MAL-SUCEDIDO", "cheio"))
        self.again(bia).barrier()
        ana.drop()
        third.barrier()
        deadline = time.monotonic() + third.patience
        while third.ask("PEDIDO-REGISTRO", **third.credentials(name)).verb != "REGISTRO-BEM-SUCEDIDO":
            self.assertLess(time.monotonic(), deadline)

    def test_limits_are_told(self) -> None:
        """OLA tells each limit with the value that this registry has."""
        told = dict(item.split(":") for item in self.tls().ola.items("limites"))
        self.assertEqual({key: told[key] for key in ("tabela", "linhas", "convites")}, _VALUES)


_VALUES = {"tabela": "2", "linhas": "7", "convites": "9"}


class Ownership(Case):
    """A name until the operator frees it, and revisions from a beginning that nobody can have seen."""

    def test_freed(self) -> None:
        """A freed name belongs to the next key that claims it; who had it is sent away."""
        owner, next_one = self.person("ana"), self.tls()
        refused = next_one.ask("PEDIDO-REGISTRO", **next_one.credentials(owner.name))
        self.assertEqual(refused.keys["codigo"], "nome-em-uso")
        admin = TWISTD.with_name("salaregistro-admin")
        command = [str(admin), "--estado", str(self.daemon.state), "liberar", owner.name]
        subprocess.run(command, check=True, capture_output=True, timeout=30)
        last = owner.end()[-1]
        self.assertEqual((last.verb, last.seq), ("ENCERRADO", 0))
        next_one.register(owner.name)
        back = self.tls()
        again = back.ask("PEDIDO-REGISTRO", **back.credentials(owner.name, owner.key))
        self.assertEqual(again.keys["codigo"], "nome-em-uso")

    def test_first_revision(self) -> None:
        """rev starts at Unix time in milliseconds."""
        before = time.time() * 1000
        daemon = Daemon().start()
        try:
            client = self.keep(daemon.tls())
            rev = client.register("ana").number("rev")
            self.assertTrue(before < rev < time.time() * 1000 + 10, (before, rev))
        finally:
            daemon.stop()

    def test_the_secret_of_a_file(self) -> None:
        """The secret is the bytes of the file without a final newline, and without nothing else."""
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "convite"
            for content, secret in ((b"um segredo", b"um segredo"), (b" com \xff espa\n", b" com \xff espa")):
                file.write_bytes(content)
                daemon = Daemon("--convite", str(file)).start()
                try:
                    self.keep(daemon.tls()).register("ana", secret=secret)
                finally:
                    daemon.stop()


class Rings(Case):
    """What the table of section 3 allows more than once."""

    def test_tocando_again(self) -> None:
        """A callee that says TOCANDO again is handed on again; the ring goes on."""
        ana, bia = self.couple()
        call = ring(ana, bia)
        for _ in range(3):
            bia.send("TOCANDO", chamada=call.id)
            self.heard(ana, "TOCANDO", call.text)
        bia.send("CONVITE-REJEITADO", chamada=call.id, codigo="recusado")
        self.heard(ana, "CONVITE-REJEITADO", call.text)

    def heard(self, client: Client, verb: str, chamada: str) -> wire.Line:
        """Wait for a line of the other side."""
        line = client.wait(verb, chamada=chamada)
        self.assertIn("de", line.keys)
        return line
