"""A daemon that is killed under load, as by a power cut: what it had said yes to is there when it is back."""

from __future__ import annotations

import contextlib
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from random import Random

from twisted.trial.unittest import TestCase

from registro.wire import messages
from tests.support.daemon_process import DaemonProcess, PanelClient, PlainClient

ROUNDS = 3
WORKERS = 3


class Ledger:
    """What the daemon said yes to: written down after its answer came, never before."""

    def __init__(self) -> None:
        self.names: dict[str, bytes] = {}
        self.missed: Counter[str] = Counter()
        self.bans: set[str] = set()
        self.invitations: set[str] = set()
        self.freed: set[str] = set()


class Load:
    """Threads that keep the daemon busy until it is gone."""

    def __init__(self, daemon: DaemonProcess, ledger: Ledger, round_: int) -> None:
        self._daemon, self._ledger, self._round = daemon, ledger, round_
        self._work: list[tuple[Callable[[int], None], int]] = [(self._claim, n) for n in range(WORKERS)]
        self._work += [(self._miss, 0), (self._operate, 0)]
        self._threads = [threading.Thread(target=self._until_gone, args=work) for work in self._work]

    def start(self) -> None:
        """Begin."""
        for thread in self._threads:
            thread.start()

    def join(self) -> None:
        """Wait until all have noticed that the daemon is gone."""
        for thread in self._threads:
            thread.join(30)

    def _until_gone(self, work: Callable[[int], None], number: int) -> None:
        with contextlib.suppress(OSError, EOFError, AssertionError):
            work(number)

    def _claim(self, worker: int) -> None:
        """Claim one new name after the other."""
        for number in range(10_000):
            name = f"n{self._round}-{worker}-{number}"
            with contextlib.closing(PlainClient(self._daemon.plain)) as client:
                client.register(name)
                self._ledger.names[name] = client.key.private_bytes_raw()

    def _miss(self, _: int) -> None:
        """Call people who are not there."""
        with contextlib.closing(PlainClient(self._daemon.plain)) as client:
            client.register(f"quem-liga-{self._round}")
            for number in range(10_000):
                away = list(self._ledger.names)[:-WORKERS]
                if not away:
                    time.sleep(0.05)
                    continue
                call, callee = number.to_bytes(16, "big"), away[number % len(away)]
                invitation = messages.Convite(call, b"c" * 32, int(time.time()), b"s" * 64, para=callee)
                answer = client.ask(invitation, messages.ConviteRejeitado)
                if answer.codigo == "ausente":
                    self._ledger.missed[callee] += 1

    def _operate(self, _: int) -> None:
        """Ban, invite and free by the panel."""
        with contextlib.closing(PanelClient(self._daemon.panel, self._daemon.token)) as panel:
            for number in range(10_000):
                value = f"banido-{self._round}-{number}"
                status, _body = panel.post("/api/banir", {"tipo": "nome", "valor": value, "motivo": ""})
                assert status == 200
                self._ledger.bans.add(value)
                status, _body = panel.post("/api/convidar", {"nota": value})
                assert status == 200
                self._ledger.invitations.add(value)
                self._free(panel)

    def _free(self, panel: PanelClient) -> None:
        """Free the oldest name; until the answer is here nobody can say whose it is."""
        if len(self._ledger.names) > 30:
            name = next(iter(self._ledger.names))
            del self._ledger.names[name]
            self._ledger.missed.pop(name, None)
            status, _body = panel.post("/api/liberar", {"nome": name})
            assert status == 200
            self._ledger.freed.add(name)


class KillTests(TestCase):
    """`kill -9` at any moment."""

    def test_nothing_that_was_confirmed_is_lost(self) -> None:
        """After three kills under load every claimed name, ban, invitation and missed call is there."""
        folder = tempfile.TemporaryDirectory(prefix="sala-teste-")
        self.addCleanup(folder.cleanup)
        daemon = DaemonProcess(Path(folder.name), "--silencioso")
        ledger, random = Ledger(), Random(7)
        for round_ in range(ROUNDS):
            daemon.start()
            load = Load(daemon, ledger, round_)
            load.start()
            time.sleep(1.5 + random.random())
            daemon.kill()
            load.join()
        daemon.start()
        self.addCleanup(daemon.end)
        self.check(daemon, ledger)

    def check(self, daemon: DaemonProcess, ledger: Ledger) -> None:
        """Compare what is there with what was confirmed."""
        self.assertGreater(len(ledger.names), 50)
        self.assertGreater(len(ledger.bans), 10)
        self.assertGreater(len(ledger.freed), 5)
        self.assertGreater(ledger.missed.total(), 20)
        panel = PanelClient(daemon.panel, daemon.token)
        self.addCleanup(panel.close)
        bans = {ban["value"] for ban in panel.get("/api/banidos")[1]["result"]}
        self.assertEqual(ledger.bans - bans, set())
        invitations = {made["note"] for made in panel.get("/api/convites")[1]["result"]}
        self.assertEqual(ledger.invitations - invitations, set())
        self.check_names(daemon, ledger)

    def check_names(self, daemon: DaemonProcess, ledger: Ledger) -> None:
        """Every name has its owner, who is told of the missed calls; freed ones are free."""
        for name, key in ledger.names.items():
            thief = PlainClient(daemon.plain)
            refused = thief.ask(thief.request(name), messages.RegistroMalSucedido)
            self.assertEqual(refused.codigo, "nome-em-uso", name)
            thief.close()
            owner = PlainClient(daemon.plain, key).register(name)
            for _ in range(min(20, ledger.missed[name])):
                self.assertTrue(owner.hear_a(messages.ConvitePerdido).de.startswith("quem-liga-"))
            owner.close()
        for name in ledger.freed:
            PlainClient(daemon.plain).register(name).close()
