"""The connection to the registry: one server, one name, kept up; messages out, messages in."""

import ipaddress
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Protocol

from OpenSSL import SSL
from service_identity import CertificateError, VerificationError
from twisted.internet.defer import CancelledError, Deferred, fail
from twisted.internet.endpoints import HostnameEndpoint, wrapClientTLS
from twisted.internet.error import DNSLookupError
from twisted.internet.interfaces import IProtocol, IReactorTCP, IReactorTime, IStreamClientEndpoint
from twisted.internet.protocol import Factory
from twisted.python.failure import Failure

from kivy_client.session.answers import Answers, OfflineError, Refused
from kivy_client.session.connection import SETUP_TIME, ConnectionCore, new_connection
from kivy_client.session.fingerprints import fingerprint_words
from kivy_client.session.greetings import GREETINGS, refused
from kivy_client.session.identity import Identity
from kivy_client.session.pins import ServerPins
from kivy_client.session.registry_protocol import RegistryProtocol
from kivy_client.session.state import ConnectionView, ServerQuestion
from kivy_client.session.tls import binding_of, client_tls, is_ip
from kivy_client.session.transcript import Transcript
from kivy_client.session.vocabulary import Link, Trouble
from registro.wire.address import ServerAddress
from registro.wire.codec import Received
from registro.wire.fields import grouped
from registro.wire.limits import VERSION
from registro.wire.messages import Erro, Message, Ola, PedidoEncerramento, PedidoRegistro, RegistroBemSucedido
from registro.wire.signatures import invitation_proof, login_message


class RegistryListener(Protocol):
    """Who is told what the registry says."""

    def connection_shown(self, view: ConnectionView, question: ServerQuestion | None) -> None:
        """The connection is in another state."""

    def online(self, welcome: RegistroBemSucedido) -> None:
        """The name is ours; lines can be said."""

    def offline(self) -> None:
        """Lines can no longer be said."""

    def received(self, message: Message, seq: int) -> None:
        """A message that nobody waits for by its number."""


class EndpointMaker(Protocol):
    """How a connection is opened; tests put their own."""

    def __call__(self, address: ServerAddress) -> IStreamClientEndpoint:
        """Return an endpoint, without TLS, for this server."""


@dataclass(frozen=True, slots=True)
class Account:
    """Where to connect, and as whom; `invitation` is the operator's secret for new names, empty for none."""

    address: ServerAddress
    name: str
    invitation: bytes = b""

    @property
    def server(self) -> str:
        """`host:port`, by which pins are kept."""
        return f"{self.address.host.lower()}:{self.address.port}"


def hostname_endpoints(reactor: IReactorTCP) -> EndpointMaker:
    """Return endpoints that try IPv6 and IPv4 (RFC 8305)."""

    def endpoint(address: ServerAddress) -> IStreamClientEndpoint:
        return HostnameEndpoint(reactor, address.host, address.port, timeout=SETUP_TIME)

    return endpoint


