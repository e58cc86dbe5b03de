"""Two daemons on one Redis: what one gives away the other keeps, and one operator rules both."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest import SkipTest

from twisted.trial.unittest import SynchronousTestCase

from registro.wire import messages
from registro.wire.errors import Codigo, Encerramento
from tests.support.daemon_process import PATIENCE, ROOT, PlainClient, daemon
from tests.support.redis_server import RedisServer, program
from tests.support.registry import convite

_ADMIN = "from registro.operations.admin import main; main()"


class TwoNodesTests(SynchronousTestCase):
    """A name belongs to one key, wherever it was claimed."""

    def setUp(self) -> None:
        """Start a server and two daemons."""
        folder = tempfile.TemporaryDirectory(prefix="sala-redis-")
        self.addCleanup(folder.cleanup)
        found = program(Path(folder.name))
        if found is None:
            raise SkipTest("redis-server is not installed")
        self.redis = RedisServer(found, Path(folder.name))
        self.addCleanup(self.redis.stop)
        options = ("--armazem", self.redis.url, "--silencioso", "--painel", "nao")
        nodes = [daemon(*options, wait_for="Texto simples: ") for _ in range(2)]
        self.ports = []
        for node in nodes:
            self.ports.append(node.__enter__().plain)
            self.addCleanup(node.__exit__, None, None, None)

    def client(self, node: int, seed: bytes) -> PlainClient:
        """Connect to a node."""
        made = PlainClient(self.ports[node], seed * 32)
        self.addCleanup(made.close)
        return made

    def admin(self, *argv: str) -> None:
        """Run `salaregistro-admin` on the same Redis."""
        command = [sys.executable, "-c", _ADMIN, "--armazem", self.redis.url, *argv]
        subprocess.run(command, cwd=ROOT, check=True, capture_output=True, timeout=30)

    def test_shared(self) -> None:
        """Owners, missed calls and bans of one node are the other's, a second later."""
        ana = self.client(0, b"a").register("ana")
        bia = self.client(1, b"b").register("bia")
        stranger = self.client(1, b"x")
        refused = stranger.ask(stranger.request("ana"), messages.RegistroMalSucedido)
        self.assertEqual(refused.codigo, Codigo.NOME_EM_USO)
        self.until(lambda: isinstance(self.looked_up(bia, "ana"), messages.ConsultaBemSucedida))
        found = self.looked_up(bia, "ana")
        self.assertEqual((found.chave, found.estado), (ana.chave, "fora"))
        ana.close()
        self.assertEqual(bia.ask(convite("ana"), messages.ConviteRejeitado).codigo, "ausente")
        self.until(lambda: self.told(b"a") == "bia")
        self.admin("banir", "nome", "bia")
        self.assertEqual(bia.hear_a(messages.Encerrado).codigo, Encerramento.BANIDO)

    def until(self, true: Callable[[], bool]) -> None:
        """Ask again until it is so; the other node looks once a second."""
        end = time.monotonic() + PATIENCE
        while not true():
            self.assertLess(time.monotonic(), end, "the other node does not hear of it")
            time.sleep(0.1)

    def looked_up(self, client: PlainClient, nome: str) -> Any:
        """Look a name up."""
        client.say(messages.PedidoConsulta(nome), 1)
        while True:
            said = client.hear()
            if isinstance(said, messages.ConsultaBemSucedida | messages.ConsultaMalSucedida):
                return said

    def told(self, seed: bytes) -> str:
        """Come back to the first node; return who called at the second, as far as it tells."""
        back = self.client(0, seed).register("ana")
        back.say(messages.Vivo("fim"), 9)
        said = back.hear()
        back.close()
        return said.de if isinstance(said, messages.ConvitePerdido) else ""
