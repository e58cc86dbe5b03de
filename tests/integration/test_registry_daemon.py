"""The daemon as people start it: by its plugin, in a process of its own, over real TLS."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import ssl
import struct
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from OpenSSL import SSL

from registro.wire import messages
from registro.wire.address import grouped
from registro.wire.errors import Codigo, Encerramento
from tests.support.client_case import ClientCase
from tests.support.daemon_process import ROOT, DaemonProcess, daemon
from tests.support.registry import CHAMADA, aceito, chave, convite
from tests.support.secure_client import SecureClient, address_of

ENDED = (0, -signal.SIGTERM)
"""twistd ends by the signal that ended it, when everything is stopped in order."""

_TWISTD = [sys.executable, "-c", "from twisted.scripts.twistd import run; run()"]


def run(*argv: str) -> subprocess.CompletedProcess[str]:
    """Run twistd to its end."""
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run(
        [*_TWISTD, *argv], cwd=ROOT, env=env, capture_output=True, text=True, timeout=60, check=False
    )


def relay_of(running: DaemonProcess) -> int:
    """Return the pid of the daemon's relay."""
    children = Path(f"/proc/{running.process.pid}/task/{running.process.pid}/children").read_text().split()
    (relay,) = [int(pid) for pid in children if b"voz.relay" in Path(f"/proc/{pid}/cmdline").read_bytes()]
    return relay


class CommandLineTests(ClientCase):
    """What twistd knows of it."""

    def test_listed(self) -> None:
        """twistd lists the plugin by name, and its options have help."""
        self.assertIn("salaregistro", run("--help").stdout)
        self.assertIn("--texto-simples", run("salaregistro", "--help").stdout)

    def test_wrong_values(self) -> None:
        """A wrong value is one sentence and exit status 1."""
        with socket.socket() as taken, tempfile.TemporaryDirectory() as state:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            port = str(taken.getsockname()[1])
            for options in (
                ("--porta", "70000"),
                ("--texto-simples", "192.0.2.1:5001"),
                ("--nao-existe",),
                ("--convite", state + "/nada"),
                ("--drenar", "-1"),
                ("--interface", "127.0.0.1", "--porta", port),
            ):
                ended = run(
                    "-n", "--pidfile=", "-l", "/dev/null", "salaregistro", "--estado", state, *options
                )
                self.assertEqual(ended.returncode, 1, options)
                (sentence,) = ended.stderr.splitlines()
                self.assertTrue(sentence.startswith("salaregistro: "), sentence)
                self.assertEqual(ended.stdout, "")


class RunningCase(ClientCase):
    """A daemon that runs."""

    def setUp(self) -> None:
        """Start it."""
        stack = contextlib.ExitStack()
        self.addCleanup(stack.close)
        self.running = stack.enter_context(
            daemon("--silencioso", "--painel", "nao", wait_for="Texto simples: ")
        )


class CallTests(ClientCase):
    """A whole call, with each way to write."""

    def call(self, *options: str) -> None:
        """Register two and make a call."""
        with daemon("--silencioso", *options) as running:
            address = address_of(running)
            assert address.fingerprint is not None
            self.assertIn(grouped(address.fingerprint), running.output)
            ana, bia = self.secure(address).register("ana"), self.secure(address).register("bia")
            self.assertIsNone(ana.ola.desafio)
            ana.say(convite("bia"), 5)
            self.assertEqual(bia.hear_a(messages.Convite).de, "ana")
            credentials = [client.hear_a(messages.Ligacao) for client in (ana, bia)]
            self.assertEqual({c.reles for c in credentials}, {(f"turn:127.0.0.1:{address.port}",)})
            bia.say(aceito(), 6)
            self.assertIsNotNone(ana.hear_a(messages.ConviteAceito))
            ana.say(chave(), 7)
            bia.hear_a(messages.Chave)
            bia.say(messages.EncerrarLigacao(CHAMADA, "normal"), 8)
            self.assertEqual(ana.hear_a(messages.EncerrarLigacao).de, "bia")
            for client in (ana, bia):
                client.say(messages.PedidoEncerramento(), 9)
                self.assertEqual(client.hear_a(messages.Encerrado).codigo, Encerramento.PEDIDO)
                self.assertRaises(EOFError, client.hear)
                client.close()
            self.assertIn(running.end(), ENDED)

    def test_call(self) -> None:
        """A whole call over TLS on the socket."""
        self.call()

    def test_call_without_direct_write(self) -> None:
        """A whole call over Twisted's own TLS and queue."""
        self.call("--sem-escrita-direta")


def _segments(raw: socket.socket) -> int:
    """Return how many segments with data have come: `tcpi_data_segs_in` of Linux's `struct tcp_info`."""
    return int(struct.unpack_from("I", raw.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 256), 152)[0])


