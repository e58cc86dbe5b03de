"""The real network of this machine under the contract of networks; and the kernel's news of changes."""

from __future__ import annotations

from twisted.internet import reactor
from twisted.internet.defer import Deferred
from twisted.internet.task import deferLater
from twisted.trial.unittest import TestCase

from tests.contracts.network import Settle, network_tests
from tests.support.lab_case import LabCase, wait
from tests.support.lab_router import entered
from voz.path.network import Network, SystemNetwork
from voz.path.watch import NetlinkWatch


def _system_network(_case: TestCase) -> tuple[Network, str, Settle]:
    def settle() -> Deferred[None]:
        return deferLater(reactor, 0.1, lambda: None)  # type: ignore[arg-type]

    return SystemNetwork(reactor), "127.0.0.1", settle  # type: ignore[arg-type]


class SystemNetworkTests(network_tests(_system_network)):  # type: ignore[misc] # made at run time
    """The network of this machine."""


class NetlinkTests(LabCase):
    """The kernel's news."""

    async def test_noticed_at_once(self) -> None:
        """A link that goes up or down and an address that comes or goes are told within 50 ms."""
        self.lab.add_host("ana")
        self.lab.add_link("ana", "wlan", ["198.51.1.1"])
        news: list[int] = []
        with entered(self.lab.namespace("ana")):
            watch = NetlinkWatch(reactor, lambda: news.append(1))  # type: ignore[arg-type]
        self.addCleanup(watch.stop)
        for change in (self.lab.down, self.lab.up):
            news.clear()
            change("ana", "wlan")
            await wait(0.05)
            self.assertTrue(news)
        watch.stop()
        self.lab.down("ana", "wlan")
        await wait(0.05)
        news.clear()
        self.lab.up("ana", "wlan")
        await wait(0.05)
        self.assertEqual(news, [])
