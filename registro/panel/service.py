"""The panel as a service: the token made, the place listened on, the link said once.

A panel that cannot listen is no reason for people not to talk: the daemon says so in one sentence.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path

from twisted.application.service import Service
from twisted.internet.defer import Deferred, maybeDeferred
from twisted.internet.endpoints import TCP4ServerEndpoint, TCP6ServerEndpoint
from twisted.internet.error import CannotListenError
from twisted.internet.interfaces import (
    IListeningPort,
    IOpenSSLServerConnectionCreator,
    IReactorTCP,
    IReactorTime,
)
from twisted.protocols.tls import TLSMemoryBIOFactory
from twisted.python.failure import Failure

from registro.panel.access import METRICS_FILE, PANEL_FILE, Sessions, Token, load_token
from registro.panel.desk import Desk
from registro.panel.guard import host_rule
from registro.panel.routes import Panel
from registro.panel.status import House
from registro.panel.web import Limited, PanelSite
from registro.panel.where import PanelPlace


@dataclass(frozen=True, slots=True)
class PanelSetup:
    """What the composition root gives: the place, the folder of the tokens, the names people reach us by.

    `tls` makes TLS connections, for a place that has it; `say` prints a line.
    """

    place: PanelPlace
    state: Path
    names: Collection[str]
    tls: Callable[[], IOpenSSLServerConnectionCreator]
    say: Callable[[str], None]
    now: Callable[[], float] = time.time


class PanelService(Service):
    """Listens while the daemon runs; `port` is None when it does not."""

    def __init__(self, tcp: IReactorTCP, clock: IReactorTime, house: House, setup: PanelSetup) -> None:
        self._tcp = tcp
        self._clock = clock
        self._house = house
        self._setup = setup
        self._tls = setup.tls() if setup.place.tls else None
        self.port: IListeningPort | None = None
        self._factory: Limited | None = None

    def startService(self) -> None:
        """Listen, and say where."""
        self.running = 1
        place = self._setup.place
        endpoint = TCP6ServerEndpoint if ":" in place.interface else TCP4ServerEndpoint
        token = load_token(self._setup.state / PANEL_FILE)
        self._factory = self._make_factory(token)
        listening = endpoint(self._tcp, place.port, interface=place.interface).listen(self._factory)
        listening.addCallbacks(lambda port: self._opened(port, token), self._not_opened)

    def stopService(self) -> Deferred[object]:
        """Close the port and the pages that are open."""
        self.running = 0
        port, self.port = self.port, None
        closed = maybeDeferred(lambda: None if port is None else port.stopListening())
        return closed.addCallback(lambda _: None if self._factory is None else self._factory.close())

    def _opened(self, port: IListeningPort, token: Token) -> None:
        self.port = port
        number: int = getattr(port.getHost(), "port", 0)
        self._setup.say(announce(self._setup, number, token))

    def _not_opened(self, failure: Failure) -> None:
        error = failure.value
        if not isinstance(error, CannotListenError):
            failure.raiseException()
        place, reason = self._setup.place, error.socketError
        self._setup.say(
            f"Painel: não pude abrir a porta {place.port} de {place.interface} ({reason}); sigo sem ele."
        )

    def _make_factory(self, token: Token) -> Limited:
        panel = Panel(self._desk(token), self._clock)
        site = PanelSite(panel.answer)
        return Limited(site if self._tls is None else TLSMemoryBIOFactory(self._tls, False, site))

    def _desk(self, token: Token) -> Desk:
        place = self._setup.place
        return Desk(
            house=self._house,
            sessions=Sessions(token.text),
            hosts=host_rule(place.loopback, self._setup.names),
            tls=place.tls,
            now=self._setup.now,
            metrics_token=None if place.loopback else load_token(self._setup.state / METRICS_FILE).text,
        )


def announce(setup: PanelSetup, port: int, token: Token) -> str:
    """Say where the panel is; the link that opens it is said only when its token is new."""
    place, file = setup.place, setup.state / PANEL_FILE
    wild = ip_address(place.interface).is_unspecified
    host = next(iter(setup.names), place.interface) if wild else place.interface
    address = f"{'https' if place.tls else 'http'}://{f'[{host}]' if ':' in host else host}:{port}/"
    if token.fresh:
        return f"Painel: {address}entrar#{token.text} (mostrado só desta vez; a chave está em {file})"
    return f"Painel: {address} (a chave está em {file})"
