"""Malicious use of a real relay process, in a namespace where any source address can be had.

Runs as root on Linux; skipped with a word elsewhere.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from tests.support import lab
from tests.support.lab import SECRET, Child
from tests.support.lab_router import entered
from tests.support.relay_client import TurnClient
from voz import stun
from voz.stun import Kind, Message, Method

ROOT = Path(__file__).resolve().parents[2]
RELAY = ("203.0.113.1", 5000)
FLOOD = 100_000

#: Sends every datagram of the file in turn, FLOOD of them, from sockets on the addresses given; says how many
#: bytes went out and how many datagrams and bytes came back in the second half of a second afterwards.
FLOODER = """
import json, socket, sys, time
kinds = [bytes.fromhex(line) for line in sys.stdin.read().split()]
count = int(sys.argv[1]); made = []
for address in sys.argv[2:]:
    one = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); one.bind((address, 0)); one.setblocking(False)
    made.append(one)
out = 0; begun = time.monotonic()
for number in range(count):
    data = kinds[number % len(kinds)]; out += len(data) + 28
    try: made[number % len(made)].sendto(data, ("203.0.113.1", 5000))
    except BlockingIOError: pass
    while number > 10000 * (time.monotonic() - begun): time.sleep(0.0005)
took = time.monotonic() - begun; time.sleep(0.5); back = {}
for one in made:
    try:
        while True:
            data = one.recv(2048); key = data[:2].hex(); entry = back.setdefault(key, [0, 0])
            entry[0] += 1; entry[1] += len(data) + 28
    except BlockingIOError: pass
