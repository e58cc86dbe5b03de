"""The parts of the relay: allowances, limits of a source, credentials, the table, addresses as the kernel
has them."""

from __future__ import annotations

import base64
import hmac
import json
import socket
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from twisted.python.usage import UsageError
from twisted.trial.unittest import SynchronousTestCase

from voz.relay import local, tap, vectors
from voz.relay.batches import Pace
from voz.relay.counters import Counters
from voz.relay.credentials import Authority, User, read_username
from voz.relay.limits import MOST_NETWORKS, Allowance, SourceLimiter, network_of, small_enough
from voz.relay.table import AllocationTable, Leg

VECTORS: dict[str, Any] = json.loads((Path(__file__).parents[1] / "vectors.json").read_text())["stun"]


class AllowanceTests(SynchronousTestCase):
    """What a leg may send."""

    def test_one_second_at_once(self) -> None:
        """A full bucket lets a second's worth through, then what time gives back."""
        allowance = Allowance(0.0)
        self.assertEqual(sum(allowance.admit(10, 0.0) for _ in range(300)), 100)
        self.assertEqual(sum(allowance.admit(10, 0.5) for _ in range(300)), 50)
        self.assertEqual(sum(allowance.admit(10, 9.5) for _ in range(300)), 100)

    def test_time_that_runs_back(self) -> None:
        """A clock that goes back gives nothing and takes nothing."""
        allowance = Allowance(10.0)
        self.assertTrue(allowance.admit(10, 5.0))
        self.assertAlmostEqual(allowance.packets, 99)

    def test_debt(self) -> None:
        """What passed already is charged into debt, and paid back by time."""
        allowance = Allowance(0.0)
        self.assertTrue(allowance.charge(100, 9000, 0.0))
        self.assertFalse(allowance.charge(50, 4000, 0.0))
        self.assertFalse(allowance.admit(10, 0.4))
        self.assertTrue(allowance.admit(10, 0.6))
        self.assertEqual(allowance.passed, 13010)

    @given(st.lists(st.tuples(st.floats(0, 0.2), st.integers(0, 508)), max_size=300))
    def test_never_more_than_the_limits(self, steps: list[tuple[float, int]]) -> None:
        """Over any stretch no more passes than a second's burst and the rate."""
        allowance, now, packets, volume = Allowance(0.0), 0.0, 0, 0
        for pause, size in steps:
            now += pause
            if allowance.admit(size, now):
                packets, volume = packets + 1, volume + size
        self.assertLessEqual(packets, 100 + 100 * now + 1e-6)
        self.assertLessEqual(volume, 16000 + 16000 * now + 1e-6)


class SourceTests(SynchronousTestCase):
    """What a network may have."""

    def test_networks(self) -> None:
        """/24 and /64 share, loopback is exempt."""
        self.assertEqual(network_of(("192.0.2.1", 1)), network_of(("192.0.2.200", 9)))
        self.assertNotEqual(network_of(("192.0.2.1", 1)), network_of(("192.0.3.1", 1)))
        self.assertEqual(network_of(("2001:db8::1", 1)), network_of(("2001:db8::ffff:1", 1)))
        self.assertNotEqual(network_of(("2001:db8::1", 1)), network_of(("2001:db8:0:1::1", 1)))
        for address in ("127.0.0.1", "127.9.9.9", "::1"):
            self.assertIsNone(network_of((address, 1)))

    def test_any_one_second(self) -> None:
        """In no second, wherever it begins, are there more answers than the rate."""
        limiter = SourceLimiter(20)
        times = [step / 100 for step in range(1000) if limiter.admit(("192.0.2.1", 1), step / 100)]
        for begin in times:
            self.assertLessEqual(sum(begin <= at < begin + 1 for at in times), 20)
        self.assertEqual(len(times), 200)

    def test_bounded(self) -> None:
        """However many networks ask, a bounded number is remembered."""
        limiter = SourceLimiter(20)
        for number in range(MOST_NETWORKS + 500):
            limiter.admit((f"10.{number >> 8}.{number & 255}.1", 1), 0.0)
        self.assertEqual(len(limiter.networks), MOST_NETWORKS)

    def test_exhausted_counts_nothing(self) -> None:
        """Asking whether it is exhausted changes nothing."""
        limiter = SourceLimiter(1)
        self.assertFalse(limiter.exhausted(("192.0.2.1", 1), 0.0))
        self.assertTrue(limiter.admit(("192.0.2.1", 1), 0.0))
        self.assertTrue(limiter.exhausted(("192.0.2.9", 1), 0.9))
        self.assertFalse(limiter.exhausted(("192.0.2.9", 1), 1.0))
        self.assertFalse(limiter.exhausted(("127.0.0.1", 1), 0.0))

    def test_small_enough(self) -> None:
        """2.3 bytes for one, with 28 or 48 bytes of headers on both sides."""
        self.assertTrue(small_enough(bytes(20), bytes(82), ("192.0.2.1", 1)))
        self.assertFalse(small_enough(bytes(20), bytes(83), ("192.0.2.1", 1)))
        self.assertTrue(small_enough(bytes(20), bytes(108), ("2001:db8::1", 1)))
        self.assertFalse(small_enough(bytes(20), bytes(109), ("2001:db8::1", 1)))


