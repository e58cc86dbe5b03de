"""Where the panel listens, what it says, and what it does when it cannot."""

from __future__ import annotations

from pathlib import Path

from twisted.internet.error import CannotListenError
from twisted.internet.ssl import CertificateOptions
from twisted.internet.testing import MemoryReactorClock
from twisted.protocols.tls import TLSMemoryBIOFactory
from twisted.trial.unittest import TestCase

from registro.panel.access import METRICS_FILE, PANEL_FILE
from registro.panel.service import PanelService, PanelSetup
from registro.panel.where import parse_place
from tests.support.panel_house import ExampleHouse


class BusyReactor(MemoryReactorClock):
    """A machine all of whose ports are taken."""

    def listenTCP(self, port: int, factory: object, backlog: int = 50, interface: str = "") -> object:
        """Refuse."""
        raise CannotListenError(interface, port, OSError(98, "Address already in use"))


class ServiceTests(TestCase):
    """The service on a reactor in memory."""

    def setUp(self) -> None:
        """Begin with an empty state directory."""
        self.state = Path(self.mktemp())
        self.state.mkdir()
        self.said: list[str] = []
        self.reactor = MemoryReactorClock()

    def service(self, place: str, names: tuple[str, ...] = ()) -> PanelService:
        """Make a panel for a place."""
        parsed = parse_place(place)
        assert parsed is not None
        setup = PanelSetup(parsed, self.state, names, CertificateOptions, self.said.append)
        return PanelService(self.reactor, self.reactor, ExampleHouse(self.reactor.seconds), setup)

    def test_it_listens_on_loopback(self) -> None:
        """The panel listens where it was told, on that address alone."""
        self.service("tcp:5080:interface=127.0.0.1").startService()
        ((port, _, _, interface),) = self.reactor.tcpServers
        self.assertEqual((port, interface), (5080, "127.0.0.1"))

    def test_the_link_is_said_once(self) -> None:
        """The first start says the link that opens the panel; later ones where its key is."""
        self.service("tcp:5080").startService()
        token = (self.state / PANEL_FILE).read_text().strip()
        self.assertIn("http://127.0.0.1:", self.said[0])
        self.assertIn(f"/entrar#{token}", self.said[0])
        self.service("tcp:5080").startService()
        self.assertNotIn(token, self.said[1])
        self.assertIn(str(self.state / PANEL_FILE), self.said[1])

    def test_ipv6(self) -> None:
        """An IPv6 address is listened on."""
        self.service("tcp:5080:interface=\\:\\:1").startService()
        self.assertEqual(self.reactor.tcpServers[0][3], "::1")

    def test_a_port_that_is_taken(self) -> None:
        """When the port is taken the daemon goes on, and says so in one sentence."""
        self.reactor = BusyReactor()
        service = self.service("tcp:5080")
        service.startService()
        self.assertIsNone(service.port)
        (sentence,) = self.said
        self.assertIn("5080", sentence)
        self.assertIn("sigo sem ele", sentence)
        self.successResultOf(service.stopService())

    def test_off_loopback_there_is_tls_and_a_token_for_metrics(self) -> None:
        """Elsewhere than on loopback the panel speaks TLS, and the metrics have a token of their own."""
        self.service("ssl:5080:interface=0.0.0.0", ("registro.example",)).startService()
        wrapped = self.reactor.tcpServers[0][1].wrappedFactory
        self.assertIsInstance(wrapped, TLSMemoryBIOFactory)
        self.assertEqual((self.state / METRICS_FILE).stat().st_mode & 0o777, 0o600)
        self.assertIn("https://registro.example:", self.said[0])

    def test_loopback_needs_no_token_for_metrics(self) -> None:
        """On loopback no second token is made."""
        self.service("tcp:5080").startService()
        self.assertFalse((self.state / METRICS_FILE).exists())

    def test_it_stops(self) -> None:
        """A stopped panel listens no more."""
        service = self.service("tcp:5080")
        service.startService()
        self.assertIsNotNone(service.port)
        self.successResultOf(service.stopService())
        self.assertIsNone(service.port)
