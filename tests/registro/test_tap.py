"""The command line: what it means, and one sentence for everything that is wrong."""

from __future__ import annotations

import io
import sys
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from registro import config
from registro.config import Config, ConfigError, PlainPlace
from registro.tap import LIMIT_OPTIONS, Options, read
from registro.wire.limits import Limits


def parsed(*argv: str) -> Config:
    """Read a command line."""
    options = Options()
    options.parseOptions(list(argv))
    return options.config


class GoodTests(SynchronousTestCase):
    """Command lines that are right."""

    def test_defaults(self) -> None:
        """Without an option: port 5000, everywhere, the platform's folder, the documented limits."""
        made = parsed()
        self.assertEqual((made.port, made.interface, made.plain, made.silent), (5000, "::", None, False))
        self.assertEqual((made.state, made.drain), (config.default_state(), 60.0))
        self.assertEqual((made.limits, made.direct_write, made.limit_loopback), (Limits(), True, False))

    def test_options(self) -> None:
        """Each option reaches the configuration."""
        folder = Path(self.mktemp())
        folder.mkdir()
        secret = folder / "segredo"
        secret.write_bytes(b"um segredo bom\n")
        made = parsed(
            *("--porta", "0", "--interface", "127.0.0.1", "--estado", str(folder), "--drenar", "5"),
            *("--convite", str(secret), "--nome-publico", "sala.example", "--diario", "x.log"),
            *("--rele", "turn:a.example:1,turn:[2001:db8::1]:2", "--segredo", str(secret)),
            *("--certificado", "c.pem", "--chave", "k.pem", "--linhas", "7", "--sem-registro", "9"),
            *("--silencioso", "--revelar-enderecos", "--limitar-loopback", "--sem-escrita-direta"),
            *("--texto-simples", "[::1]:5001"),
        )
        self.assertEqual((made.port, made.interface, made.state, made.drain), (0, "127.0.0.1", folder, 5.0))
        self.assertEqual((made.invitation, made.relay_secret), (b"um segredo bom", b"um segredo bom"))
        self.assertEqual(made.relay, ("turn:a.example:1", "turn:[2001:db8::1]:2"))
        self.assertEqual((made.certificate, made.key), (Path("c.pem"), Path("k.pem")))
        self.assertEqual((made.limits.linhas, made.bursts.espera, made.diary), (7, 9, Path("x.log")))
        self.assertEqual(
            (made.silent, made.reveal, made.limit_loopback, made.direct_write), (True, True, True, False)
        )
        self.assertEqual((made.plain, made.public_name), (PlainPlace("::1", 5001), "sala.example"))

    def test_store(self) -> None:
        """The data is in SQLite, or in a Redis whose address is given, or stands in a file."""
        file = Path(self.mktemp())
        file.write_text("redis://:segredo@127.0.0.1:6379/1\n", encoding="utf-8")
        for given, meant in (
            ("sqlite", None),
            ("unix:///run/redis.sock", "unix:///run/redis.sock"),
            (str(file), "redis://:segredo@127.0.0.1:6379/1"),
        ):
            self.assertEqual(parsed("--armazem", given).store, meant)
        file.write_text("mysql://", encoding="utf-8")
        for wrong in (str(file), "mysql://", "", "/nenhum"):
            self.assertRaises(ConfigError, config.store_url, wrong)

    def test_every_limit(self) -> None:
        """Each limit's option sets that limit and no other."""
        for name, default, *_ in LIMIT_OPTIONS:
            value = int(default) * 2
            made, usual = parsed(f"--{name}", str(value)), parsed()
            changed = [
                getattr(part, slot)
                for part, other in ((made.limits, usual.limits), (made.bursts, usual.bursts))
                for slot in type(part).__slots__
                if getattr(part, slot) != getattr(other, slot)
            ]
            self.assertEqual(changed, [value], name)

    def test_plain_places(self) -> None:
        """The plain endpoint is a loopback address, or a socket in the file system."""
        table = {
            "5001": PlainPlace("127.0.0.1", 5001),
            "127.0.0.7:0": PlainPlace("127.0.0.7", 0),
            "[::1]:5001": PlainPlace("::1", 5001),
            "unix:/tmp/x.sock": PlainPlace(path="/tmp/x.sock"),
        }
        for text, place in table.items():
            self.assertEqual(config.plain_place(text), place)


class WrongTests(SynchronousTestCase):
    """Command lines that are wrong."""

    def fails(self, *argv: str) -> str:
        """A command line is refused with one sentence and exit status 1."""
        screen = io.StringIO()
        self.patch(sys, "__stderr__", screen)
        ended = self.assertRaises(SystemExit, parsed, *argv)
        self.assertEqual(ended.code, 1)
        (sentence,) = screen.getvalue().splitlines()
        self.assertTrue(sentence.startswith("salaregistro: "))
        return sentence

    def test_sentences(self) -> None:
        """Each wrong value is told by the option's name."""
        short = Path(self.mktemp())
        short.write_bytes(b"curto\n")
        for argv, told in (
            (("--porta", "65536"), "--porta"),
            (("--porta", "٥"), "--porta"),
            (("--interface", "localhost"), "--interface"),
            (("--texto-simples", "0.0.0.0:5001"), "--texto-simples"),
            (("--texto-simples", "casa:5001"), "--texto-simples"),
            (("--texto-simples", "unix:"), "--texto-simples"),
            (("--texto-simples", "x"), "--texto-simples"),
            (("--drenar", "x"), "--drenar"),
            (("--convite", "/nao/existe"), "--convite"),
            (("--convite", str(short)), "--convite"),
            (("--nome-publico", "sala example"), "--nome-publico"),
            (("--rele", "turn:a:1"), "--segredo"),
            (("--rele", "stun:a:1", "--segredo", "x"), "--rele"),
            (("--rele", "turn:a:0", "--segredo", "x"), "--rele"),
            (("--certificado", "x"), "--chave"),
            (("--linhas", "0"), "--linhas"),
            (("--pendente", "1"), "--pendente"),
            (("--nada",), "nada"),
            (("--porta",), "porta"),
        ):
            self.assertIn(told, self.fails(*argv), argv)

    def test_read_raises(self) -> None:
        """The checks themselves raise, and leave the end to who calls."""
        options = Options()
        options["porta"] = "x"
        self.assertRaises(ConfigError, read, options)
