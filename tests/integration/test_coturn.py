"""Debian's coturn: instead of our relay with nothing changed in the client, and its tools against our
relay."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from twisted.internet import reactor
from twisted.internet.defer import gatherResults
from twisted.internet.threads import deferToThread
from twisted.trial.unittest import SynchronousTestCase, TestCase

from tests.support.client_process import SPEECH, ClientProcess, address_of
from tests.support.daemon_process import DaemonProcess
from tests.support.lab import SECRET, SERVER, note, place
from tests.support.lab_case import LabCase, now, wait
from tests.support.path_peers import Peer, credentials, introduce
from voz.candidates import PathKind, PathPolicy, Role

ROOT = Path(__file__).resolve().parents[2]


def coturn_options(address: str, port: int, folder: str) -> list[str]:
    """turnserver as an operator would set it up beside a registry, in the foreground."""
    return [
        "turnserver", "-n", "--use-auth-secret", f"--static-auth-secret={SECRET.decode()}", "--realm=sala",
        f"--listening-ip={address}", f"--relay-ip={address}", f"--listening-port={port}", "--no-tls",
        "--no-dtls", "--no-cli", "--no-tcp", "--allow-loopback-peers", f"--pidfile={folder}/pid",
        f"--log-file={folder}/log", "--simple-log", f"--userdb={folder}/db",
    ]  # fmt: skip


def free_udp_port() -> int:
    """A port that nobody has now."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class CoturnCallTests(TestCase):
    """A call over coturn on loopback."""

    timeout = 60
    if shutil.which("turnserver") is None:
        skip = "coturn is not installed"

    def setUp(self) -> None:
        """Start it."""
        folder = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, folder, True)
        self.port = free_udp_port()
        self.process = subprocess.Popen(
            coturn_options("127.0.0.1", self.port, folder),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self.addCleanup(self.process.wait, 10)
        self.addCleanup(self.process.terminate)

    async def test_a_call(self) -> None:
        """Both sides allocate at coturn, bind their channels and hear each other by it without a hole."""
        servers = (f"turn:127.0.0.1:{self.port}",)
        peers = []
        for role in (Role.CALLER, Role.CALLEE):
            peer = Peer(reactor, role, None, PathPolicy.RELAY, loopback_allowed=True)  # type: ignore[arg-type]
            peer.transport.allocate(credentials(SECRET, role, servers, int(time.time()) + 600))
            peers.append(peer)
        self.addCleanup(lambda: gatherResults([peer.stop() for peer in peers]))
        await wait(1.5)
        begun = now()
        introduce(*peers)
        await wait(2)
        for peer in peers:
            self.assertEqual({kind for _, _, kind in peer.heard}, {PathKind.RELAY})
            self.assertEqual(peer.missing(), 0)
            self.assertLess(peer.gap(begun + 0.3, now()), 0.15)


class CoturnLabTests(LabCase):
    """coturn where the world is harder."""

    if shutil.which("turnserver") is None:
        skip = "coturn is not installed"

    def setUp(self) -> None:
        """Ana with two links, Bia with one, behind symmetric NATs; coturn on the server."""
        super().setUp()
        self.folder = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.folder, True)
        place(self.lab, "ana", 1, "symmetric")
        self.lab.add_link("ana", "cable", ["10.0.101.2"], nat="symmetric", public="198.51.101.1", up=False)
        place(self.lab, "bia", 2, "symmetric")
        self.start()

    def start(self) -> None:
        """Start coturn and wait until it listens."""
        self.coturn = self.lab.inside("server", *coturn_options(SERVER, 5000, self.folder))
        self.lab.wait_for_udp("server", 5000)

    def judge(self, name: str, since: float, limit: float) -> None:
        """No silence since then was longer than that, and the call is on the relay."""
        gaps = [round(peer.gap(since, now()), 3) for peer in self.peers]
        note(name, gaps=gaps)
        for peer, gap in zip(self.peers, gaps, strict=True):
            self.assertLess(gap, limit + self.stall(since), gaps)
            self.assertIs(peer.transport.path, PathKind.RELAY)

    async def test_a_move(self) -> None:
        """After a move coturn gives a new relayed address, which CAMINHOS tells; voice is back in 400 ms."""
        ana, _, begun = await self.call(talking=1.5)
        self.judge("coturn, call", begun + 0.4, 0.15)
        before = ana.candidates[-1]
        since = now()
        self.lab.up("ana", "cable")
        self.lab.down("ana", "wlan")
        await wait(4)
        self.assertNotEqual(ana.candidates[-1], before)
        self.judge("coturn, move", since, 0.4)
        since = now()
        self.lab.up("ana", "wlan")
        self.lab.down("ana", "cable")
        await wait(4)
        self.judge("coturn, move back", since, 0.4)

    async def test_a_restart(self) -> None:
        """coturn killed and started again: both allocate again by themselves, voice is back within a
        second."""
        await self.call(talking=1.5)
        self.coturn.process.send_signal(signal.SIGKILL)
        self.coturn.process.wait(5)
        await deferToThread(self.start)
        since = now()
        await wait(5)
        self.judge("coturn, restart", since, 1.0)


