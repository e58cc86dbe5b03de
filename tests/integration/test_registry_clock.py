"""A running daemon whose wall clock is set forward and back, by libfaketime."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from unittest import SkipTest

from twisted.trial.unittest import SynchronousTestCase

from registro.wire import messages
from tests.support.daemon_process import DaemonProcess, PlainClient
from tests.support.registry import CHAMADA, convite

HOUR = 3600
_LIBRARIES = ("/usr/lib", "/usr/lib64", "/usr/local/lib")
SOON = 5.0
"""Seconds in which everything that has a timer of less than a second must have happened."""


def library() -> Path | None:
    """Return libfaketime for programs with threads."""
    for folder in _LIBRARIES:
        for found in Path(folder).glob("**/faketime/libfaketimeMT.so.1"):
            return found
    return None


class JumpTests(SynchronousTestCase):
    """Nobody is dropped, no timer is late, nothing is told twice."""

    def setUp(self) -> None:
        """Start a daemon whose clock is right."""
        preload = library()
        if preload is None:
            raise SkipTest("libfaketime is not installed")
        folder = tempfile.TemporaryDirectory(prefix="sala-relogio-")
        self.addCleanup(folder.cleanup)
        self.clock = Path(folder.name) / "relogio"
        self.set_clock(0)
        environ = {
            "LD_PRELOAD": str(preload),
            "FAKETIME_TIMESTAMP_FILE": str(self.clock),
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "DONT_FAKE_MONOTONIC": "1",
        }
        options = ("--silencioso", "--painel", "nao", "--lapso-registro", "3")
        self.daemon = DaemonProcess(Path(folder.name) / "estado", *options, environ=environ)
        self.addCleanup(self.daemon.end)
        self.daemon.start("Texto simples: ")

    def set_clock(self, seconds: int) -> None:
        """Set the daemon's wall clock so far from the true one."""
        beside = self.clock.with_suffix(".novo")
        beside.write_text(f"{seconds:+d}\n", encoding="ascii")
        beside.replace(self.clock)

    def client(self, name: str, seed: bytes | None = None) -> PlainClient:
        """Connect and register somebody."""
        made = PlainClient(self.daemon.plain, seed)
        self.addCleanup(made.close)
        return made.register(name)

    def wall(self) -> float:
        """Return the daemon's time: that of the credentials it gives for a call, less what they hold."""
        caller, callee = self.client(f"de{self.calls}"), self.client(f"para{self.calls}")
        self.calls += 1
        caller.say(convite(f"para{self.calls - 1}", bytes([self.calls]) + CHAMADA[1:]), 1)
        given = caller.hear_a(messages.Ligacao)
        callee.close()
        caller.close()
        return int(given.usuario.partition(":")[0]) - given.validade

    calls = 0

    def test_jumps(self) -> None:
        """After a jump either way, changes are told, strangers are sent away, and nobody else is, in time."""
        watcher = self.client("ana")
        for jump in (24 * HOUR, -24 * HOUR):
            self.set_clock(jump)
            self.assertLess(abs(self.wall() - time.time() - jump), 30)
            watcher.say(messages.Estado("ausente" if jump > 0 else "livre"))
            began = time.monotonic()
            while watcher.hear_a(messages.TabelaMudou).nome != "ana":
                continue
            self.assertLess(time.monotonic() - began, SOON, "a push waits 250 ms, whatever the clock says")
            stranger = PlainClient(self.daemon.plain)
            self.addCleanup(stranger.close)
            began = time.monotonic()
            self.assertRaises(EOFError, stranger.hear)
            waited = time.monotonic() - began
            self.assertTrue(2 < waited < 3 + SOON, f"{waited:.1f} s to register, and 3 were given")
            self.assertEqual(watcher.ask(messages.Vivo("x"), messages.VivoOk).t, "x")

    def test_set_back_across_a_restart(self) -> None:
        """A registry that starts again with its clock set back gives no revision a second time."""
        before = self.revision()
        self.daemon.kill()
        self.set_clock(-24 * HOUR)
        self.daemon.start("Texto simples: ")
        self.assertLess(self.wall(), time.time() - 23 * HOUR)
        self.assertGreater(self.revision(), before)

    def test_fourteen_days(self) -> None:
        """A missed call is told for 14 days, and not after them."""
        for name in ("caio", "davi"):
            self.client(name, name.encode() * 8).close()
        bia = self.client("bia")
        for name, days in (("caio", -14.1), ("davi", -13.9)):
            self.set_clock(int(days * 24 * HOUR))
            self.assertEqual(bia.ask(convite(name), messages.ConviteRejeitado).codigo, "ausente")
        self.set_clock(0)
        for name, told in (("caio", False), ("davi", True)):
            back = self.client(name, name.encode() * 8)
            back.say(messages.Vivo("fim"), 9)
            self.assertEqual(isinstance(back.hear(), messages.ConvitePerdido), told, name)

    def revision(self) -> int:
        """Register somebody, and return the table's revision with it."""
        client = PlainClient(self.daemon.plain, b"r" * 32)
        self.addCleanup(client.close)
        answer = client.ask(client.request("rui"), messages.RegistroBemSucedido)
        return int(answer.rev)