print(json.dumps({"out": out, "took": took, "back": back}))
"""


class Person(TurnClient):
    """A leg with a socket inside the namespace."""

    def __init__(self, case: AbuseCase, leg: str, address: str, call: str = "x") -> None:
        super().__init__(SECRET, leg, int(time.time()) + 600, call)
        with entered(case.namespace):
            self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        case.addCleanup(self.socket.close)
        self.socket.bind((address, 0))
        self.socket.connect(RELAY)
        self.socket.settimeout(2)

    def ask(self, request: bytes) -> Message:
        """Send, and wait for the answer."""
        for _ in range(5):
            self.socket.send(request)
            try:
                while True:
                    data = self.socket.recv(2048)
                    if stun.is_stun(data) and data[8:20] == request[8:20]:
                        return self.heard(data)
            except TimeoutError:
                continue
        raise AssertionError("no answer")

    def join(self) -> None:
        """Allocate."""
        self.ask(self.allocate())
        assert self.ask(self.allocate()).kind is Kind.SUCCESS

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
            self.socket.settimeout(2)


class AbuseCase(SynchronousTestCase):
    """A relay, a call of two people, and whoever else there is."""

    skip = lab.missing()
    loop = "auto"

    def setUp(self) -> None:
        """One namespace whose loopback device has every address that is needed."""
        self.namespace = f"sala{os.getpid()}-abuse"
        self.inside = ("ip", "netns", "exec", self.namespace)
        self.ip("netns", "add", self.namespace)
        self.addCleanup(self.ip, "netns", "del", self.namespace)
        self.ip("-n", self.namespace, "link", "set", "lo", "up")
        for address in ("203.0.113.1/32", "198.51.100.0/24", "198.51.101.0/24", "10.0.0.0/24"):
            self.ip("-n", self.namespace, "addr", "add", address, "dev", "lo")
        folder = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, folder, True)
        secret = Path(folder) / "segredo"
        secret.write_bytes(SECRET)
        self.relay = Child(
            *self.inside, str(Path(sys.executable).with_name("twistd")), "-n",
            "--pidfile=", "salarele", "--segredo", str(secret), "--laco", self.loop, stdin=False,
        )  # fmt: skip
        self.addCleanup(self.relay.end)
        self.wait_until_it_listens()
        self.a, self.b = Person(self, "a", "198.51.101.1"), Person(self, "b", "198.51.101.2")
        self.a.join()
        self.b.join()
        assert self.a.relayed is not None
        assert self.b.relayed is not None
        self.a.ask(self.a.bind(self.b.relayed))
        self.b.ask(self.b.bind(self.a.relayed))

    def ip(self, *words: str) -> None:
        """Run ip(8)."""
        subprocess.run(["ip", *words], check=True, capture_output=True)

    def wait_until_it_listens(self) -> None:
        """Until UDP 5000 is bound."""
        for _ in range(200):
            listed = subprocess.run(
                [*self.inside, "cat", "/proc/net/udp6"],
                check=False, capture_output=True, text=True,
            )  # fmt: skip
            if ":1388 " in listed.stdout:
                return
            time.sleep(0.1)
        raise AssertionError(f"the relay does not listen: {self.relay.errors}")

    def talk(self, until: threading.Event) -> dict[str, int]:
        """Both speak, 50 packets a second each, until told; then how many were sent and heard."""
        counts = {"sent": 0, "heard": 0}
        for person in (self.a, self.b):
            person.socket.setblocking(False)
        due = time.monotonic()
        quiet_at = None
        while quiet_at is None or time.monotonic() < quiet_at:
            if until.is_set() and quiet_at is None:
                quiet_at = time.monotonic() + 0.7
            if quiet_at is None and time.monotonic() >= due:
                for person in (self.a, self.b):
                    person.socket.send(stun.channel_data(b"\x80" + bytes(150)))
                counts["sent"] += 2
                due += 0.02
            for person in (self.a, self.b):
                try:
                    while person.socket.recv(2048)[:1] == b"\x40":
                        counts["heard"] += 1
                except BlockingIOError:
                    pass
            time.sleep(0.002)
        return counts

    def flood(self, kinds: list[bytes], *addresses: str) -> tuple[dict[str, object], dict[str, int]]:
        """Flood from those addresses while the call goes on: (what the flooder saw, the call's counts)."""
        over = threading.Event()
        result: dict[str, int] = {}
        talking = threading.Thread(target=lambda: result.update(self.talk(over)))
        talking.start()
        try:
            done = subprocess.run(
                [*self.inside, sys.executable, "-c", FLOODER, str(FLOOD), *addresses],
                input="\n".join(kind.hex() for kind in kinds),
                check=True, capture_output=True, text=True, timeout=120,
            )  # fmt: skip
        finally:
            over.set()
            talking.join()
        seen: dict[str, object] = __import__("json").loads(done.stdout)
        return seen, result

    def judge(self, seen: dict[str, object], call: dict[str, int], most: dict[str, int]) -> None:
        """Answers within their limits, and a call that lost less than a thousandth."""
        back: dict[str, list[int]] = seen["back"]  # type: ignore[assignment]
        seconds = float(seen["took"]) + 1  # type: ignore[arg-type]
        self.assertLessEqual(set(back), set(most), back)
        for kind, (count, _) in back.items():
            self.assertLessEqual(count, most[kind] * seconds, back)
        self.assertGreater(call["sent"], 200)
        self.assertLess(call["sent"] - call["heard"], max(1, 0.001 * call["sent"]), call)


BINDING = stun.build(Method.BINDING, Kind.REQUEST, bytes(12))
ALLOCATE = stun.build(Method.ALLOCATE, Kind.REQUEST, bytes(12), [(0x19, stun.pack_transport())])


class FloodTests(AbuseCase):
    """A hundred thousand datagrams that nobody signed, beside a call."""

    def test_bindings_and_challenges(self) -> None:
        """One /24 gets 20 Binding answers and 100 challenges a second; the call beside it loses nothing."""
        seen, call = self.flood([BINDING, ALLOCATE], *(f"198.51.100.{last}" for last in range(1, 30)))
        self.judge(seen, call, {"0101": 20, "0113": 100})
        back: dict[str, list[int]] = seen["back"]  # type: ignore[assignment]
        self.assertGreater(back["0101"][0], 20)
        self.assertGreater(back["0113"][0], 100)
        for kind, request in (("0101", BINDING), ("0113", ALLOCATE)):
            count, size = back[kind]
            self.assertLessEqual(size / count, 2.3 * (len(request) + 28))

    def test_junk_and_forged_voice(self) -> None:
        """Junk, ChannelData without a leg, Send indications and answers get no answer at all."""
        kinds = [
            os.urandom(60),
            stun.channel_data(b"\x80" * 120),
            b"\x80\x6f" + bytes(160),
            stun.build(Method.SEND, Kind.INDICATION, bytes(12), [(0x13, bytes(100))]),
            stun.build(Method.ALLOCATE, Kind.SUCCESS, bytes(12)),
            b"\x00\x01\x00\x08" + bytes(24),
        ]
        seen, call = self.flood(kinds, "198.51.100.7", "198.51.100.8")
        self.judge(seen, call, {})

    def test_badly_signed_requests(self) -> None:
        """Requests signed with a wrong key cost a look and get challenges within the limit."""
        stranger = TurnClient(b"wrong", "a", int(time.time()) + 600)
        stranger.nonce = b"0123456789abcdef"
        seen, call = self.flood([stranger.allocate(), stranger.refresh(0)], "198.51.100.9")
        self.judge(seen, call, {"0113": 100, "0114": 100})

    def test_a_leg_that_floods(self) -> None:
        """A leg of another call that floods is held to its limit, and this call loses nothing."""
        c, d = Person(self, "a", "198.51.101.3", "loud"), Person(self, "b", "198.51.101.4", "loud")
        c.join()
        d.join()
        assert c.relayed is not None
        assert d.relayed is not None
        c.ask(c.bind(d.relayed))
        d.ask(d.bind(c.relayed))
        port = c.socket.getsockname()[1]
        with entered(self.namespace):
            loud = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.addCleanup(loud.close)
        c.socket.close()
        loud.bind(("198.51.101.3", port))
        loud.connect(RELAY)
        over = threading.Event()
        result: dict[str, int] = {}
        talking = threading.Thread(target=lambda: result.update(self.talk(over)))
        talking.start()
        begun = time.monotonic()
        data = stun.channel_data(b"\x80" * 100)
        for number in range(40_000):
            loud.send(data)
            if number % 20 == 0:
                time.sleep(0.001)
        took = time.monotonic() - begun
        over.set()
        talking.join()
        self.assertLessEqual(len(d.drain()), 105 + 100 * (took + 0.5))
        self.judge({"back": {}, "took": took}, result, {})


class TheftTests(AbuseCase):
    """Reaching what one has no business to reach."""

    def test_a_foreign_call(self) -> None:
        """A leg cannot bind to another call's relayed address, nor to an address of the operator's
        network."""
        thief = Person(self, "a", "198.51.100.66", "thief")
        thief.join()
        assert self.a.relayed is not None
        places = [self.a.relayed, ("10.0.0.5", 5000), ("127.0.0.1", 22), ("203.0.113.1", 5000)]
        for peer in places:
            self.assertEqual(thief.ask(thief.bind(peer)).error(), 403)
            self.assertEqual(thief.ask(thief.permission(peer)).error(), 403)
        thief.socket.send(stun.channel_data(b"\x80 stolen"))
        self.assertEqual(self.a.drain() + self.b.drain(), [])

    def test_a_replayed_allocate(self) -> None:
        """A recorded Allocate of a leg, sent from elsewhere, moves nothing: voice still reaches the leg."""
        recorded = self.a.allocate()
        thief = Person(self, "a", "198.51.100.66", "thief")
        thief.socket.send(recorded)
        answer = stun.parse(thief.socket.recv(2048))
        self.assertEqual(answer.error(), 438)
        self.b.socket.send(stun.channel_data(b"\x80 for a"))
        self.assertEqual(self.a.drain(), [stun.channel_data(b"\x80 for a")])
        self.assertEqual(thief.drain(0.1), [])

    def test_a_forged_source(self) -> None:
        """Voice with the port of a leg but another address goes nowhere."""
        with entered(self.namespace):
            forger = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.addCleanup(forger.close)
        forger.bind(("10.0.0.9", self.a.socket.getsockname()[1]))
        forger.sendto(stun.channel_data(b"\x80 forged"), RELAY)
        self.assertEqual(self.b.drain(), [])


class PortableFloodTests(FloodTests):
    """The same with the loop that runs everywhere."""

    loop = "portable"
