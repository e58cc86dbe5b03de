"""The running registry: what is started in which order, and stopped in the other."""

from __future__ import annotations

import signal
import socket
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

from twisted.application.service import Service
from twisted.internet.defer import Deferred, DeferredList, inlineCallbacks, maybeDeferred
from twisted.internet.error import CannotListenError
from twisted.internet.interfaces import IListeningPort

from registro.children.relay_process import RelayProcess
from registro.config import Config, PlainPlace, give_up
from registro.drain import Drain
from registro.edge.direct import Port
from registro.edge.listen import Doors, ListenError, dual_stack, same_port, tcp_port
from registro.edge.loop import take_over
from registro.edge.tls import Certificate
from registro.journal import Journal
from registro.notify import Notifier
from registro.office import Office
from registro.operations.overseer import Overseer
from registro.printer import Printer
from registro.server import RegistryFactory, Server
from registro.wire.address import ServerAddress, grouped

LINGER = 0.5
"""Seconds that clients have to read the last line before the process ends."""


class Companion(Protocol):
    """What runs beside the daemon: from when it listens until its calls have ended."""

    def startService(self) -> None:
        """Begin."""

    def stopService(self) -> Deferred[Any] | None:
        """End."""


@dataclass(eq=False)
class Daemon(Service):
    """Everything that runs; `say` prints one line for the operator."""

    reactor: Any
    config: Config
    office: Office
    server: Server
    journal: Journal
    overseer: Overseer
    certificate: Certificate
    doors: Doors
    printers: list[Printer]
    say: Callable[[str], object]
    drain: Drain = field(init=False)
    relay: RelayProcess | None = None
    port: Port | None = None
    plain: IListeningPort | None = None
    plain_number: int = 0
    number: int = 0
    companions: list[Companion] = field(default_factory=list)
    notifier: Notifier | None = None
    ready: Deferred[None] = field(default_factory=Deferred)
    """fires when connections are taken and the relay runs: what `READY=1` tells systemd"""

    def __post_init__(self) -> None:
        self.drain = Drain(
            self.office, self.server.everybody, self.config.drain, self._open_doors, self._close_doors
        )

    @property
    def host(self) -> str:
        """The name or address that the `sala://` address has."""
        return self.config.public_name or reachable(self.config.interface)

    @property
    def address(self) -> ServerAddress:
        """Where clients find this registry."""
        if self.config.certificate is not None:
            return ServerAddress(self.host, self.number, None, ca=True)
        return ServerAddress(self.host, self.number, self.certificate.fingerprint)

    def startService(self) -> None:
        """Listen, start the relay, tell where; a place that is taken is one sentence and exit status 1."""
        self.running = 1
        if self.config.direct_write:
            take_over(self.reactor, self.server)
        try:
            self._listen()
        except ListenError as error:
            give_up(str(error))
        for printer in self.printers:
            printer.start()
        self.journal.start()
        self.server.start()
        self.overseer.start()
        self._announce()
        for companion in self.companions:
            companion.startService()
        if self.notifier is not None:
            self.ready.addCallback(self.notifier.begin)

    def _listen(self) -> None:
        config, interface = self.config, dual_stack(self.config.interface)
        if config.relay:
            self.port = tcp_port(self.doors.secure, interface, config.port)
            self.number = self.port.number
            self.ready.callback(None)
        else:
            self.port, udp = same_port(self.doors.secure, interface, config.port)
            self.number = self.port.number
            self._start_relay(udp)
        self._listen_plain()

    def _start_relay(self, udp: socket.socket) -> None:
        relays = self.office.relays
        relays.port = self.number
        self.relay = relay = RelayProcess(self.reactor, udp, relays.secret, self.office.report)
        relay.ready.addCallback(lambda _: self.say(f"Relê: pronto, laço {relay.loop}"))
        relay.ready.chainDeferred(self.ready)
        self.relay.start()

    def _listen_plain(self) -> None:
        place = self.config.plain
        if place is None:
            return
        if place.path:
            factory = RegistryFactory(self.server, local=True)
            try:
                self.plain = self.reactor.listenUNIX(place.path, factory, mode=0o600, wantPID=True)
            except CannotListenError as error:
                raise ListenError(place.path, str(error.socketError)) from error
        else:
            port = self.plain_number or place.port
            listening = tcp_port(self.doors.plain, place.host, port)
            self.plain, self.plain_number = listening, listening.number

    def _announce(self) -> None:
        self.say(f"Registro: porta {self.number}, TCP (TLS 1.3) e UDP (relé), em {self.config.interface}")
        self.say(f"Impressão digital: {grouped(self.certificate.fingerprint)}")
        self.say(f"Endereço: {self.address}")
        if self.config.plain is not None:
            self.say(f"Texto simples: {plain_text(self.config.plain, self.plain_number)}")

    def _close_doors(self) -> Deferred[Any]:
        ports = [port for port in (self.port, self.plain) if port is not None]
        self.port = self.plain = None
        return DeferredList([maybeDeferred(port.stopListening) for port in ports])

    def _open_doors(self) -> None:
        interface = dual_stack(self.config.interface)
        self.port = tcp_port(self.doors.secure, interface, self.number)
        self._listen_plain()

    @inlineCallbacks
    def stopService(self) -> Any:
        """Drain, then stop everything; fires when nothing is left running."""
        self.running = 0
        if self.notifier is not None:
            self.notifier.end()
        drained = self.drain.close()
        if self.drain.left is not None:
            self._let_hurry(self.drain.left)
        yield drained
        yield self._linger()
        for companion in self.companions:
            yield maybeDeferred(companion.stopService)
        self.overseer.stop()
        self.server.stop()
        if self.relay is not None:
            yield self.relay.stop()
        yield self.office.store.close()
        self.journal.stop()
        for printer in self.printers:
            printer.stop()

    def _let_hurry(self, seconds: float) -> None:
        """Say what is waited for, and let the next SIGTERM or Ctrl-C end the waiting."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: self.reactor.callFromThread(self.drain.hurry))
        talking = self.office.switchboard.talking
        self.say(f"Encerrando: {talking} chamadas em curso têm {seconds:.0f} s; outro sinal encerra já")

    def _linger(self) -> Deferred[None]:
        """Let the last lines reach their clients."""
        gone: Deferred[None] = Deferred()
        if self.server.links:
            self.reactor.callLater(LINGER, gone.callback, None)
        else:
            gone.callback(None)
        return gone


def plain_text(place: PlainPlace, number: int) -> str:
    """Say where the plain endpoint is."""
    return f"unix:{place.path}" if place.path else f"{place.host} porta {number}"


def reachable(interface: str) -> str:
    """Return the address to tell people: the one listened on; for all of them, the one that leads outside."""
    if interface not in ("::", "0.0.0.0"):  # noqa: S104 - only compared
        return interface
    for family, outside in ((socket.AF_INET, "192.0.2.1"), (socket.AF_INET6, "2001:db8::1")):
        try:
            with socket.socket(family, socket.SOCK_DGRAM) as probe:
                probe.connect((outside, 9))  # sends nothing: only the route is looked up
                return str(probe.getsockname()[0])
        except OSError:
            continue
    return "127.0.0.1"
