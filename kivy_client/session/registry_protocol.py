"""One connection to the registry: lines in, lines out, and signs of life.

It knows nothing of what they mean.
"""

from typing import Protocol, cast

from OpenSSL import SSL
from twisted.internet.interfaces import IDelayedCall, IHandshakeListener, IReactorTime, ITCPTransport
from twisted.internet.protocol import connectionDone
from twisted.logger import Logger
from twisted.protocols.basic import LineReceiver
from twisted.python.failure import Failure
from zope.interface import implementer

from registro.wire import codec
from registro.wire.errors import Codigo
from registro.wire.limits import KEEP_ALIVE, LINE, SYNTAX_ERRORS
from registro.wire.messages import Message, Vivo

PATIENCE = 10.0
"""Seconds that the registry may take to answer a sign of life."""

LINGER = 2.0
"""Seconds that it may take to close its side of a connection that we close."""

PATIENCE_IN_CALL = 3.0
KEEP_ALIVE_IN_CALL = 5.0
"""In a call a dead connection is noticed sooner: it carries CAMINHOS and PACOTE."""


class ProtocolOwner(Protocol):
    """Who is told what the connection does."""

    def secured(self, protocol: "RegistryProtocol") -> None:
        """TLS is complete and the certificate was accepted."""

    def line_read(self, protocol: "RegistryProtocol", received: codec.Received) -> None:
        """A message came in."""

    def line_seen(self, line: bytes, outgoing: bool) -> None:
        """A line, with or without its end, went out or came in: for those who show messages."""

    def gone(self, protocol: "RegistryProtocol", reason: Failure) -> None:
        """The connection is over."""


class _TLS(Protocol):
    """What a TLS transport has beside the usual."""

    def getHandle(self) -> SSL.Connection:
        """Return the connection of OpenSSL."""


@implementer(IHandshakeListener)
class RegistryProtocol(LineReceiver):
    """Lines of the wire over TLS.

    Says VIVO after `KEEP_ALIVE` s of its own silence and hangs up on a dead registry.
    """

    delimiter = b"\n"
    MAX_LENGTH = LINE
    log = Logger()

    def __init__(self, owner: ProtocolOwner, clock: IReactorTime) -> None:
        self._owner: ProtocolOwner | None = owner
        self._clock = clock
        self._alive: IDelayedCall | None = None
        self._dead: IDelayedCall | None = None
        self._bad_lines = 0
        self._signs = 0
        self._in_call = False

    @property
    def tls(self) -> SSL.Connection:
        """The TLS connection below."""
        connection: SSL.Connection = cast(_TLS, self.transport).getHandle()
        return connection

    @property
    def peer_host(self) -> str:
        """The registry's address."""
        assert self.transport is not None
        return str(getattr(self.transport.getPeer(), "host", ""))

    @property
    def own_host(self) -> str:
        """Our own address, on this connection."""
        assert self.transport is not None
        return str(getattr(self.transport.getHost(), "host", "")).partition("%")[0]

    def handshakeCompleted(self) -> None:
        """TLS is up."""
        if self._owner is not None:
            self._alive = self._clock.callLater(self._silence, self._say_alive)
            self._owner.secured(self)

    def lineReceived(self, line: bytes) -> None:
        """Read one line; what cannot be read is shown and counted, and an unknown verb is passed over."""
        if self._owner is None:
            return
        self._not_dead()
        self._owner.line_seen(line, outgoing=False)
        try:
            received = codec.parse(line, codec.FROM_REGISTRY)
        except codec.WireError as error:
            self._bad_line(error)
            return
        self._owner.line_read(self, received)

    def lineLengthExceeded(self, line: bytes) -> None:  # noqa: N802
        """An endless line ends the connection."""
        self.log.warn("a line of more than {most} bytes from the registry", most=LINE)
        self.abort()

    def _bad_line(self, error: codec.WireError) -> None:
        self.log.warn("a line that cannot be read from the registry: {why}", why=error.motivo)
        if error.codigo is Codigo.SINTAXE:
            self._bad_lines += 1
            if self._bad_lines >= SYNTAX_ERRORS:
                self.abort()

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """Tell the owner, unless it let go of this connection before."""
        self._cancel_timers()
        owner, self._owner = self._owner, None
        if owner is not None:
            owner.gone(self, reason)

    def say(self, message: Message, seq: int = 0) -> None:
        """Write one message; raises FieldError where it has no spelling."""
        line = codec.render(message, seq)
        if self.transport is None or self._owner is None:
            return
        self._owner.line_seen(line, outgoing=True)
        self.transport.write(line)
        if self._alive is not None:
            self._alive.reset(self._silence)

    def hurry(self, in_call: bool) -> None:
        """In a call, look more often whether the connection is alive."""
        self._in_call = in_call
        if self._alive is not None:
            self._alive.reset(self._silence)

    def probe(self) -> None:
        """Ask for a sign of life now: the network changed."""
        if self._alive is not None:
            self._say_alive()

    def let_go(self, politely: bool) -> None:
        """Tell nobody anything any more and close: at once, or politely, after what was written is sent.

        A registry that does not close its side in time is not waited for.
        """
        secured = self._alive is not None
        self._owner = None
        self._cancel_timers()
        if politely and secured and self.transport is not None:
            self._dead = self._clock.callLater(LINGER, self._hang_up)
            self.transport.loseConnection()
        else:
            self.abort()

    def abort(self) -> None:
        """Close at once; the owner is told."""
        if self.transport is not None:
            cast(ITCPTransport, self.transport).abortConnection()

    @property
    def _silence(self) -> float:
        return KEEP_ALIVE_IN_CALL if self._in_call else float(KEEP_ALIVE)

    def _say_alive(self) -> None:
        if self._alive is None or not self._alive.active():
            self._alive = self._clock.callLater(self._silence, self._say_alive)
        self._signs += 1
        self.say(Vivo(str(self._signs)), 0)
        if self._dead is None:
            patience = PATIENCE_IN_CALL if self._in_call else PATIENCE
            self._dead = self._clock.callLater(patience, self._hang_up)

    def _not_dead(self) -> None:
        if self._dead is not None:
            self._dead.cancel()
            self._dead = None

    def _hang_up(self) -> None:
        self._dead = None
        self.log.info("the registry gave no sign of life")
        self.abort()

    def _cancel_timers(self) -> None:
        for timer in (self._alive, self._dead):
            if timer is not None and timer.active():
                timer.cancel()
        self._alive = self._dead = None