class CredentialTests(SynchronousTestCase):
    """usuario, senha, nonce."""

    def test_golden(self) -> None:
        """senha and the long-term key have the golden values."""
        authority = Authority(bytes.fromhex(VECTORS["secret_hex"]))
        self.assertEqual(authority.password(VECTORS["usuario"]), VECTORS["senha"])
        self.assertEqual(authority.key(VECTORS["usuario"]).hex(), VECTORS["long_term_key_hex"])

    def test_usernames(self) -> None:
        """expiry:chamada.leg is read, anything else is not."""
        self.assertEqual(read_username("17:ab-_9.b"), User(17, "ab-_9", "b"))
        for name in (
            "",
            "17:ab.c",
            "x:ab.a",
            "017:ab.a",
            "17:a b.a",
            "17:ab.a\n",
            ":ab.a",
            "17:.a",
            "٣:ab.a",
        ):
            self.assertIsNone(read_username(name), name)

    def test_nonces(self) -> None:
        """A nonce is 16 characters, good at its source for ten minutes and nowhere else, never or later."""
        authority = Authority(b"s")
        nonce = authority.nonce(("192.0.2.1", 5), 1000.0)
        self.assertEqual(len(nonce), 16)
        self.assertTrue(authority.fresh(nonce, ("192.0.2.1", 5), 1599.0))
        self.assertFalse(authority.fresh(nonce, ("192.0.2.1", 5), 1601.0))
        self.assertFalse(authority.fresh(nonce, ("192.0.2.1", 5), 999.0))
        self.assertFalse(authority.fresh(nonce, ("192.0.2.1", 6), 1000.0))
        self.assertFalse(authority.fresh(nonce, ("192.0.2.2", 5), 1000.0))
        self.assertFalse(Authority(b"t").fresh(nonce, ("192.0.2.1", 5), 1000.0))
        self.assertTrue(Authority(b"s").fresh(nonce, ("192.0.2.1", 5), 1000.0), "also after a restart")

    @given(st.binary(max_size=20))
    def test_arbitrary_nonces(self, nonce: bytes) -> None:
        """Arbitrary bytes are no nonce, and raise nothing."""
        self.assertFalse(Authority(b"s").fresh(nonce, ("192.0.2.1", 5), 1000.0))

    def test_bad_secrets_and_realms(self) -> None:
        """An empty secret, an empty realm and one that makes the 401 too large are refused."""
        self.assertRaises(ValueError, Authority, b"")
        self.assertRaises(ValueError, Authority, b"s", "")
        self.assertRaises(ValueError, Authority, b"s", "a realm too long")
        self.assertNotIn("top", repr(Authority(b"top")))

    def test_as_coturn_has_it(self) -> None:
        """senha is base64 of HMAC-SHA1(secret, usuario)."""
        expected = base64.b64encode(hmac.new(b"s", b"1:x.a", "sha1").digest()).decode()
        self.assertEqual(Authority(b"s").password("1:x.a"), expected)


class TableTests(SynchronousTestCase):
    """The table of allocations by itself."""

    def add(self, table: AllocationTable[str], call: str, leg: str, now: float = 0.0) -> Leg[str]:
        """One allocation, its source named after call and leg."""
        name = f"9:{call}.{leg}"
        return table.add(name, User(9, call, leg), call + leg, ("192.0.2.1", 1), "203.0.113.1", b"k", now)

    def test_names_are_unique(self) -> None:
        """However many legs there are, no two have the same relayed address, and ended ones free theirs."""
        table: AllocationTable[str] = AllocationTable()
        legs = [self.add(table, f"call{number}", "a") for number in range(3000)]
        self.assertEqual(len({leg.relayed for leg in legs}), 3000)
        again = legs[7].relayed
        table.end(legs[7])
        self.assertEqual(self.add(table, "call7", "a").relayed, again)

    def test_both_must_bind(self) -> None:
        """The way is open when both are bound, closed when one ends, moves with its leg."""
        table: AllocationTable[str] = AllocationTable()
        a, b = self.add(table, "x", "a"), self.add(table, "x", "b")
        self.assertTrue(table.bind(a, b.relayed))
        self.assertEqual(table.routes, {})
        self.assertTrue(table.bind(b, a.relayed))
        self.assertEqual(table.routes, {"xa": "xb", "xb": "xa"})
        table.move(a, "new", ("192.0.2.9", 9), 1.0)
        self.assertEqual(table.routes, {"new": "xb", "xb": "new"})
        table.end(b)
        self.assertEqual(table.routes, {})
        self.assertEqual(table.expire(61.0), 1)
        self.assertEqual(len(table), 0)


