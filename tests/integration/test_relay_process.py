"""The relay as a process with a real socket: both loops under one contract, and the standalone plugin."""

from __future__ import annotations

import base64
import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from twisted.trial.unittest import TestCase

from tests.integration.test_registry_daemon import relay_of
from tests.support.daemon_process import DaemonProcess, daemon
from tests.support.lab import note
from tests.support.relay_client import TurnClient
from tests.support.secure_client import address_of
from voz import stun
from voz.relay.service import bind_socket
from voz.relay.vectors import SystemCalls
from voz.stun import Attribute, Kind, Message, Method

ROOT = Path(__file__).resolve().parents[2]
SECRET = b"segredo de um processo"


class Leg(TurnClient):
    """A leg with a socket."""

    def __init__(self, case: TestCase, leg: str, port: int, host: str = "127.0.0.1", call: str = "x") -> None:
        super().__init__(SECRET, leg, int(time.time()) + 600, call)
        self.socket = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_DGRAM)
        case.addCleanup(self.socket.close)
        self.socket.settimeout(5)
        self.socket.connect((host, port))

    def ask(self, request: bytes) -> Message:
        """Send, and wait for the answer."""
        self.socket.send(request)
        while True:
            data = self.socket.recv(2048)
            if stun.is_stun(data) and data[8:20] == request[8:20]:
                return self.heard(data)

    def join(self) -> Message:
        """Allocate with the challenge."""
        self.ask(self.allocate())
        return self.ask(self.allocate())

    def drain(self, quiet: float = 0.3) -> list[bytes]:
        """What comes in until it is quiet."""
        self.socket.settimeout(quiet)
        received = []
        try:
            while True:
                received.append(self.socket.recv(2048))
        except TimeoutError:
            return received
        finally:
            self.socket.settimeout(5)