class RegistryClient:
    """The registry, as the rest of the client sees it."""

    def __init__(
        self,
        clock: IReactorTime,
        endpoints: EndpointMaker,
        identity: Identity,
        pins: ServerPins,
        transcript: Transcript,
        listener: RegistryListener,
        wall: Callable[[], float],
    ) -> None:
        self._wall = wall
        self._clock, self._endpoints, self._pins, self._listener = clock, endpoints, pins, listener
        self._transcript = transcript
        self.identity = identity
        self.urgent = False
        self.come_back = 0.0
        self.account: Account | None = None
        self.view = ConnectionView()
        self.question: ServerQuestion | None = None
        self._answers = Answers(clock)
        self._attempt: Deferred[IProtocol] | None = None
        self._protocol: RegistryProtocol | None = None
        self._shown = ""
        self._core = ConnectionCore(port=self, clock=clock, urgent=lambda: self.urgent)
        self.machine = new_connection(self._core)

    # what the controller asks for

    def connect(self, account: Account) -> None:
        """Connect to this server under this name."""
        self.account = account
        self.question = None
        self.machine.go()

    def trust(self) -> None:
        """Accept the server that was asked about, when it is new."""
        if self.question is not None and self.account is not None and not self.question.former:
            self._pins.accept(self.account.server, self._shown)
            self.question = None
            self.machine.trust()

    def refuse(self) -> None:
        """Do not accept it."""
        self.question = None
        self.machine.refuse()

    def say(self, message: Message, refused: Refused | None = None) -> bool:
        """Send a line; False when there is no registered connection. `refused` hears of an ERRO."""
        if self._protocol is None or self.view.link is not Link.ONLINE:
            return False
        seq = self._answers.number()
        if refused is not None:
            self._answers.watch(seq, refused)
        self._protocol.say(message, seq)
        return True

    def ask(self, message: Message) -> Deferred[Message]:
        """Send a question; fires with its answer or fails with an AskError."""
        if self._protocol is None or self.view.link is not Link.ONLINE:
            return fail(OfflineError())
        seq = self._answers.number()
        answer = self._answers.wait(seq)
        self._protocol.say(message, seq)
        return answer

    def ask_many(self, message: Message) -> int:
        """Send a question that several lines answer, all with the number returned; 0 when not connected."""
        if self._protocol is None or self.view.link is not Link.ONLINE:
            return 0
        seq = self._answers.number()
        self._protocol.say(message, seq)
        return seq

    def in_call(self, on: bool) -> None:
        """A call is on: look after the connection more closely."""
        self.urgent = on
        if self._protocol is not None:
            self._protocol.hurry(on)

    def probe(self) -> None:
        """The network changed: find out soon whether the connection still lives."""
        if self._protocol is not None:
            self._protocol.probe()

    @property
    def peer_host(self) -> str:
        """The address that the registry is connected at; the empty text when it is not."""
        return self._protocol.peer_host if self._protocol is not None else ""

    @property
    def on_loopback(self) -> bool:
        """The registry is on this machine."""
        return is_ip(self.peer_host) and ipaddress.ip_address(self.peer_host).is_loopback

    # the machine's port

    def open(self) -> None:
        """Start one attempt."""
        assert self.account is not None
        self._shown = ""
        address = self.account.address
        try:
            endpoint = wrapClientTLS(client_tls(address, self._judge), self._endpoints(address))
        except (ValueError, UnicodeError) as error:
            self.machine.stopped_by(Trouble.UNKNOWN_HOST, str(error))
            return
        attempt = endpoint.connect(Factory.forProtocol(lambda: RegistryProtocol(self, self._clock)))
        self._attempt = attempt
        attempt.addCallbacks(self._tcp_up, self._tcp_failed)

    def drop(self, goodbye: bool) -> None:
        """End whatever there is of a connection."""
        attempt, self._attempt = self._attempt, None
        if attempt is not None:
            attempt.cancel()
        protocol, self._protocol = self._protocol, None
        self._answers.lost()
        if protocol is not None:
            if goodbye and self.view.link is Link.ONLINE:
                protocol.say(PedidoEncerramento(), self._answers.number())
            protocol.let_go()

    def show(self, link: Link, core: ConnectionCore) -> None:
        """Make the view of it, and tell."""
        was = self.view.link
        now = self._wall()
        self.view = replace(
            self.view,
            link=link,
            address=self._plain_address(),
            share_link=self._share_link(),
            name=self.account.name if self.account and link is not Link.ONLINE else self.view.name,
            trouble=core.trouble,
            detail=core.detail,
            attempt=core.attempt,
            retry_at=None if core.retry_in is None else now + core.retry_in,
            online_since=now if link is Link.ONLINE else None,
        )
        self._listener.connection_shown(self.view, self.question)
        if was is Link.ONLINE and link is not Link.ONLINE:
            self._listener.offline()

    def _plain_address(self) -> str:
        if self.account is None:
            return ""
        return str(replace(self.account.address, fingerprint=None))

    def _share_link(self) -> str:
        if self.account is None:
            return ""
        pin = self.account.address.fingerprint or self._pins.of(self.account.server)
        return str(replace(self.account.address, fingerprint=None if self.account.address.ca else pin))

    # the server's certificate

    def _judge(self, fingerprint: str) -> bool:
        """Say whether this is the server that was accepted; called inside the TLS handshake."""
        assert self.account is not None
        self._shown = fingerprint
        expected = self._expected()
        return all(pin == fingerprint for pin in expected) and bool(expected)

    def _expected(self) -> tuple[str, ...]:
        """Return the pins that must match: that of the address and that of the first contact."""
        assert self.account is not None
        pins = (self.account.address.fingerprint, self._pins.of(self.account.server))
        return tuple(pin for pin in pins if pin)

    def _judged(self) -> bool:
        """After a failed attempt: True if it failed because of the certificate, which is then dealt with."""
        expected = self._expected()
        if not self._shown or (expected and all(pin == self._shown for pin in expected)):
            return False
        assert self.account is not None
        former = grouped(next((pin for pin in expected if pin != self._shown), ""))
        self.question = ServerQuestion(
            self._plain_address(), grouped(self._shown), fingerprint_words(self._shown), former
        )
        if former:
            self.machine.stopped_by(Trouble.FINGERPRINT_CHANGED, "")
        else:
            self.machine.strange()
        return True

    # what the connection says

    def _tcp_up(self, protocol: object) -> None:
        """TCP is there; TLS reports by `secured` or `gone`."""
        self._attempt = None
        assert isinstance(protocol, RegistryProtocol)
        self._protocol = protocol

    def _tcp_failed(self, failure: Failure) -> None:
        self._attempt = None
        error = failure.value
        if isinstance(error, CancelledError):
            return
        unknown = isinstance(error, DNSLookupError)
        self.machine.lost(Trouble.UNKNOWN_HOST if unknown else Trouble.UNREACHABLE, str(error))

    def secured(self, protocol: RegistryProtocol) -> None:
        """TLS is complete: pin a server whose address named it, and wait for its OLA."""
        assert self.account is not None
        if self.account.address.fingerprint:
            self._pins.accept(self.account.server, self.account.address.fingerprint)
        self.machine.secured()

    def gone(self, protocol: RegistryProtocol, reason: Failure) -> None:
        """The connection broke; find out whose fault it was."""
        self._protocol = None
        if self.view.link is Link.CONNECTING and self._judged():
            return
        trouble = self._blame_for(reason)
        if trouble is Trouble.CERTIFICATE:
            self.machine.stopped_by(trouble, "")
        else:
            self.lost(trouble, "")

    def lost(self, trouble: Trouble, detail: str) -> None:
        """The connection is over; try again, outside a call not before the registry said."""
        self.machine.lost(trouble, detail, 0.0 if self.urgent else self.come_back)

    def _blame_for(self, reason: Failure) -> Trouble:
        if self.view.link is not Link.CONNECTING:
            return Trouble.UNREACHABLE
        from_tls = isinstance(reason.value, (SSL.Error, VerificationError, CertificateError))
        if self.account is not None and self.account.address.ca and from_tls:
            return Trouble.CERTIFICATE
        return Trouble.NOT_A_SERVER

    def line_seen(self, line: bytes, outgoing: bool) -> None:
        """Keep the line for those who read messages."""
        self._transcript.add(line, outgoing, self._wall())

    def line_read(self, protocol: RegistryProtocol, received: Received) -> None:
        """Deal with what concerns the connection, hand on the rest."""
        message, seq, _ = received
        greeting = GREETINGS.get(type(message))
        if greeting is not None:
            greeting(self, message)
        elif isinstance(message, Erro) and self.view.link is Link.REGISTERING:
            refused(self, message)
        elif self.view.link is Link.ONLINE and not (seq and self._answers.take(message, seq)):
            self._listener.received(message, seq)

    def register(self, ola: Ola) -> None:
        """The registry said OLA: claim the name, with a signature that is good on this connection only."""
        assert self.account is not None
        assert self._protocol is not None
        if ola.versao != VERSION:
            self.machine.stopped_by(Trouble.VERSION, str(ola.versao))
            return
        binding = binding_of(self._protocol.tls)
        key, name = self.identity.public, self.account.name
        signature = self.identity.sign(login_message(binding, name, key))
        proof = invitation_proof(self.account.invitation, binding, key) if self.account.invitation else None
        request = PedidoRegistro(nome=name, chave=key, sig=signature, versao=VERSION, prova=proof)
        self._protocol.say(request, self._answers.number())

    def welcomed(self, message: RegistroBemSucedido) -> None:
        """The name is ours."""
        self.come_back = 0.0
        self.view = replace(self.view, name=message.nome)
        self.machine.welcomed()
        self._listener.online(message)

    def tell(self, message: Message) -> None:
        """Hand a message on to the listener."""
        self._listener.received(message, 0)
