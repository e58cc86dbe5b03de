"""A whole registry in memory: a clock that the test turns, clients on memory transports, no socket."""

from __future__ import annotations

from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from twisted.internet.address import IPv4Address
from twisted.internet.error import ConnectionDone
from twisted.internet.task import Clock
from twisted.python.failure import Failure

from registro.admission import Admission, Bursts
from registro.directory import Directory
from registro.identity import Identity
from registro.journal import Journal
from registro.net import RegistryProtocol
from registro.office import Office
from registro.relays import Relays
from registro.server import RegistryFactory, Server
from registro.storage.interface import Store
from registro.storage.memory import MemoryStore
from registro.wire import codec, messages, signatures
from registro.wire.limits import Limits

HERE = IPv4Address("TCP", "127.0.0.1", 5000)
REV = 1_000_000
NOON = 1_800_000_000.0


class MemoryTransport:
    """What a connection writes to: a client that reads at once, or, when `stuck`, not at all."""

    buffer = 16 * 1024

    def __init__(self) -> None:
        self.written = b""
        self.unread = b""
        self.stuck = False
        self.reading = True
        self.half_closed = self.aborted = False
        self.producer: Any = None

    def getHost(self) -> IPv4Address:
        """Where the registry is."""
        return HERE

    def write(self, data: bytes) -> None:
        """Take what the registry writes."""
        if self.half_closed or self.aborted:
            return
        if not self.stuck:
            self.written += data
            return
        self.unread += data
        if self.producer is not None and len(self.unread) > self.buffer:
            self.producer.pauseProducing()

    def read_again(self) -> None:
        """The client reads what waits, as much as there is."""
        self.stuck = False
        self.written += self.unread
        self.unread = b""
        if self.producer is not None:
            self.producer.resumeProducing()

    def registerProducer(self, producer: Any, streaming: bool) -> None:
        """Learn who is to be paused."""
        assert streaming
        self.producer = producer

    def unregisterProducer(self) -> None:
        """Pause nobody any more."""
        self.producer = None

    def pauseProducing(self) -> None:
        """Read nothing from the client."""
        self.reading = False

    def resumeProducing(self) -> None:
        """Read from the client again."""
        self.reading = True

    def loseWriteConnection(self) -> None:
        """Close when everything is written."""
        self.half_closed = True

    def abortConnection(self) -> None:
        """Close at once."""
        self.aborted = True


class Client:
    """A stranger's program: sends bytes, keeps what it was sent."""

    def __init__(self, protocol: RegistryProtocol, seed: bytes) -> None:
        self.protocol, self.transport = protocol, MemoryTransport()
        self.key = Ed25519PrivateKey.from_private_bytes(seed)
        self.chave = self.key.public_key().public_bytes_raw()
        self._read = 0
        protocol.makeConnection(self.transport)  # type: ignore[arg-type]
        self.ola: Any = self.take()[0].message

    @property
    def closed(self) -> bool:
        """Whether the registry has closed this connection."""
        return self.transport.half_closed or self.transport.aborted

    def take(self) -> list[codec.Received]:
        """Return what came since the last time."""
        lines = self.transport.written[self._read :].splitlines(keepends=True)
        self._read = len(self.transport.written)
        return [codec.parse(line, codec.FROM_REGISTRY) for line in lines]

    def heard(self) -> list[messages.Message]:
        """Return the messages that came since the last time."""
        return [received.message for received in self.take()]

    def one(self, seq: int | None = None) -> Any:
        """Return the one message that came since the last time, which must answer `seq` if that is given."""
        (received,) = self.take()
        assert seq is None or received.seq == seq, received
        return received.message

    def raw(self, data: bytes) -> None:
        """Send bytes."""
        self.protocol.dataReceived(data)

    def say(self, message: messages.Message, seq: int = 1) -> Client:
        """Send a message."""
        self.raw(codec.render(message, seq))
        return self

    def ask(self, message: messages.Message, seq: int = 1) -> Any:
        """Send a message and return the one answer."""
        self.say(message, seq)
        return self.one(seq)

    def request(self, nome: str, **changed: Any) -> messages.PedidoRegistro:
        """Make a PEDIDO-REGISTRO that is right but for what is changed."""
        signed = signatures.login_message(self.ola.desafio, nome, self.chave, local=True)
        values: dict[str, Any] = {"nome": nome, "chave": self.chave, "sig": self.key.sign(signed), **changed}
        return messages.PedidoRegistro(**values)

    def register(self, nome: str) -> Client:
        """Register, and forget the answer."""
        self.say(self.request(nome))
        assert any(isinstance(message, messages.RegistroBemSucedido) for message in self.heard())
        return self

    def lose(self) -> None:
        """The connection ends."""
        self.protocol.connectionLost(Failure(ConnectionDone()))


class Registry:
    """A registry on a clock, and the people around it."""

    def __init__(
        self,
        limits: Limits | None = None,
        bursts: Bursts | None = None,
        loopback_too: bool = False,
        secret: bytes | None = None,
        store: Store | None = None,
        reveal: bool = False,
    ) -> None:
        self.clock = Clock()
        self.clock.advance(1000)
        self.store = store or MemoryStore()
        stored = self.store.load(int(NOON))
        self.office = Office(
            clock=self.clock,
            wall=lambda: NOON + self.clock.seconds() - 1000,
            store=self.store,
            directory=Directory(max(REV, stored.ceiling), reveal=reveal),
            identity=Identity(self.store, stored, lambda: NOON, secret),
            admission=Admission(limits or Limits(), bursts or Bursts(), loopback_too),
            relays=Relays(b"segredo do rele", 5000),
            missed=set(stored.missed),
        )
        self.reports: list[str] = []
        self.office.report = self.reports.append
        self.journal = Journal(self.clock, self.office.wall)
        self.server = Server(self.office, self.journal)
        self.server.start()
        self.factory = RegistryFactory(self.server, local=True)
        self._seeds = 0

    def connect(self, seed: bytes | None = None, host: str = "127.0.0.1") -> Client:
        """Connect somebody with a key of their own."""
        self._seeds += 1
        protocol = self.factory.buildProtocol(IPv4Address("TCP", host, 40000 + self._seeds))
        assert protocol is not None
        return Client(protocol, seed or self._seeds.to_bytes(32, "big"))

    def person(self, nome: str, seed: bytes | None = None) -> Client:
        """Connect and register somebody."""
        return self.connect(seed).register(nome)

    def people(self, *names: str) -> list[Client]:
        """Connect and register several, and let everybody hear of everybody."""
        found = [self.person(nome) for nome in names]
        self.settle()
        for client in found:
            client.take()
        return found

    def settle(self) -> None:
        """Let the gathered changes out."""
        self.clock.advance(0.25)

    def pass_time(self, seconds: float) -> None:
        """Let time pass, a quarter of a second at a time."""
        for _ in range(int(seconds * 4)):
            self.clock.advance(0.25)


CHAMADA = bytes(range(16))


def convite(para: str, chamada: bytes = CHAMADA) -> messages.Convite:
    """Make an invitation."""
    return messages.Convite(chamada, b"c" * 32, int(NOON), b"s" * 64, para=para)


def aceito(chamada: bytes = CHAMADA) -> messages.ConviteAceito:
    """Make an answer."""
    return messages.ConviteAceito(chamada, b"e" * 32, ("192.0.2.7@40000@host",), b"s" * 64)


def chave(chamada: bytes = CHAMADA) -> messages.Chave:
    """Make an opening."""
    return messages.Chave(chamada, b"f" * 32, (), b"s" * 64)