class RelayChild:
    """`python -m voz.relay` as the daemon starts it."""

    def __init__(self, case: TestCase, loop: str, interface: str = "::") -> None:
        self.bound = bind_socket(interface, 0)
        case.addCleanup(self.bound.close)
        self.port = int(self.bound.getsockname()[1])
        self.loop = loop
        self.process = self.start()
        case.addCleanup(self.end)

    def start(self) -> subprocess.Popen[bytes]:
        """A process on the bound socket."""
        process = subprocess.Popen(
            [sys.executable, "-m", "voz.relay", "--descritor", str(self.bound.fileno()), "--laco", self.loop],
            pass_fds=[self.bound.fileno()],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=ROOT,
        )
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(base64.b64encode(SECRET) + b"\n")
        process.stdin.flush()
        self.ready = json.loads(process.stdout.readline())
        return process

    def counters(self) -> dict[str, int]:
        """The next line of counters."""
        assert self.process.stdout is not None
        counters: dict[str, int] = json.loads(self.process.stdout.readline())
        return counters

    def end(self) -> int:
        """Close its standard input; its exit status."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        status = self.process.wait(10)
        for stream in (self.process.stdout, self.process.stderr):
            if stream is not None:
                stream.close()
        return status


class LoopContract:
    """What every loop keeps to."""

    loop = ""

    def setUp(self) -> None:
        """A relay and a call of two legs, one on IPv4 and one on IPv6."""
        self.relay = RelayChild(self, self.loop)  # type: ignore[arg-type]
        self.a = Leg(self, "a", self.relay.port)  # type: ignore[arg-type]
        self.b = Leg(self, "b", self.relay.port, "::1")  # type: ignore[arg-type]

    def bind(self) -> None:
        """Open the way between the two legs."""
        self.a.join()
        self.b.join()
        self.assertIs(self.a.ask(self.a.bind(self.b.relayed)).kind, Kind.SUCCESS)
        self.assertIs(self.b.ask(self.b.bind(self.a.relayed)).kind, Kind.SUCCESS)

    def test_says_what_it_is(self) -> None:
        """The first line says that it is ready and which loop runs; standard input's end ends it with 0."""
        self.assertEqual(self.relay.ready, {"ready": True, "loop": self.loop})
        self.assertEqual(self.relay.end(), 0)

    def test_goes_before_other_programs(self) -> None:
        """It runs in real time where there is a second core and the system lets it."""
        allowed = (os.cpu_count() or 1) > 1 and subprocess.run(
            [sys.executable, "-c", "import os; os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(1))"],
            check=False, capture_output=True,
        ).returncode == 0  # fmt: skip
        policy = os.sched_getscheduler(self.relay.process.pid)
        self.assertEqual(policy, os.SCHED_RR if allowed else os.SCHED_OTHER)

    def test_across_ip_versions(self) -> None:
        """A leg on IPv4 and one on IPv6 hear each other through a dual-stack socket, byte for byte."""
        self.bind()
        for size in (1, 20, 160, 508):
            data = stun.channel_data(b"\x80" + os.urandom(size - 1))
            self.a.socket.send(data)
            self.assertEqual(self.b.socket.recv(2048), data)
            self.b.socket.send(data)
            self.assertEqual(self.a.socket.recv(2048), data)
        self.assertEqual(self.relay.counters()["forwarded"], 8)

    def test_an_interrupt_is_the_daemons_business(self) -> None:
        """Ctrl-C and SIGTERM, which a terminal sends to both, end no call; the end of standard input does."""
        self.bind()
        for number in (signal.SIGINT, signal.SIGTERM):
            self.relay.process.send_signal(number)
        data = stun.channel_data(b"\x80" + bytes(20))
        self.a.socket.send(data)
        self.assertEqual(self.b.socket.recv(2048), data)
        self.assertEqual(self.relay.end(), 0)

    def test_says_what_a_call_used(self) -> None:
        """A line that names calls is answered with the bytes passed on for those that have a leg here."""
        self.bind()
        for size in (1, 20, 160):
            self.a.socket.send(stun.channel_data(b"\x80" + bytes(size - 1)))
            self.b.socket.recv(2048)
        assert self.relay.process.stdin is not None
        self.relay.process.stdin.write(b"x,outra\n")
        self.relay.process.stdin.flush()
        said: dict[str, object] = {}
        while "calls" not in said:
            said = dict(self.relay.counters())
        self.assertEqual(said, {"calls": {"x": 181}})

    def test_a_burst(self) -> None:
        """Sixty packets at once all pass, in order."""
        self.bind()
        sent = [stun.channel_data(b"\x80" + number.to_bytes(2, "big") + bytes(100)) for number in range(60)]
        for data in sent:
            self.a.socket.send(data)
        self.assertEqual(self.b.drain(), sent)

    def test_a_burst_with_strangers_in_it(self) -> None:
        """Junk, STUN and a stranger's data amid a burst change nothing for the packets around them."""
        self.bind()
        stranger = Leg(self, "a", self.relay.port, call="other")  # type: ignore[arg-type]
        sent = []
        for number in range(50):
            data = stun.channel_data(b"\x80" + number.to_bytes(2, "big"))
            sent.append(data)
            self.a.socket.send(data)
            stranger.socket.send(data)
            self.a.socket.send(b"\xff" * 20)
            self.a.socket.send(b"\x40\x00\x00\x09short")
            self.a.socket.send(stun.build(Method.BINDING, Kind.INDICATION, bytes(12)))
        self.assertEqual(self.b.drain(), sent)
        self.assertEqual(stranger.drain(0.1), [])

    def test_a_flood_is_held_back(self) -> None:
        """A leg that floods gets through a second's worth; a call beside it loses nothing."""
        self.bind()
        c, d = (Leg(self, leg, self.relay.port, call="quiet") for leg in "ab")  # type: ignore[arg-type]
        c.join()
        d.join()
        c.ask(c.bind(d.relayed))
        d.ask(d.bind(c.relayed))
        data = stun.channel_data(b"\x80" * 100)
        begun = time.monotonic()
        for number in range(3000):
            self.a.socket.send(data)
            if number % 60 == 0:
                c.socket.send(stun.channel_data(b"\x80" + number.to_bytes(2, "big")))
            if number % 20 == 0:
                time.sleep(0.001)
        took = time.monotonic() - begun
        self.assertLessEqual(len(self.b.drain()), 102 + 100 * took)
        self.assertEqual(len(d.drain()), 50)

    def test_a_flood_of_large_packets(self) -> None:
        """Packets of 508 bytes are held to 128 kbit/s."""
        self.bind()
        begun = time.monotonic()
        for number in range(300):
            self.a.socket.send(stun.channel_data(b"\x80" * 508))
            if number % 10 == 0:
                time.sleep(0.001)
        took = time.monotonic() - begun
        self.assertLessEqual(len(self.b.drain()) * 508, 16000 * (1.1 + took) + 508)

    def test_a_move(self) -> None:
        """Allocate from a new port moves the leg with its channel; the old port is heard no more."""
        self.bind()
        moved = Leg(self, "a", self.relay.port)  # type: ignore[arg-type]
        moved.username, moved.password = self.a.username, self.a.password
        moved.join()
        self.assertEqual(moved.relayed, self.a.relayed)
        self.b.socket.send(stun.channel_data(b"\x80abc"))
        self.assertEqual(moved.socket.recv(2048), stun.channel_data(b"\x80abc"))
        self.a.socket.send(stun.channel_data(b"\x80old"))
        self.assertEqual(self.b.drain(0.1), [])

    def test_killed_and_back(self) -> None:
        """A new process on the same socket knows no leg, and names the same relayed addresses again."""
        self.bind()
        before = self.a.relayed
        self.relay.process.send_signal(signal.SIGKILL)
        self.relay.process.wait(10)
        self.relay.end()
        self.relay.process = self.relay.start()
        self.assertEqual(self.a.ask(self.a.refresh()).error(), 437)
        self.bind()
        self.assertEqual(self.a.relayed, before)

    def test_mapped_addresses_are_ipv4(self) -> None:
        """A client on IPv4 sees its IPv4 address, though the socket is one of IPv6."""
        answer = self.a.ask(stun.build(Method.BINDING, Kind.REQUEST, bytes(12)))
        self.assertEqual(answer.address(Attribute.XOR_MAPPED_ADDRESS), self.a.socket.getsockname()[:2])


