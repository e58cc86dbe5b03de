"""Small parts: keys, rates, relay credentials, the clock that does not jump, the direct write."""

from __future__ import annotations

import inspect
import time
from typing import Any

from automat import NoTransition
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st
from twisted.internet import tcp
from twisted.internet.abstract import FileDescriptor
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from registro import call, ed25519, session
from registro.admission import Rate, Rates, neighbourhood, plain_host
from registro.edge import direct
from registro.edge.direct import DirectServer
from registro.edge.monotonic import never_jump
from registro.relays import Relays, turn_uri
from registro.wire import codec, credentials
from registro.wire.fields import b64

P = 2**255 - 19


def doubled(point: tuple[int, int]) -> tuple[int, int]:
    """Add a point of edwards25519 to itself (RFC 8032, section 5.1)."""
    x, y = point
    k = ed25519._D * x * x * y * y % P
    return 2 * x * y * pow(1 + k, -1, P) % P, (y * y + x * x) * pow(1 - k, -1, P) % P


def x_of(y: int) -> int:
    """Return one x of the points with this y."""
    square = (y * y - 1) * pow(ed25519._D * y * y + 1, -1, P) % P
    x = pow(square, (P + 3) // 8, P)
    return x if x * x % P == square else x * pow(2, (P - 1) // 4, P) % P


class KeyTests(SynchronousTestCase):
    """Ed25519 keys."""

    def test_small_order(self) -> None:
        """Every point of small order is refused: eight times it is the neutral point."""
        for y in ed25519._SMALL_ORDER:
            point = (x_of(y), y)
            for _ in range(3):
                point = doubled(point)
            self.assertEqual(point, (0, 1))
            for sign in (0, 1 << 255):
                self.assertFalse(ed25519.is_public_key((y | sign).to_bytes(32, "little")))

    @given(st.binary(min_size=32, max_size=32))
    def test_real_keys(self, seed: bytes) -> None:
        """A key that was made is one, and what it signs verifies, and nothing else."""
        key = Ed25519PrivateKey.from_private_bytes(seed)
        public = key.public_key().public_bytes_raw()
        self.assertTrue(ed25519.is_public_key(public))
        self.assertTrue(ed25519.verifies(public, key.sign(b"a"), b"a"))
        self.assertFalse(ed25519.verifies(public, key.sign(b"a"), b"b"))

    def test_no_points(self) -> None:
        """What is too short, not reduced, or not on the curve is no key."""
        off = next(y for y in range(2, 99) if x_of(y) ** 2 * (ed25519._D * y * y + 1) % P != (y * y - 1) % P)
        for bad in (b"", b"k" * 31, b"k" * 33, (P + 3).to_bytes(32, "little"), off.to_bytes(32, "little")):
            self.assertFalse(ed25519.is_public_key(bad))


class QuickenTests(SynchronousTestCase):
    """Automat's transitions in a table."""

    def test_same_machine(self) -> None:
        """A quickened machine does the same, state by state, and refuses the same."""
        for builder in (call.machine, session.machine):
            automaton: Any = builder._automaton
            slow = type(automaton).outputForInput
            for state in automaton.states():
                for happens in automaton.inputAlphabet():
                    try:
                        end, outputs = slow(automaton, state, happens)
                    except NoTransition:
                        self.assertRaises(NoTransition, automaton.outputForInput, state, happens)
                        continue
                    found = automaton.outputForInput(state, happens)
                    self.assertEqual((found[0], list(found[1])), (end, outputs))
            self.assertIsNot(automaton.outputForInput, slow)
            self.assertIn("outputForInput", vars(automaton), "it is the table that is asked")


class RateTests(SynchronousTestCase):
    """Rates."""

    @given(st.integers(1, 20), st.lists(st.floats(0, 3), max_size=200))
    def test_never_more(self, burst: int, steps: list[float]) -> None:
        """In any stretch of time no more passes than the burst and the rate allow."""
        rate, now, paid = Rate(0.5, burst), 100.0, 0.0
        passed: list[float] = []
        for step in steps:
            now += step
            until = rate.take(paid, now)
            if until is not None:
                paid = until
                passed.append(now)
        for index, start in enumerate(passed):
            for count, end in enumerate(passed[index:], 1):
                self.assertLessEqual(count, burst + (end - start) / 0.5 + 1e-6)

    def test_wait(self) -> None:
        """Whoever waits as long as it was told passes."""
        rate, paid, now = Rate(60 / 12, 20), 0.0, 50.0
        while (until := rate.take(paid, now)) is not None:
            paid = until
        self.assertEqual(rate.wait(paid, now), 5)
        self.assertIsNotNone(rate.take(paid, now + 5))

    def test_many(self) -> None:
        """So many are known at once; who is not is told to wait."""
        rates = Rates(Rate(1, 1), most=2)
        self.assertEqual([rates.take(who, 10) for who in "abc"], [None, None, 1])
        rates.forget(12)
        self.assertIsNone(rates.take("c", 12))

    def test_neighbourhood(self) -> None:
        """Who is counted together."""
        table = {
            "192.0.2.1": "192.0.2.1",
            "::ffff:192.0.2.1": "192.0.2.1",
            "2001:db8:1:2:3::4": "2001:db8:1:2::/64",
            "fe80::1%eth0": "fe80::/64",
            "127.0.0.9": "",
            "::1": "",
            "": "",
        }
        for host, who in table.items():
            self.assertEqual(neighbourhood(host), who)
        self.assertEqual(plain_host("::ffff:192.0.2.1"), "192.0.2.1")
        self.assertEqual(plain_host("::ffff:1"), "::ffff:1")


class RelaysTests(SynchronousTestCase):
    """Which relays are handed out."""

    def test_addresses(self) -> None:
        """The operator's name, else the local address of the client's connection; or the relays elsewhere."""
        self.assertEqual(Relays(b"s", 5000).addresses("192.0.2.1"), ("turn:192.0.2.1:5000",))
        self.assertEqual(Relays(b"s", 5000).addresses("2001:db8::1"), ("turn:[2001:db8::1]:5000",))
        self.assertEqual(Relays(b"s", 5000, "sala.example").addresses("x"), ("turn:sala.example:5000",))
        elsewhere = ("turn:a:1", "turn:b:2")
        self.assertEqual(Relays(b"s", 5000, "sala.example", elsewhere).addresses("x"), elsewhere)
        self.assertEqual(turn_uri("::1", 1), "turn:[::1]:1")

    @given(
        st.binary(min_size=16, max_size=16),
        st.sampled_from("ab"),
        st.binary(min_size=1),
        st.integers(0, 2**33),
    )
    def test_line(self, chamada: bytes, leg: str, secret: bytes, now: int) -> None:
        """The line of the credentials is the codec's own, whatever the secret and the relays are called."""
        for relays in (Relays(secret, 5000), Relays(secret, 1, "x", ("turn:[::1]:7", "turn:a,b c%:9"))):
            line = relays.ligacao(b64(chamada), leg, "2001:db8::1", now)
            message: Any = codec.parse(line, codec.FROM_REGISTRY).message
            self.assertEqual(codec.render(message), line)
            self.assertEqual((message.chamada, message.reles), (chamada, relays.addresses("2001:db8::1")))
            self.assertEqual(message.usuario, f"{now + message.validade}:{b64(chamada)}.{leg}")
            self.assertEqual(message.senha, credentials.password(secret, message.usuario))


class MonotonicTests(SynchronousTestCase):
    """Timers and the wall clock."""

    def test_never_jumps(self) -> None:
        """The reactor measures by the monotonic clock; what was scheduled keeps its delay."""
        reactor: Any = Clock()
        reactor.advance(time.time())
        called: list[int] = []
        call = reactor.callLater(5, called.append, 1)
        never_jump(reactor)
        self.assertIs(reactor.seconds, time.monotonic)
        self.assertTrue(4 < call.getTime() - time.monotonic() <= 5)
        never_jump(reactor)


class DirectWriteTests(SynchronousTestCase):
    """What the direct write leans on in Twisted."""

    def test_fits(self) -> None:
        """This Twisted has what is needed; when it has not, the registry goes without and this test tells."""
        self.assertTrue(direct.fits())
        self.patch(direct, "_NEEDED", ("nada_disso",))
        self.assertFalse(direct.fits())

    def test_attributes(self) -> None:
        """The attributes that are leaned on are those of Twisted's own queue, and the queue is bypassed."""
        source = inspect.getsource(FileDescriptor.write) + inspect.getsource(FileDescriptor.doWrite)
        for name in (
            "_tempDataBuffer",
            "dataBuffer",
            "_writeDisconnected",
            "producerPaused",
            "writeSomeData",
        ):
            self.assertIn(f"self.{name}", source)
        self.assertIn("self.protocol.dataReceived(data)", inspect.getsource(tcp.Connection))
        made: Any = object.__new__(DirectServer)
        made.connected, made.disconnecting = True, False
        made._tempDataBuffer, made.dataBuffer, made._writeDisconnected = [], b"", False
        sent: list[bytes] = []

        class Socket:
            """A socket that takes three bytes."""

            @staticmethod
            def send(data: bytes) -> int:
                """Take some."""
                sent.append(data[:3])
                return 3

        queued: list[bytes] = []
        made.socket = Socket()
        self.patch(direct.QueuedServer, "write", lambda _, data: queued.append(data))
        made.write(b"abc")
        made.write(b"defghi")
        made._tempDataBuffer.append(b"ghi")
        made.write(b"jkl")
        self.assertEqual((sent, queued), ([b"abc", b"def"], [b"ghi", b"jkl"]))
