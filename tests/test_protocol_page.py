"""docs/protocol.md says what the code does: tables, pictures, words, transcript, recipes for one's hands."""

from __future__ import annotations

import contextlib
import io
import re
import sys
from collections.abc import Iterator
from unittest.mock import patch

from twisted.trial.unittest import SynchronousTestCase

from registro.tap import Options
from registro.wire import codec, errors, keys, messages
from registro.wire.fields import b64
from registro.wire.limits import Limits
from scripts.protocol_page import PAGE, filled, machine
from tests.support.registry import Registry
from voz.words import WORDS

_LINE = re.compile(r"^\d\d:\d\d:\d\d [<>] [^:]+: (.*)$", re.MULTILINE)
_CUT = re.compile(r"\b(\w+)=([A-Za-z0-9_-]{8})…")
_SIZES = {"sig": 64, "dado": 40}


def page() -> str:
    """Read the page."""
    return PAGE.read_text(encoding="utf-8")


class PageTests(SynchronousTestCase):
    """Page and code."""

    def test_current(self) -> None:
        """Every table, list and picture is as the code says; else run scripts/protocol_page.py."""
        self.assertEqual(page(), filled(page()))

    def test_everything_is_there(self) -> None:
        """Every verb, key, code, limit, option and word stands on the page."""
        text = page()
        names = [*messages.ALL, *keys.KINDS, *(item.split(":")[0] for item in Limits().listed())]
        codes = [*errors.Codigo, *errors.Encerramento, *errors.Recusa, *errors.Fim, *errors.Estado]
        options = ["--" + row[0] for row in (*Options.optParameters, *Options.optFlags)]
        for name in (*names, *map(str, codes), *options):
            self.assertRegex(text, rf"(?<![\w-]){re.escape(name)}(?![\w-])", name)
        table = text.partition("<!-- begin words -->")[2].partition("<!-- end words -->")[0]
        found = re.findall(r"[a-z]+", table)
        self.assertEqual(tuple(found), WORDS)

    def test_nothing_else_is_there(self) -> None:
        """No verb stands on the page that the code does not know."""
        known = {*messages.ALL, "PACOTE-AUDIO"}
        for verb in re.findall(r"\b[A-Z]{4,}(?:-[A-Z]+)+\b", page()):
            if verb.startswith(
                ("PEDIDO-", "CONVITE-", "TABELA-", "CONSULTA-", "REGISTRO-", "VIVO-", "ENCERRAR-")
            ):
                self.assertIn(verb, known)

    def test_pictures(self) -> None:
        """A picture has every state of its machine, and every input that changes something."""
        from registro import call, session

        for module in (call, session):
            picture = machine(module.machine)
            for state in module.machine._automaton.states():
                self.assertIn(state.name, picture)
            for happens in module.machine._automaton.inputAlphabet():
                self.assertIn(happens, picture)

    def test_transcript(self) -> None:
        """Every line of the real call is a line of the protocol, but for what the screen cuts."""

        def whole(found: re.Match[str]) -> str:
            start = found[2]
            size = _SIZES.get(found[1], 32)
            return f"{found[1]}={start}{b64(bytes(size))[8:]}"

        lines = _LINE.findall(page())
        self.assertGreater(len(lines), 30)
        for line in lines:
            codec.parse(_CUT.sub(whole, line).replace("senha=…", "senha=x").encode())


def _recipe() -> str:
    (found,) = re.findall(r"python - DESAFIO nome <<'FIM'\n(.*?)\nFIM\n", page(), re.DOTALL)
    return str(found)


@contextlib.contextmanager
def _said() -> Iterator[io.StringIO]:
    with contextlib.redirect_stdout(io.StringIO()) as out:
        yield out


class RecipeTests(SynchronousTestCase):
    """What the page says can be done by hand."""

    def test_registers(self) -> None:
        """The line that the recipe writes for a challenge registers the name."""
        client = Registry().connect()
        argv = ["-", b64(client.ola.desafio), "ana"]
        with _said() as out, patch.object(sys, "argv", argv):
            exec(compile(_recipe(), "recipe", "exec"), {})
        client.raw(out.getvalue().encode())
        self.assertIsInstance(client.one(1), messages.RegistroBemSucedido)
