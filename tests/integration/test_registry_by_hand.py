"""Speaking to the registry with openssl and nc, as docs/protocol.md tells."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from scripts.protocol_page import PAGE
from tests.support.daemon_process import PATIENCE, ROOT, daemon
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


class NetcatTests(SynchronousTestCase):
    """The commands for the plain endpoint, word for word but for the port, the challenge and the name."""

    def test_recipe(self) -> None:
        """The line that the program writes registers when it is pasted, and what is typed is answered."""
        if shutil.which("nc") is None:
            self.skipTest("nc is not installed")
        page = PAGE.read_text(encoding="utf-8")
        (talk,) = re.findall(r"```sh\n(nc .*?)\n```", page)
        (write,) = re.findall(r"```sh\n(python - DESAFIO nome.*?)```", page, re.DOTALL)
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        with daemon("--silencioso", "--painel", "nao", wait_for="Texto simples: ") as running:
            nc = subprocess.Popen(
                talk.replace("5001", str(running.plain)).split(),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
            assert nc.stdin is not None
            assert nc.stdout is not None
            with nc.stdin as typed, nc.stdout as said:
                ola = said.readline()
                challenge = ola.partition(" desafio=")[2].strip()
                line = subprocess.run(
                    write.replace("DESAFIO nome", f"{challenge} João"),
                    shell=True,
                    cwd=ROOT,
                    env={**os.environ, "PATH": path},
                    capture_output=True,
                    text=True,
                    check=True,
                    timeout=PATIENCE,
                ).stdout
                typed.write(line + "PEDIDO-CONSULTA 2 nome=joão\nPEDIDO-ENCERRAMENTO 3\n")
                typed.flush()
                answers = said.read()
            nc.wait(PATIENCE)
        self.assertTrue(ola.startswith("OLA 0 versao=1 "), ola)
        self.assertRegex(answers, r"^REGISTRO-BEM-SUCEDIDO 1 nome=joão rev=\d+ vida=45\n")
        self.assertRegex(answers, r"\nCONSULTA-BEM-SUCEDIDA 2 nome=joão chave=\S{43} estado=livre\n")
        self.assertRegex(answers, r"\nENCERRADO 3 codigo=pedido \S+\n$")
