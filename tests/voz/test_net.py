"""The transport of a call as its owner sees it; and the network in memory under the contract of networks."""

from __future__ import annotations

from twisted.internet.defer import Deferred, succeed
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase, TestCase

from tests.contracts.network import Settle, network_tests
from tests.support.memory_network import RELAY, SECRET, MemoryHost, MemoryInternet, MemoryRelay, Nat, NatKind
from tests.support.path_peers import STUN_KEY, Peer, credentials
from voz.candidates import PathKind, RelayCredentials, Role
from voz.path.network import Network


def _memory_network(_case: TestCase) -> tuple[Network, str, Settle]:
    clock = Clock()
    host = MemoryHost(MemoryInternet(clock), "198.51.100.1")

    def settle() -> Deferred[None]:
        clock.advance(1)
        return succeed(None)

    return host, "198.51.100.1", settle


class MemoryNetworkTests(network_tests(_memory_network)):  # type: ignore[misc] # made at run time
    """The network in memory."""


class TransportTests(SynchronousTestCase):
    """What a conversation sees."""

    def setUp(self) -> None:
        """One side, and a relay."""
        self.clock = Clock()
        self.clock.advance(1000)
        self.internet = MemoryInternet(self.clock)
        self.relay = MemoryRelay(self.internet)
        self.host = MemoryHost(self.internet, "10.0.0.2", Nat(NatKind.PORT, "198.51.100.1"))
        self.peer = Peer(self.clock, Role.CALLER, self.host)

    def wait(self, seconds: float) -> None:
        """Let time pass."""
        for _ in range(round(seconds * 100)):
            self.clock.advance(0.01)

    def allocate(self, *servers: str) -> None:
        """LIGACAO."""
        self.peer.transport.allocate(credentials(SECRET, Role.CALLER, servers, 5000))

    def test_candidates_grow(self) -> None:
        """The host candidate is known at once, the reflexive and the relayed one when the relay answered."""
        self.allocate(f"turn:{RELAY[0]}:{RELAY[1]}")
        self.assertEqual([place.kind.value for place in self.peer.transport.local_candidates], ["host"])
        self.wait(0.2)
        kinds = [place.kind.value for place in self.peer.transport.local_candidates]
        self.assertEqual(kinds, ["host", "refl", "rele"])
        self.assertEqual(self.peer.candidates, self.peer.transport.local_candidates)

    def test_nothing_before_it_is_possible(self) -> None:
        """Without a path nothing is sent, and nothing but RTP and RTCP is handed up."""
        self.assertFalse(self.peer.transport.send(b"\x80"))
        self.peer.transport.send_everywhere(b"\x80")
        self.assertIs(self.peer.transport.path, PathKind.NONE)
        for data in (b"", b"\x00", b"\x40", b"\xff"):
            self.peer.transport.line_received(data)
        self.assertEqual(self.peer.heard, [])
        self.peer.transport.line_received(b"\x80b" + bytes(4))
        self.assertEqual([kind for _, _, kind in self.peer.heard], [PathKind.LINES])

    def test_a_name_that_comes_late(self) -> None:
        """A relay whose name has no address is looked up again every two seconds, not more often."""
        asked: list[float] = []

        def resolve(_host: str, _port: int) -> Deferred[tuple[tuple[str, int], ...]]:
            asked.append(self.clock.seconds())
            return succeed((RELAY,) if len(asked) > 2 else ())

        self.patch(self.host, "resolve", resolve)
        self.allocate("turn:relay.example:5000")
        for _ in range(10):
            self.wait(0.5)
            for watch in tuple(self.host.watches):
                watch.changed()
        self.wait(0.3)
        self.assertEqual(len(asked), 3)
        self.assertGreaterEqual(asked[1] - asked[0], 2)
        self.assertEqual(self.peer.transport.local_candidates[-1].kind.value, "rele")

    def test_credentials_without_a_relay(self) -> None:
        """LIGACAO without a relay that reads as one leaves the direct path and, after 2 s, the lines."""
        self.peer.transport.allocate(RelayCredentials(("http:x",), "u", "p", 60))
        self.peer.transport.secure(STUN_KEY)
        self.wait(2.5)
        self.assertIs(self.peer.transport.path, PathKind.LINES)

    def test_a_second_ligacao(self) -> None:
        """A second call to allocate changes nothing; stopping before any call is harmless."""
        self.allocate(f"turn:{RELAY[0]}:{RELAY[1]}")
        sockets = len(self.host.sockets)
        self.allocate("turn:203.0.113.9:1")
        self.assertEqual(len(self.host.sockets), sockets)
        fresh = Peer(self.clock, Role.CALLEE, self.host)
        self.assertIsNone(self.successResultOf(fresh.stop()))
        fresh.transport.allocate(credentials(SECRET, Role.CALLEE, (), 5000))
        self.assertEqual(len(self.host.sockets), sockets)
        self.successResultOf(self.peer.stop())
        self.wait(0.1)
        self.assertEqual(self.clock.getDelayedCalls(), [])
