"""Clients that mean harm, over real sockets; somebody else is answered within a moment all the while."""

from __future__ import annotations

import contextlib
import socket
import struct
import time
from pathlib import Path
from typing import Any

from registro.wire import messages
from registro.wire.address import ServerAddress
from tests.support.client_case import ClientCase
from tests.support.daemon_process import DaemonProcess, daemon
from tests.support.secure_client import address_of

MOMENT = 1.0
"""Seconds in which the good client must be answered, on a machine that is busy with other tests."""


class HostileCase(ClientCase):
    """A daemon with short time-outs and small limits, and one client that behaves."""

    options: tuple[str, ...] = ()

    def setUp(self) -> None:
        """Start it."""
        self.stack = contextlib.ExitStack()
        self.addCleanup(self.stack.close)
        options = (
            "--silencioso",
            "--painel",
            "nao",
            "--lapso-tls",
            "2",
            "--lapso-registro",
            "3",
            *self.options,
        )
        self.running: DaemonProcess = self.stack.enter_context(daemon(*options, wait_for="Texto simples: "))
        self.address: ServerAddress = address_of(self.running)
        self.good = self.secure(self.address).register("boa")

    def served(self) -> None:
        """The good client is answered at once."""
        began = time.monotonic()
        self.good.ask(messages.PedidoConsulta("boa"), messages.ConsultaBemSucedida)
        self.assertLess(time.monotonic() - began, MOMENT)

    def tcp(self) -> socket.socket:
        """Connect to the TLS port, without TLS."""
        made = socket.create_connection(("127.0.0.1", self.address.port), timeout=20)
        self.addCleanup(made.close)
        return made

    def ends(self, line: socket.socket, within: float) -> None:
        """The registry closes a connection in this time."""
        line.settimeout(within)
        with contextlib.suppress(ConnectionResetError):
            while line.recv(65536):
                pass


class NeverFinishTests(HostileCase):
    """Slow writers."""

    def test_handshakes(self) -> None:
        """Hand-shakes that are begun and not finished, a byte at a time too, end when their time is over."""
        silent, dribbling = self.tcp(), self.tcp()
        end = time.monotonic() + 8
        open_still = True
        while open_still and time.monotonic() < end:
            try:
                dribbling.sendall(b"\x16")
                time.sleep(0.2)
            except OSError:
                open_still = False
            self.served()
        self.assertFalse(open_still)
        self.ends(silent, 5)

    def test_lines(self) -> None:
        """A line without end is closed when it is too long, and a slow one with the time to register."""
        plain = self.plain(self.running.plain)
        with contextlib.suppress(OSError):
            for _ in range(20):
                plain.raw(b"A" * 1000)
        self.ends(plain.socket, 5)
        slow = self.secure(self.address)
        with contextlib.suppress(OSError):
            for _ in range(25):
                slow.raw(b"V")
                self.served()
                time.sleep(0.2)
        self.assertRaises(EOFError, lambda: [slow.hear() for _ in range(3)])


class NeverReadTests(HostileCase):
    """Slow readers."""

    def test_asks_and_does_not_read(self) -> None:
        """Who asks for tables and does not read them costs little memory and is closed; others see it go."""
        crowd = [self.plain(self.running.plain).register(f"nome{number:03}") for number in range(150)]
        slow = self.secure(self.address).register("lenta")
        slow.socket._raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        slow.tls.setblocking(False)
        before = self.memory()
        with contextlib.suppress(Exception):
            for seq in range(1, 20_000):
                slow.tls.send(b"PEDIDO-TABELA %d\n" % seq)
        gone: Any = None
        end = time.monotonic() + 30
        while gone is None and time.monotonic() < end:
            self.served()
            table = self.good.ask(messages.PedidoTabela(prefixo="lenta"), messages.TabelaInicio)
            gone = True if table.total == 0 else None
            time.sleep(0.5)
        self.assertTrue(gone)
        self.assertLess(self.memory() - before, 8 * 1024)
        for client in crowd:
            client.close()

    def memory(self) -> int:
        """Return the daemon's resident KiB."""
        status = Path(f"/proc/{self.running.process.pid}/status").read_text(encoding="ascii").splitlines()
        (line,) = [line for line in status if line.startswith("VmRSS")]
        return int(line.split()[1])


class FloodTests(HostileCase):
    """Too much of everything, from an address that counts."""

    options = ("--limitar-loopback", "--conexoes", "40", "--sem-registro", "60", "--nomes", "5")

    def test_connections(self) -> None:
        """An address has its number of connections; the rest is closed at once; the good one is served."""
        lines = [self.tcp() for _ in range(100)]
        self.assertFalse(self.closed(lines[0]), "within the number")
        self.served()
        self.assertEqual([self.closed(line) for line in lines[39:]], [True] * 61)
        self.served()

    @staticmethod
    def closed(line: socket.socket) -> bool:
        """Say whether the registry has closed a connection."""
        line.settimeout(0.2)
        try:
            return line.recv(1) == b""
        except ConnectionResetError:
            return True
        except TimeoutError:
            return False

    def test_names(self) -> None:
        """New names of an address are limited to so many an hour."""
        refused = None
        for number in range(6):
            client = self.secure(self.address)
            answer = client.ask(client.request(f"nome{number}"), messages.Message)  # type: ignore[type-abstract]
            refused = answer if isinstance(answer, messages.RegistroMalSucedido) else refused
            self.served()
        assert refused is not None
        self.assertEqual(refused.codigo, "limite")

    def test_lines(self) -> None:
        """A flood of lines meets `limite` three times and then the door."""
        bad = self.secure(self.address).register("ma")
        bad.raw(b"VIVO 1 t=1\n" * 2000)
        errors = 0
        with contextlib.suppress(EOFError):
            while True:
                errors += isinstance(bad.hear(), messages.Erro)
        self.assertEqual(errors, 3)
        self.served()


class CutTests(HostileCase):
    """Connections that break."""

    def test_resets(self) -> None:
        """Many connections that are reset in the middle of things leave nothing behind."""
        for number in range(60):
            client = self.plain(self.running.plain)
            if number % 3:
                client.say(client.request(f"n{number % 7}"), 1)
            linger = struct.pack("ii", 1, 0)
            client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            client.close()
            self.served()
        end = time.monotonic() + 10
        while time.monotonic() < end:
            table = self.good.ask(messages.PedidoTabela(), messages.TabelaInicio)
            self.good.hear_a(messages.TabelaFim)
            if table.total == 1:
                return
            time.sleep(0.1)
        self.fail("somebody is still in the table")
