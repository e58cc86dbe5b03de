"""Every pair of NAT kinds in an Internet in memory, and what each policy makes of it."""

from __future__ import annotations

import itertools

from twisted.trial.unittest import SynchronousTestCase

from tests.support.memory_call import MemoryCall
from tests.support.memory_network import NatKind
from voz.candidates import CandidateType, PathKind, PathPolicy

HARD = {frozenset({NatKind.SYMMETRIC}), frozenset({NatKind.SYMMETRIC, NatKind.PORT})}


def expected(caller: NatKind, callee: NatKind) -> str:
    """The path that such a pair must end on."""
    if NatKind.NO_UDP in (caller, callee):
        return "linhas"
    return "rele" if frozenset({caller, callee}) in HARD else "direto"


class MatrixTests(SynchronousTestCase):
    """Caller's kind by callee's kind."""

    def test_every_pair(self) -> None:
        """Each pair hears each other within 100 ms, without a hole, and ends on the best path there is."""
        for caller in NatKind:
            for callee in NatKind:
                call = MemoryCall(caller, callee)
                call.talk(ringing=2.1, seconds=1.5)
                what = f"{caller.value} calls {callee.value}"
                self.assertEqual(call.kinds(), (expected(caller, callee),) * 2, what)
                for peer in call.peers:
                    self.assertLess(peer.heard[0][0] - call.begun, 0.1, what)
                    self.assertEqual(peer.missing(), 0, what)
                self.assertLess(max(call.gaps(call.begun + 0.1)), 0.06, what)

    def test_hard_pairs_stay_on_the_relay(self) -> None:
        """Where no hole can be punched, both rounds of checks come to an end and voice never leaves the
        relay."""
        call = MemoryCall(NatKind.SYMMETRIC, NatKind.SYMMETRIC)
        call.talk(seconds=25)
        self.assertEqual(call.kinds(), ("rele", "rele"))
        self.assertLess(max(call.gaps(call.begun + 0.1)), 0.03)
        before = call.internet.carried
        call.wait(5)
        # 50 packets a second each way, in and out of the relay, and next to nothing else.
        self.assertLess(call.internet.carried - before, 4 * 50 * 5 + 30)

    def test_at_most_a_hundred_checks_a_round(self) -> None:
        """A round sends one check in 50 ms, for 5 s, at most 100, whoever is silent; then a second one, and
        no third."""
        call = MemoryCall(NatKind.SYMMETRIC, NatKind.SYMMETRIC)
        checks: list[float] = []

        def watch(source: tuple[str, int], _target: tuple[str, int], data: bytes) -> bool:
            if b"c:8PHy8" in data and source[0] == "198.51.100.1":
                checks.append(call.clock.seconds())
            return False

        call.internet.lossy = watch
        call.talk(seconds=45)
        self.assertLessEqual(len(checks), 200)
        self.assertGreater(len(checks), 100)
        first = [at for at in checks if at - call.begun < 5.05]
        self.assertLessEqual(len(first), 101)
        self.assertGreaterEqual(min(b - a for a, b in itertools.pairwise(first)), 0.049)
        self.assertLess(checks[-1] - call.begun, 11)


class PolicyTests(SynchronousTestCase):
    """What the user allows."""

    def test_always_by_the_relay(self) -> None:
        """One side's «always by the relay» keeps both on the relay and reveals the relayed address alone."""
        call = MemoryCall(NatKind.OPEN, NatKind.OPEN, policies=(PathPolicy.RELAY, PathPolicy.AUTO))
        call.talk(seconds=12)
        self.assertEqual(call.kinds(), ("rele", "rele"))
        kinds = [candidate.kind for candidate in call.caller.candidates]
        self.assertEqual(kinds, [CandidateType.RELAYED])
        self.assertIsNone(call.callee.first_by(PathKind.DIRECT))
        self.assertIsNone(call.caller.first_by(PathKind.DIRECT))

    def test_direct_alone(self) -> None:
        """«Direct» takes nothing of the relay but a look at the mapped address."""
        call = MemoryCall(policies=(PathPolicy.DIRECT, PathPolicy.DIRECT))
        call.talk()
        self.assertEqual(call.kinds(), ("direto", "direto"))
        self.assertEqual(call.relay.core.server.counters.allocated, 0)
        self.assertEqual(call.relay.core.server.counters.forwarded, 0)

    def test_direct_alone_where_it_cannot_be(self) -> None:
        """«Direct» between two symmetric NATs has no path, and takes no other."""
        call = MemoryCall(
            NatKind.SYMMETRIC, NatKind.SYMMETRIC, policies=(PathPolicy.DIRECT, PathPolicy.DIRECT)
        )
        call.talk(seconds=12)
        self.assertEqual(call.kinds(), ("nenhum", "nenhum"))
        self.assertFalse(call.caller.transport.send(b"\x80"))
        self.assertEqual(call.callee.heard, [])

    def test_nothing_is_told_or_tried_before_it_is_known(self) -> None:
        """While it rings there is an allocation and not one datagram to the other side."""
        call = MemoryCall(NatKind.OPEN, NatKind.OPEN)
        seen: set[str] = set()

        def watch(_source: tuple[str, int], target: tuple[str, int], _data: bytes) -> bool:
            seen.add(target[0])
            return False

        call.internet.lossy = watch
        call.wait(20)
        self.assertEqual(len(call.relay.core.server.table), 2)
        self.assertNotIn("198.51.100.1", seen - {"203.0.113.1", "198.51.100.1", "198.51.100.2"})
        self.assertEqual(call.caller.heard, [])

    def test_a_stopped_call_gives_its_legs_back(self) -> None:
        """Hanging up ends both allocations at once; stopping twice is harmless, sending afterwards is
        refused."""
        call = MemoryCall()
        call.talk()
        done: list[None] = []
        for peer in call.peers:
            peer.stop().addCallback(done.append)
            peer.stop().addCallback(done.append)
        call.wait(0.2)
        self.assertEqual(len(done), 4)
        self.assertEqual(len(call.relay.core.server.table), 0)
        self.assertFalse(call.caller.transport.send(b"\x80"))
        self.assertEqual(call.hosts[0].watches, [])
        self.assertEqual(call.clock.getDelayedCalls(), [])

    def test_several_relays(self) -> None:
        """A relay that is not there is passed over; both sides settle on the next, and the call is made."""
        servers = ("turn:203.0.113.99:5000", "turn:nowhere.example:5000", "turn:203.0.113.1:5000")
        call = MemoryCall(NatKind.SYMMETRIC, NatKind.SYMMETRIC, servers=servers)
        call.talk()
        self.assertEqual(call.kinds(), ("rele", "rele"))
        self.assertEqual(call.caller.missing(), 0)
