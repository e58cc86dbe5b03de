"""The daemon as operators meet it: options, TLS for the panel, the service manager, `check` from outside."""

from __future__ import annotations

import base64
import contextlib
import http.client
import os
import signal
import socket
import ssl
import tempfile
import urllib.request
from pathlib import Path

from prometheus_client.parser import text_string_to_metric_families
from twisted.trial.unittest import TestCase

from registro.operations.admin import AdminError, run
from registro.panel.access import METRICS_FILE
from registro.relays import RELAY_SECRET
from registro.wire import messages
from registro.wire.address import ServerAddress
from tests.support.daemon_process import PATIENCE, DaemonProcess, PanelClient, PlainClient


class ServiceCase(TestCase):
    """A daemon with a state directory of its own."""

    def setUp(self) -> None:
        """Make the directory."""
        folder = tempfile.TemporaryDirectory(prefix="sala-teste-")
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.state = self.folder / "estado"

    def daemon(
        self, *options: str, wait_for: str = "Painel: ", environ: dict[str, str] | None = None
    ) -> DaemonProcess:
        """Start a daemon; it ends with the test."""
        made = DaemonProcess(self.state, *options, environ=environ)
        self.addCleanup(lambda: made.end() if hasattr(made, "process") else None)
        return made.start(wait_for)


class OptionTests(ServiceCase):
    """`--painel`."""

    def test_off(self) -> None:
        """With `--painel nao` there is no page, and the daemon serves."""
        daemon = self.daemon("--painel", "nao", wait_for="Texto simples")
        PlainClient(daemon.plain).register("ana").close()
        self.assertNotIn("Painel", daemon.output)

    def test_a_taken_port(self) -> None:
        """When the panel's port is taken the daemon serves all the same, and says so in one sentence."""
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
            daemon = self.daemon("--painel", f"tcp:{port}:interface=127.0.0.1")
            (line,) = [line for line in daemon.output.splitlines() if "Painel:" in line]
            self.assertIn(str(port), line)
            PlainClient(daemon.plain).register("ana").close()

    def test_wrong_places(self) -> None:
        """A place that cannot be is one sentence and exit status 1: plain HTTP for everybody among them."""
        for place in ("tcp:0:interface=0.0.0.0", "sim", "ssl:0:privateKey=/nada.pem:certKey=/nada.pem"):
            daemon = DaemonProcess(self.state, "--painel", place)
            with self.assertRaises(EOFError) as caught:
                daemon.start("Painel: http")
            self.assertEqual(daemon.process.wait(PATIENCE), 1, place)
            daemon.end()
            said = [line for line in str(caught.exception).splitlines() if line.startswith("salaregistro: ")]
            self.assertEqual(len(said), 1, caught.exception)

    def test_the_link_is_said_at_the_first_start_alone(self) -> None:
        """The first start says the link with the key, the second where the key is; the key is the same."""
        daemon = self.daemon()
        token = daemon.token
        self.assertIn(f"/entrar#{token}", daemon.output)
        daemon.end()
        daemon.start()
        self.assertNotIn(token, daemon.output)
        self.assertEqual(daemon.token, token)
        PanelClient(daemon.panel, token).close()


class TlsTests(ServiceCase):
    """The panel off loopback."""

    def test_it_speaks_tls_with_the_registrys_certificate(self) -> None:
        """With `ssl:` the page comes by TLS 1.3, its cookie is for TLS, the metrics have their own token."""
        daemon = self.daemon("--painel", "ssl:0:interface=0.0.0.0", "--nome-publico", "localhost")
        context = ssl.create_default_context(cafile=str(self.state / "certificado.pem"))
        context.check_hostname = False  # the registry's own certificate names nobody; here it is the pin
        line = http.client.HTTPSConnection("localhost", daemon.panel, timeout=PATIENCE, context=context)
        line.request("GET", "/metrics")
        refused = line.getresponse()
        refused.read()
        self.assertEqual(refused.status, 401)
        self.assertEqual(line.sock.version(), "TLSv1.3")
        token = (self.state / METRICS_FILE).read_text().strip()
        line.request("GET", "/metrics", headers={"Authorization": f"Bearer {token}"})
        self.assertIn(b"sala_registered", line.getresponse().read())
        body = b'{"token":"%s"}' % daemon.token.encode()
        headers = {"Origin": f"https://localhost:{daemon.panel}", "Content-Type": "application/json"}
        line.request("POST", "/entrar", body, headers)
        answer = line.getresponse()
        cookie = answer.getheader("set-cookie") or ""
        self.assertEqual(answer.status, 200, answer.read())
        self.assertTrue(cookie.startswith(f"__Host-sala-{daemon.panel}="))
        self.assertIn("; Secure", cookie)
        line.close()


class MetricsTests(ServiceCase):
    """A scrape of a daemon that did something."""

    def scrape(self, daemon: DaemonProcess) -> dict[tuple[str, ...], float]:
        """Scrape as Prometheus does."""
        with urllib.request.urlopen(f"http://127.0.0.1:{daemon.panel}/metrics", timeout=PATIENCE) as answer:
            families = text_string_to_metric_families(answer.read().decode())
        samples = [sample for family in families for sample in family.samples]
        return {(sample.name, *sample.labels.values()): sample.value for sample in samples}

    def test_a_real_scrape(self) -> None:
        """Prometheus's own parser takes it, and the numbers are what clients did."""
        daemon = self.daemon("--silencioso")
        ana, bia = PlainClient(daemon.plain).register("ana"), PlainClient(daemon.plain).register("bia")
        ana.ask(messages.PedidoConsulta("bia"), messages.ConsultaBemSucedida)
        ana.ask(messages.PedidoConsulta("caio"), messages.ConsultaMalSucedida)
        bia.ask(messages.Vivo("7"), messages.VivoOk)
        values = self.scrape(daemon)
        while not values["sala_relay_up",]:  # its process takes a moment longer than the daemon
            values = self.scrape(daemon)
        self.assertEqual(values["sala_lookups_total", "found"], 1)
        self.assertEqual(values["sala_lookups_total", "missing"], 1)
        self.assertEqual(values["sala_registered",], 2)
        self.assertEqual(values["sala_registrations_total",], 2)
        self.assertEqual(values["sala_messages_total", "in"], 5)
        self.assertGreater(values["process_resident_memory_bytes",], 10 << 20)
        for client in (ana, bia):
            client.close()