class KernelAddressTests(SynchronousTestCase):
    """Addresses as the kernel has them."""

    def test_raw_addresses(self) -> None:
        """IPv4, IPv6 and IPv4-mapped raw addresses are read in their normal form."""
        four = (
            socket.AF_INET.to_bytes(2, "little") + (5000).to_bytes(2, "big") + socket.inet_aton("192.0.2.1")
        )
        self.assertEqual(vectors.address_of(socket.AF_INET, four + bytes(8)), ("192.0.2.1", 5000))
        for text, normal in (("2001:db8::1", "2001:db8::1"), ("::ffff:192.0.2.1", "192.0.2.1")):
            six = bytes(2) + (5000).to_bytes(2, "big") + bytes(4) + socket.inet_pton(socket.AF_INET6, text)
            self.assertEqual(vectors.address_of(socket.AF_INET6, six + bytes(4)), (normal, 5000))

    def test_local_addresses(self) -> None:
        """The control message says our own address without the interface, and is turned into one to send."""
        six = socket.inet_pton(socket.AF_INET6, "::ffff:203.0.113.1")
        ancillary = [(socket.IPPROTO_IPV6, socket.IPV6_PKTINFO, six + b"\7\0\0\0")]
        found = local.local_in(socket.AF_INET6, ancillary)
        self.assertEqual(found, six + bytes(4))
        self.assertEqual(local.host_in(socket.AF_INET6, found), "203.0.113.1")
        self.assertEqual(local.ancillary_for(socket.AF_INET6, found)[0][2], six + bytes(4))
        four = b"\7\0\0\0" + socket.inet_aton("203.0.113.1") * 2
        found = local.local_in(socket.AF_INET, [(socket.IPPROTO_IP, 8, four)])
        self.assertEqual(local.host_in(socket.AF_INET, found), "203.0.113.1")
        self.assertEqual(found[:4], bytes(4))
        self.assertEqual(local.local_in(socket.AF_INET, [(1, 2, b"x")]), b"")
        self.assertIsNone(local.host_in(socket.AF_INET, b""))
        self.assertEqual(local.ancillary_for(socket.AF_INET, b""), [])

    def test_pace(self) -> None:
        """Five thousand packets a second make it busy, fewer do not."""
        pace = Pace()
        for now, packets, busy in ((1.0, 0, False), (1.1, 600, True), (1.2, 600, True), (1.3, 400, False)):
            pace.count(packets, now)
            self.assertEqual(pace.busy, busy)

    def test_counters(self) -> None:
        """The counters are one line of JSON."""
        counters = Counters(forwarded=3)
        self.assertEqual(json.loads(counters.line())["forwarded"], 3)
        self.assertNotIn("\n", counters.line())


class OptionTests(SynchronousTestCase):
    """`twistd -n salarele`."""

    def options(self, *arguments: str) -> tap.Options:
        """Parse these."""
        options = tap.Options()
        options.parseOptions(list(arguments))
        return options

    def secret(self, data: bytes) -> str:
        """A file with that secret."""
        path = Path(self.mktemp())
        path.write_bytes(data)
        return str(path)

    def test_good(self) -> None:
        """The secret is the file without its line end; the port is 5000, the interface every one."""
        options = self.options("--segredo", self.secret(b"abc\r\n"))
        self.assertEqual(options["autoridade"].secret, b"abc")
        self.assertEqual((options["porta"], options["interface"]), (5000, "::"))

    def test_bad(self) -> None:
        """Every wrong value is one sentence."""
        good = self.secret(b"abc")
        wrong = [
            (),
            ("--segredo", "/nonexistent"),
            ("--segredo", self.secret(b"")),
            ("--segredo", good, "--porta", "-1"),
            ("--segredo", good, "--porta", "65536"),
            ("--segredo", good, "--realm", "thirteen bytes"),
            ("--segredo", good, "--laco", "x"),
        ]
        for arguments in wrong:
            problem = self.assertRaises(UsageError, self.options, *arguments)
            self.assertTrue(str(problem).endswith("."), str(problem))
            self.assertNotIn("\n", str(problem))
