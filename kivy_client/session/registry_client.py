"""The connection to the registry: one server, one name, kept up; messages out, messages in."""

from collections.abc import Callable
from dataclasses import replace
from typing import Protocol

from OpenSSL import SSL
from service_identity import CertificateError, VerificationError
from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.endpoints import HostnameEndpoint, wrapClientTLS
from twisted.internet.error import DNSLookupError
from twisted.internet.interfaces import IProtocol, IReactorTCP, IReactorTime, IStreamClientEndpoint
from twisted.internet.protocol import Factory
from twisted.python.failure import Failure

from kivy_client.session.connection import SETUP_TIME, ConnectionCore, new_connection
from kivy_client.session.gate import Account, Gate
from kivy_client.session.greetings import GREETINGS, refused
from kivy_client.session.identity import Identity
from kivy_client.session.pins import ServerPins
from kivy_client.session.registry_line import RegistryLine
from kivy_client.session.registry_protocol import RegistryProtocol
from kivy_client.session.state import ConnectionView, ServerQuestion
from kivy_client.session.tls import binding_of, client_tls
from kivy_client.session.transcript import Transcript
from kivy_client.session.vocabulary import Link, Trouble
from registro.wire.address import ServerAddress
from registro.wire.codec import Received
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


def hostname_endpoints(reactor: IReactorTCP) -> EndpointMaker:
    """Return endpoints that try IPv6 and IPv4 (RFC 8305)."""

    def endpoint(address: ServerAddress) -> IStreamClientEndpoint:
        return HostnameEndpoint(reactor, address.host, address.port, timeout=SETUP_TIME)

    return endpoint


class RegistryClient:
    """The registry, as the rest of the client sees it: `line` is what is said to it."""

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
        self._clock, self._endpoints, self._listener = clock, endpoints, listener
        self._transcript, self._wall = transcript, wall
        self.identity = identity
        self.line = RegistryLine(clock)
        self.come_back = 0.0
        self.account: Account | None = None
        self.view = ConnectionView()
        self.question: ServerQuestion | None = None
        self._gate = Gate(pins)
        self._attempt: Deferred[IProtocol] | None = None
        self._protocol: RegistryProtocol | None = None
        self._core = ConnectionCore(port=self, clock=clock, urgent=lambda: self.line.in_use)
        self.machine = new_connection(self._core)

    # what the person asks for

    def connect(self, account: Account) -> None:
        """Connect to this server under this name."""
        self.account = account
        self.question = None
        self.machine.go()

    def hold(self, account: Account, trouble: Trouble, detail: str) -> None:
        """Show this server and name without connecting, and why the person must decide first."""
        self.account = account
        self.machine.hold(trouble, detail)

    def trust(self) -> None:
        """Accept the server that was asked about, when it is new."""
        if self.question is not None and not self.question.former:
            self._gate.trust()
            self.question = None
            self.machine.trust()

    def refuse(self) -> None:
        """Do not accept it."""
        self.question = None
        self.machine.refuse()

    def moved(self, addresses: tuple[str, ...]) -> None:
        """Our own addresses are these now. A connection from one of them may live, and is asked; any other is
        made anew at once.
        """
        if self.view.link is Link.ONLINE and self.line.own_host in addresses:
            self.line.probe()
        else:
            self.machine.moved()

    # the machine's port

    def open(self) -> None:
        """Start one attempt."""
        assert self.account is not None
        address = self.account.address
        self._gate.begin(self.account)
        try:
            endpoint = wrapClientTLS(client_tls(address, self._gate.judge), self._endpoints(address))
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
        if protocol is not None:
            if goodbye:
                self.line.say(PedidoEncerramento())
            protocol.let_go(politely=goodbye)
        self.line.close()

    def show(self, link: Link, core: ConnectionCore) -> None:
        """Make the view of it, and tell."""
        was, now = self.view.link, self._wall()
        account = self.account
        self.view = replace(
            self.view,
            link=link,
            address=account.plain_address if account else "",
            share_link=self._gate.share_link(),
            name=account.name if account and link is not Link.ONLINE else self.view.name,
            trouble=core.trouble,
            detail=core.detail,
            attempt=core.attempt,
            retry_at=None if core.retry_in is None else now + core.retry_in,
            online_since=now if link is Link.ONLINE else None,
        )
        self._listener.connection_shown(self.view, self.question)
        if was is Link.ONLINE and link is not Link.ONLINE:
            self._listener.offline()

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
        """TLS is complete: wait for OLA."""
        self.question = None
        self._gate.passed()
        self.machine.secured()

    def gone(self, protocol: RegistryProtocol, reason: Failure) -> None:
        """The connection broke; find out whose fault it was."""
        self._protocol = None
        self.line.close()
        self.question = self._gate.question() if self.view.link is Link.CONNECTING else None
        if self.question is None:
            self._broken(reason)
        elif self.question.former:
            self.machine.stopped_by(Trouble.FINGERPRINT_CHANGED, "")
        else:
            self.machine.strange()

    def _broken(self, reason: Failure) -> None:
        """It had nothing to do with a fingerprint."""
        if self.view.link is not Link.CONNECTING:
            self.lost(Trouble.UNREACHABLE, "")
            return
        from_tls = isinstance(reason.value, (SSL.Error, VerificationError, CertificateError))
        if self.account is not None and self.account.address.ca and from_tls:
            self.machine.stopped_by(Trouble.CERTIFICATE, "")
        else:
            self.lost(Trouble.NOT_A_SERVER, "")

    def lost(self, trouble: Trouble, detail: str) -> None:
        """The connection is over; try again, outside a call not before the registry said."""
        self.machine.lost(trouble, detail, 0.0 if self.line.in_use else self.come_back)

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
        elif self.view.link is Link.ONLINE and not self.line.take(message, seq):
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
        self._protocol.say(request, self.line.number())

    def welcomed(self, message: RegistroBemSucedido) -> None:
        """The name is ours."""
        assert self._protocol is not None
        self.come_back = 0.0
        self.view = replace(self.view, name=message.nome)
        self.line.open(self._protocol)
        self.machine.welcomed()
        self._listener.online(message)

    def tell(self, message: Message) -> None:
        """Hand a message on to the listener."""
        self._listener.received(message, 0)