class ManagerTests(ServiceCase):
    """systemd, as far as the daemon can tell."""

    def test_ready_alive_and_stopping(self) -> None:
        """The manager is told ready when connections are taken, then alive, then stopping."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
            manager.bind(str(self.folder / "notify"))
            manager.settimeout(PATIENCE)
            environ = {"NOTIFY_SOCKET": str(self.folder / "notify"), "WATCHDOG_USEC": "400000"}
            daemon = self.daemon(environ=environ)
            self.assertIn(b"READY=1", manager.recv(1000))
            PlainClient(daemon.plain).register("ana").close()
            self.assertEqual([manager.recv(1000) for _ in range(3)], [b"WATCHDOG=1"] * 3)
            daemon.process.send_signal(signal.SIGTERM)
            said = b""
            while b"STOPPING=1" not in said:
                said = manager.recv(1000)
            daemon.end()

    def test_a_stuck_daemon_says_nothing(self) -> None:
        """A daemon that is stopped in its tracks feeds no watchdog, so the manager would start another."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
            manager.bind(str(self.folder / "notify"))
            manager.settimeout(1.5)
            environ = {"NOTIFY_SOCKET": str(self.folder / "notify"), "WATCHDOG_USEC": "400000"}
            daemon = self.daemon(environ=environ)
            os.kill(daemon.process.pid, signal.SIGSTOP)
            self.addCleanup(os.kill, daemon.process.pid, signal.SIGCONT)
            with self.assertRaises(TimeoutError):
                while True:
                    manager.recv(1000)
            os.kill(daemon.process.pid, signal.SIGCONT)


class SecretTests(ServiceCase):
    """What every account of the machine can see of a process."""

    def test_no_secret_is_in_sight(self) -> None:
        """Neither the daemon's nor the relay's arguments and environment hold the relay's secret or a key."""
        if not Path("/proc/self/environ").exists():
            self.skipTest("there is no /proc")
        daemon = self.daemon("--silencioso")
        pids = [str(daemon.process.pid)]
        for folder in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                if (folder / "stat").read_text().rpartition(")")[2].split()[1] == pids[0]:
                    pids.append(folder.name)
        self.assertEqual(len(pids), 2, "the daemon and its relay")
        secret = (self.state / RELAY_SECRET).read_bytes()
        hidden = [secret, base64.b64encode(secret), secret.hex().encode(), daemon.token.encode()]
        for pid in pids:
            seen = Path(f"/proc/{pid}/cmdline").read_bytes() + Path(f"/proc/{pid}/environ").read_bytes()
            self.assertIn(b"python", seen)
            self.assertFalse(any(text in seen for text in hidden), pid)


class CheckTests(ServiceCase):
    """`salaregistro-admin check` on a running registry."""

    def check(self, address: str) -> tuple[int, str]:
        """Check it, and give the exit status and what was said."""
        said: list[str] = []
        status = run(["--estado", str(self.state), "check", address], said.append)
        return status, "\n".join(said)

    def address(self, daemon: DaemonProcess) -> ServerAddress:
        """The address that the daemon said, on loopback."""
        (line,) = [line for line in daemon.output.splitlines() if line.startswith("Endereço: ")]
        said = ServerAddress.parse(line.removeprefix("Endereço: "))
        return ServerAddress("127.0.0.1", said.port, said.fingerprint)

    def test_a_good_one(self) -> None:
        """TLS, greeting, UDP and clock of a good registry are said to be good."""
        daemon = self.daemon("--silencioso")
        status, said = self.check(str(self.address(daemon)))
        self.assertEqual(status, 0, said)
        for words in (
            "TLS 1.3",
            "impressão digital é a do endereço",
            "UDP",
            "se apresenta",
            "relógio do registro",
        ):
            self.assertIn(words, said)

    def test_another_registry(self) -> None:
        """A registry with another key than the address says is bad."""
        daemon = self.daemon("--silencioso")
        address = self.address(daemon)
        status, said = self.check(f"sala://127.0.0.1:{address.port}/#{'a' * 52}")
        self.assertEqual(status, 1)
        self.assertIn("é outra", said)

    def test_nobody_there(self) -> None:
        """Ports that do not answer are said by name, TCP and UDP."""
        daemon = self.daemon("--silencioso")
        daemon.end()
        status, said = self.check(str(self.address(daemon)))
        self.assertEqual(status, 1)
        port = self.address(daemon).port
        self.assertIn(f"porta TCP {port}", said)
        self.assertIn(f"porta UDP {port}", said)

    def test_no_address(self) -> None:
        """What is no address is said to be none."""
        error = self.assertRaises(AdminError, self.check, "http://127.0.0.1/")
        self.assertIn("sala://", str(error))

    def test_something_else_there(self) -> None:
        """A port where something else answers is no registry."""
        daemon = self.daemon("--silencioso")
        status, said = self.check(f"sala://127.0.0.1:{daemon.panel}/")
        self.assertEqual(status, 1)
        self.assertIn("TLS", said)