class TLSTests(RunningCase):
    """TLS, pins, signatures, long answers."""

    def test_only_tls_13(self) -> None:
        """An older TLS is refused, and nothing but TLS is said before the hand-shake."""
        address = address_of(self.running)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        with socket.create_connection(("127.0.0.1", address.port), timeout=10) as raw:
            self.assertRaises(ssl.SSLError, context.wrap_socket, raw)
        with socket.create_connection(("127.0.0.1", address.port), timeout=0.5) as raw:
            self.assertRaises(TimeoutError, raw.recv, 1)
        with socket.create_connection(("127.0.0.1", address.port), timeout=10) as raw:
            raw.sendall(b"VIVO 1 t=1\n")
            self.assertNotIn(b"OLA", raw.recv(4096))

    def test_greeting_in_one_segment(self) -> None:
        """What the end of the hand-shake brings, the greeting with it, leaves in one segment."""
        if not hasattr(socket, "TCP_CORK"):
            self.skipTest("only Linux gathers segments on demand")
        address = address_of(self.running)
        tls = SSL.Connection(SSL.Context(SSL.TLS_CLIENT_METHOD), None)
        tls.set_connect_state()
        with socket.create_connection(("127.0.0.1", address.port), timeout=10) as raw:
            shaken = False
            while not shaken:
                with contextlib.suppress(SSL.WantReadError):
                    tls.do_handshake()
                    shaken = True
                before = _segments(raw)
                raw.sendall(tls.bio_read(65536))
                if not shaken:
                    tls.bio_write(raw.recv(65536))
            line = b""
            while b"\n" not in line:
                tls.bio_write(raw.recv(65536))
                with contextlib.suppress(SSL.WantReadError):
                    line += tls.recv(65536)
            self.assertEqual((line[:4], _segments(raw) - before), (b"OLA ", 1))

    def test_relayed_login(self) -> None:
        """A login that a machine in the middle carries over to another TLS connection is refused."""
        address = address_of(self.running)
        victim, middle = self.secure(address), self.secure(address)
        answer = middle.ask(victim.request("ana"), messages.RegistroMalSucedido)
        self.assertEqual(answer.codigo, Codigo.ASSINATURA)

    def test_many_records(self) -> None:
        """Answers longer than a TLS record, asked many at once, come whole and in order."""
        address = address_of(self.running)
        people = [self.plain(self.running.plain).register(f"nome{number:03}") for number in range(300)]
        client = self.secure(address).register("ana")
        for seq in range(1, 9):
            client.say(messages.PedidoTabela(), seq)
        for _ in range(8):
            self.assertEqual(client.hear_a(messages.TabelaInicio).total, 301)
            rows = 0
            while not isinstance(message := client.hear(), messages.TabelaFim):
                rows += isinstance(message, messages.TabelaLinha)
            self.assertEqual(rows, 301)
        for other in people:
            other.close()

    def test_dual_stack(self) -> None:
        """On `::` it is reached by IPv4 and IPv6, and the relay is at the address that was reached."""
        address = address_of(self.running)
        try:
            six = self.secure(address, host="::1").register("seis")
        except OSError:
            self.skipTest("no IPv6 here")
        four = self.secure(address).register("quatro")
        six.say(convite("quatro"), 1)
        self.assertEqual(six.hear_a(messages.Ligacao).reles, (f"turn:[::1]:{address.port}",))
        self.assertEqual(four.hear_a(messages.Ligacao).reles, (f"turn:127.0.0.1:{address.port}",))