class CoturnToolTests(TestCase):
    """coturn's own clients against our relay."""

    timeout = 60
    if shutil.which("turnutils_uclient") is None:
        skip = "coturn's tools are not installed"

    def setUp(self) -> None:
        """Start our relay by its name."""
        secret = Path(self.mktemp()).resolve()
        secret.write_bytes(SECRET)
        self.port = free_udp_port()
        twistd = str(Path(sys.executable).with_name("twistd"))
        self.process = subprocess.Popen(
            [twistd, "-n", "--pidfile=", "salarele", "--segredo", str(secret), "--porta", str(self.port),
             "--interface", "127.0.0.1"],
            stdout=subprocess.PIPE, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)},
        )  # fmt: skip
        assert self.process.stdout is not None
        self.addCleanup(self.process.stdout.close)
        self.addCleanup(self.process.wait, 10)
        self.addCleanup(self.process.terminate)
        self.process.stdout.readline()

    def run_tool(self, *command: str) -> str:
        """What a tool says within 10 s."""
        done = subprocess.run(
            ["timeout", "10", *command], check=False, capture_output=True, text=True, timeout=20
        )
        return done.stdout + done.stderr

    def test_stunclient(self) -> None:
        """turnutils_stunclient learns its reflexive address."""
        said = self.run_tool("turnutils_stunclient", "-p", str(self.port), "127.0.0.1")
        self.assertIn("UDP reflexive addr: 127.0.0.1:", said)

    def test_uclient(self) -> None:
        """turnutils_uclient is challenged, allocates and refreshes."""
        given = credentials(SECRET, Role.CALLER, [], int(time.time()) + 600)
        for _ in range(30):
            said = self.run_tool(
                "turnutils_uclient", "-v", "-u", given.username, "-w", given.password, "-p", str(self.port),
                "-c", "-n", "1", "-m", "1", "-y", "-e", "127.0.0.1", "127.0.0.1",
            )  # fmt: skip
            # The tool draws lots whether to ask for an even port, which the profile refuses with 420.
            if "error 420" not in said:
                break
        self.assertIn("Received relay addr: 127.0.0.1:", said)
        self.assertIn("refresh response received: \n0: : success", said)


class CoturnDaemonTests(SynchronousTestCase):
    """The registry hands coturn out instead of its own relay."""

    timeout = 90
    if shutil.which("turnserver") is None:
        skip = "coturn is not installed"

    def test_a_whole_call(self) -> None:
        """With --rele and --segredo two unchanged clients talk over coturn, each word heard."""
        folder = Path(tempfile.mkdtemp(prefix="sala-teste-"))
        self.addCleanup(shutil.rmtree, folder, ignore_errors=True)
        port = free_udp_port()
        coturn = subprocess.Popen(
            coturn_options("127.0.0.1", port, str(folder)),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self.addCleanup(coturn.wait, 10)
        self.addCleanup(coturn.terminate)
        secret = folder / "segredo"
        secret.write_bytes(SECRET + b"\n")
        daemon = DaemonProcess(
            folder / "registro", "--interface", "127.0.0.1", "--drenar", "1",
            "--rele", f"turn:127.0.0.1:{port}", "--segredo", str(secret),
        ).start()  # fmt: skip
        self.addCleanup(daemon.end)
        server = address_of(daemon)
        sound = ("--entrada", str(SPEECH / "demo_a.wav"), "--caminho", "rele", "--json")
        bia = ClientProcess(folder, server, "bia", "atender", *sound, "--saida", str(folder / "bia.wav"))
        self.addCleanup(bia.kill)
        bia.read_until("esperando uma chamada")
        ana = ClientProcess(
            folder,
            server,
            "ana",
            "ligar",
            "bia",
            *sound,
            "--saida",
            str(folder / "ana.wav"),
            "--duracao",
            "4",
        )
        self.addCleanup(ana.kill)
        self.assertEqual((ana.wait(60), bia.wait(60)), (0, 0), ana.output)
        self.assertIn(f"reles=turn:127.0.0.1:{port}", ana.output)
        for report in (ana.report, bia.report):
            self.assertEqual(report["caminho"], "rele")
            self.assertGreater(report["recebidos"], 40)
            self.assertLess(report["perdidos"], 5)