class PortableLoopTests(LoopContract, TestCase):
    """The loop that runs everywhere."""

    loop = "portable"


class BatchLoopTests(LoopContract, TestCase):
    """The loop of Linux."""

    loop = "recvmmsg"
    if not SystemCalls.available():
        skip = "no recvmmsg on this machine"


class BadStartTests(TestCase):
    """What a parent does wrong."""

    def test_bad_secret_or_descriptor(self) -> None:
        """A secret that is not base64, an empty one and a wrong descriptor are one sentence and status 1."""
        bound = bind_socket("127.0.0.1", 0)
        self.addCleanup(bound.close)
        for secret, descriptor in ((b"%%%\n", bound.fileno()), (b"\n", bound.fileno()), (b"YQ==\n", 977)):
            done = subprocess.run(
                [sys.executable, "-m", "voz.relay", "--descritor", str(descriptor)],
                check=False,
                input=secret,
                pass_fds=[bound.fileno()],
                capture_output=True,
                cwd=ROOT,
                timeout=30,
            )
            self.assertEqual(done.returncode, 1)
            self.assertEqual(done.stderr.count(b"\n"), 1, done.stderr)


class PluginTests(TestCase):
    """`twistd -n salarele`."""

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """Start it by its name."""
        process = subprocess.Popen(
            [str(Path(sys.executable).with_name("twistd")), "-n", "--pidfile=", "salarele", *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )
        self.addCleanup(process.stdout.close)  # type: ignore[union-attr]
        self.addCleanup(process.wait, 10)
        self.addCleanup(process.terminate)
        return process

    def test_a_call_over_the_plugin(self) -> None:
        """Started by name with a secret from a file, it says port and loop, and carries a call."""
        secret = Path(self.mktemp()).resolve()
        secret.write_bytes(SECRET + b"\n")
        process = self.start("--segredo", str(secret), "--porta", "0", "--interface", "127.0.0.1")
        assert process.stdout is not None
        line = process.stdout.readline()
        self.assertIn("laço", line)
        port = int(line.split("UDP ")[1].split(",")[0])
        a, b = Leg(self, "a", port), Leg(self, "b", port)
        a.join()
        b.join()
        a.ask(a.bind(b.relayed))
        b.ask(b.bind(a.relayed))
        a.socket.send(stun.channel_data(b"\x80voz"))
        self.assertEqual(b.socket.recv(100), stun.channel_data(b"\x80voz"))

    def test_wrong_options(self) -> None:
        """No secret, an unreadable one, an empty one, a wrong port and a taken port are a sentence and
        status 1."""
        empty = Path(tempfile.mkdtemp()) / "vazio"
        empty.write_bytes(b"\n")
        taken = bind_socket("127.0.0.1", 0)
        self.addCleanup(taken.close)
        good = Path(self.mktemp()).resolve()
        good.write_bytes(SECRET)
        wrong = [
            [],
            ["--segredo", "/nonexistent"],
            ["--segredo", str(empty)],
            ["--segredo", str(good), "--porta", "x"],
            ["--segredo", str(good), "--porta", str(taken.getsockname()[1]), "--interface", "127.0.0.1"],
            ["--segredo", str(good), "--realm", "um nome que não cabe"],
            ["--segredo", str(good), "--laco", "rápido"],
        ]
        for arguments in wrong:
            process = self.start(*arguments)
            assert process.stdout is not None
            said = process.stdout.read()
            self.assertEqual(process.wait(20), 1, said)
            self.assertNotIn("Traceback", said)


class DaemonTests(TestCase):
    """The daemon's own relay."""

    timeout = 60

    def answered(self, port: int, since: float) -> float:
        """Seconds from then until a Binding is answered, also one that waited in the socket meanwhile."""
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asker:
            asker.settimeout(0.02)
            asker.connect(("127.0.0.1", port))
            for _ in range(500):
                with contextlib.suppress(TimeoutError, ConnectionRefusedError):
                    asker.send(stun.build(Method.BINDING, Kind.REQUEST, stun.new_transaction()))
                    asker.recv(2048)
                    return time.monotonic() - since
        raise AssertionError("no answer")

    def killed_and_back(self, running: DaemonProcess, port: int) -> float:
        """Seconds from kill -9 until it answers again."""
        running.output = ""
        killed = time.monotonic()
        os.kill(relay_of(running), signal.SIGKILL)
        running.read_until("o relé terminou")
        return self.answered(port, killed)

    def test_killed_it_is_back_within_a_second(self) -> None:
        """It says which loop it runs; killed with -9 it answers again within a second."""
        with daemon("--silencioso") as running:
            running.read_until("Relê: pronto, laço ")
            port = address_of(running).port
            self.answered(port, time.monotonic())
            # Three times, since other programs may hold up any one start; the promise is the daemon's own.
            back = [self.killed_and_back(running, port) for _ in range(3)]
            note("daemon's relay killed", back=[round(seconds, 3) for seconds in back])
            self.assertLess(min(back), 1.0)