class LifeTests(ClientCase):
    """Starting, stopping, dying."""

    def test_relay_is_started_again(self) -> None:
        """A relay that is killed is back within a second; with the daemon it goes."""
        with daemon("--silencioso") as running:
            first = relay_of(running)
            os.kill(first, signal.SIGKILL)
            end, found = time.monotonic() + 20, 0
            while found in (0, first) and time.monotonic() < end:
                with contextlib.suppress(ValueError, OSError):
                    found = relay_of(running)
            self.assertNotIn(found, (0, first))
            self.assertIn(running.end(), ENDED)
            self.assertFalse(Path(f"/proc/{found}").exists())

    def test_killed(self) -> None:
        """After kill -9 right after the answer, the name is its owner's, and the certificate the same."""
        with tempfile.TemporaryDirectory() as folder:
            running = DaemonProcess(Path(folder), "--silencioso").start()
            try:
                address = address_of(running)
                self.secure(address, b"a" * 32).register("ana")
                running.kill()
                running.start()
                again = address_of(running)
                self.assertEqual(again.fingerprint, address.fingerprint)
                thief = self.secure(again, b"t" * 32)
                self.assertEqual(
                    thief.ask(thief.request("ana"), messages.RegistroMalSucedido).codigo, Codigo.NOME_EM_USO
                )
                self.secure(again, b"a" * 32).register("ana")
            finally:
                running.end()

    def test_drains(self) -> None:
        """SIGTERM refuses connections at once, lets a call go on, and ends with it."""
        with daemon("--silencioso", "--drenar", "20") as running:
            address = address_of(running)
            ana, bia = self.secure(address).register("ana"), self.secure(address).register("bia")
            ana.say(convite("bia"), 5)
            bia.hear_a(messages.Convite)
            bia.say(aceito(), 6)
            ana.hear_a(messages.ConviteAceito)
            running.process.send_signal(signal.SIGTERM)
            self.assertEqual(bia.hear_a(messages.Aviso).codigo, "manutencao")
            self.assertRaises(ConnectionRefusedError, SecureClient, address)
            ana.say(messages.Caminhos(CHAMADA, ()))
            bia.hear_a(messages.Caminhos)
            ana.say(messages.EncerrarLigacao(CHAMADA, "normal"))
            bia.hear_a(messages.EncerrarLigacao)
            self.assertEqual(ana.hear_a(messages.Encerrado).codigo, Encerramento.ENCERRANDO)
            self.assertIn(running.process.wait(10), ENDED)

    def test_hurries(self) -> None:
        """A second signal ends the drain at once."""
        with daemon("--silencioso", "--painel", "nao", wait_for="Texto simples: ") as running:
            address = address_of(running)
            ana, bia = self.secure(address).register("ana"), self.secure(address).register("bia")
            ana.say(convite("bia"), 5)
            bia.hear_a(messages.Convite)
            bia.say(aceito(), 6)
            ana.hear_a(messages.ConviteAceito)
            running.process.send_signal(signal.SIGTERM)
            running.read_until("outro sinal encerra já")
            running.process.send_signal(signal.SIGTERM)
            self.assertEqual(ana.hear_a(messages.Encerrado).codigo, Encerramento.ENCERRANDO)
            self.assertIn(running.process.wait(15), ENDED)
            bia.close()

    def test_shows(self) -> None:
        """It shows every message, and the table when somebody is added."""
        with daemon() as running:
            client = self.secure(address_of(running)).register("ana")
            output = running.read_until("na tabela")
            self.assertIn("> ana: REGISTRO-BEM-SUCEDIDO 1 nome=ana", output)
            self.assertIn("ana   127.0.0.1", output)
            client.close()

    def test_unix_socket(self) -> None:
        """The plain endpoint may be a socket in the file system."""
        with tempfile.TemporaryDirectory() as folder:
            path = f"{folder}/registro.sock"
            running = DaemonProcess(
                Path(folder) / "estado", "--silencioso", "--texto-simples", f"unix:{path}"
            )
            try:
                running.start()
                client: Any = socket.socket(socket.AF_UNIX)
                client.connect(path)
                self.assertTrue(client.recv(4096).startswith(b"OLA 0 versao=1"))
                client.close()
            finally:
                running.end()

    def test_certificate_of_an_authority(self) -> None:
        """With a certificate of one's own the address asks for the authority, and its key must fit."""
        with tempfile.TemporaryDirectory() as folder, daemon("--silencioso") as donor:
            files = ["--certificado", f"{donor.state}/certificado.pem", "--chave", f"{donor.state}/chave.pem"]
            options = ["--silencioso", *files, "--nome-publico", "sala.example"]
            running = DaemonProcess(Path(folder), *options)
            try:
                running.start()
                address = address_of(running)
                self.assertEqual((address.host, address.ca), ("sala.example", True))
                self.assertFalse((Path(folder) / "chave.pem").exists())
            finally:
                running.end()


class StrangeClientTests(RunningCase):
    """TLS clients that do odd things."""

    def test_closes_without_a_word(self) -> None:
        """A client that just goes is out of the table at once."""
        address = address_of(self.running)
        ana, bia = self.secure(address).register("ana"), self.secure(address).register("bia")
        ana.hear_a(messages.TabelaMudou)
        bia.socket._raw.close()
        self.assertEqual(ana.hear_a(messages.TabelaMudou).estado, "fora")

    def test_says_and_closes(self) -> None:
        """Lines before an orderly close are obeyed."""
        address = address_of(self.running)
        ana, bia = self.secure(address).register("ana"), self.secure(address).register("bia")
        bia.say(convite("ana"), 1)
        bia.say(messages.EncerrarLigacao(CHAMADA, "cancelada"), 2)
        with contextlib.suppress(SSL.Error):
            bia.tls.shutdown()
        self.assertEqual(ana.hear_a(messages.EncerrarLigacao).de, "bia")
