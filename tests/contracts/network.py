"""What every `voz.path.network.Network` keeps to: the real one and the one in memory."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from twisted.trial.unittest import TestCase

from voz.path.network import Network
from voz.stun import Address

Settle = Callable[[], Any]


def network_tests(make: Callable[[TestCase], tuple[Network, str, Settle]]) -> type[TestCase]:
    """A test case for the networks that `make` makes: (network, an address of ours, what lets datagrams
    arrive)."""

    class NetworkContract(TestCase):
        """The contract."""

        def setUp(self) -> None:
            """Make a network."""
            self.network, self.address, self.settle = make(self)
            self.received: list[tuple[bytes, Address]] = []

        async def test_datagrams(self) -> None:
            """Two sockets have ports of their own, and what one sends the other receives, with its source."""
            one = self.network.open(4, lambda data, source: self.received.append((data, source)))
            other = self.network.open(4, lambda _data, _source: None)
            assert one is not None
            assert other is not None
            self.assertEqual((one.version, other.version), (4, 4))
            self.assertNotEqual(one.port, other.port)
            other.send(b"\x80voz", (self.address, one.port))
            await self.settle()
            self.assertEqual(self.received, [(b"\x80voz", (self.address, other.port))])
            await one.close()
            other.send(b"\x80late", (self.address, one.port))
            await self.settle()
            self.assertEqual(len(self.received), 1)
            await other.close()

        async def test_sending_nowhere(self) -> None:
            """A datagram that cannot be sent is lost without a word."""
            one = self.network.open(4, lambda _data, _source: None)
            assert one is not None
            one.send(b"x", ("240.0.0.1", 9))
            one.send(b"x" * 70000, (self.address, 9))
            await one.close()

        async def test_names(self) -> None:
            """An address resolves to itself, a name that there is not to nothing."""
            self.assertEqual(await self.network.resolve("192.0.2.7", 5000), (("192.0.2.7", 5000),))
            self.assertEqual(await self.network.resolve("nowhere.invalid", 5000), ())

        async def test_addresses(self) -> None:
            """Our addresses are told once each, that towards a target among them."""
            found = self.network.addresses([(self.address, 9)])
            self.assertIn(self.address, found)
            self.assertEqual(len(found), len(set(found)))

        async def test_watch(self) -> None:
            """A watch can be stopped, and stopped again."""
            watch = self.network.watch(lambda: None)
            watch.stop()
            watch.stop()

    return NetworkContract
