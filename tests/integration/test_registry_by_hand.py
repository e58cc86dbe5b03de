"""Speaking to the registry with openssl, as docs/protocol.md tells."""

from __future__ import annotations

import re
import shutil
import subprocess

from twisted.trial.unittest import SynchronousTestCase

from scripts.protocol_page import PAGE
from tests.support.daemon_process import daemon
from tests.support.secure_client import address_of


class OpensslTests(SynchronousTestCase):
    """The page's own commands, word for word but for the port."""

    def test_recipes(self) -> None:
        """The fingerprint that openssl computes is the one printed, and a typed conversation is answered."""
        if shutil.which("openssl") is None:
            self.skipTest("openssl is not installed")
        page = PAGE.read_text(encoding="utf-8")
        (shell,) = re.findall(r"```sh\n(openssl.*?)```", page, re.DOTALL)
        (typed,) = re.findall(r"Then type:\n\n```\n(.*?)```", page, re.DOTALL)
        with daemon("--silencioso", "--painel", "nao", wait_for="Texto simples: ") as running:
            address = address_of(running)
            here = shell.replace("127.0.0.1:5000", f"127.0.0.1:{address.port}")
            compare, talk = here.rstrip().rsplit("\n", 1)
            pin = subprocess.run(compare, shell=True, capture_output=True, text=True, check=True, timeout=30)
            self.assertEqual(pin.stdout.strip(), address.fingerprint)
            said = subprocess.run(
                f"(printf '{typed}'; sleep 2) | {talk}",
                shell=True,
                capture_output=True,
                text=True,
                timeout=30,
                check=False,
            )
            for answer in (
                "OLA 0 versao=1",
                "VIVO-OK 1 t=oi",
                "ERRO 2 codigo=nao-registrado",
                "ENCERRADO 3 codigo=pedido",
            ):
                self.assertIn(answer, said.stdout)
