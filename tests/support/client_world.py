"""A client in memory: a clock that the test turns, a registry that says what the test tells it, TLS all the
same.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from cryptography.x509.oid import NameOID
from twisted.internet.address import IPv4Address
from twisted.internet.defer import Deferred, fail, maybeDeferred, succeed
from twisted.internet.error import ConnectError
from twisted.internet.protocol import Factory
from twisted.internet.ssl import CertificateOptions, KeyPair, PrivateCertificate, TLSVersion
from twisted.internet.task import Clock
from twisted.protocols import tls
from twisted.protocols.basic import LineReceiver
from twisted.test import iosim

from kivy_client.session.boundary import RecordingFace
from kivy_client.session.check import Probed
from kivy_client.session.controller import Controller
from kivy_client.session.gate import Account
from kivy_client.session.identity import Identity
from kivy_client.session.ringer import Tune
from kivy_client.session.session import Outside, Session
from kivy_client.session.sounds import DeviceLists
from kivy_client.session.state import DeviceView, Settings, ViewState
from kivy_client.session.voice import SoundError, VoiceListener, VoiceRequest
from registro.wire import codec
from registro.wire.address import ServerAddress, fingerprint
from registro.wire.messages import (
    ConsultaBemSucedida,
    Message,
    Ola,
    PedidoConsulta,
    PedidoRegistro,
    PedidoTabela,
    RegistroBemSucedido,
    TabelaFim,
    TabelaInicio,
    TabelaLinha,
    Vivo,
    VivoOk,
)
from registro.wire.signatures import EXPORTER_LABEL
from voz.device import null
from voz.handshake import CallSecrets
from voz.net import Candidate, RelayCredentials
from voz.setup import SoundSetup
from voz.stats import CallReport, Snapshot

T = TypeVar("T")
M = TypeVar("M", bound=Message)

HOST = "registro.example"
HERE = IPv4Address("TCP", "192.0.2.7", 40_000)
THERE = IPv4Address("TCP", "198.51.100.1", 5000)
NOON = 1_800_000_000.0
OLA = Ola(versao=1, recursos=(), servidor="roteiro", limites=("linha:4096",))


@dataclass(frozen=True)
class ServerKeys:
    """A registry's certificate and its fingerprint."""

    options: CertificateOptions
    fingerprint: str


def make_keys(oldest: TLSVersion = TLSVersion.TLSv1_3, newest: TLSVersion | None = None) -> ServerKeys:
    """Return a fresh self-signed certificate."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "sala")])
    start = datetime(2026, 1, 1, tzinfo=UTC)
    builder = x509.CertificateBuilder(name, name, key.public_key(), 1, start, start + timedelta(days=9999))
    certificate = builder.sign(key, hashes.SHA256())
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    pair = KeyPair.load(pem, 1)
    private = PrivateCertificate.load(certificate.public_bytes(Encoding.DER), pair)
    versions: dict[str, Any] = {"insecurelyLowerMinimumTo": oldest} if newest else {"raiseMinimumTo": oldest}
    if newest is not None:
        versions["lowerMaximumSecurityTo"] = newest
    options = CertificateOptions(private.privateKey.original, private.original, **versions)
    public = certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return ServerKeys(options, fingerprint(public))


@cache
def usual_keys() -> ServerKeys:
    """Return the certificate that most tests share."""
    return make_keys()


class ScriptedRegistry(LineReceiver):
    """The other end of one connection: keeps what it is told, says what the test wants."""

    delimiter = b"\n"

    def __init__(self, greet: bool = True) -> None:
        self.greet = greet
        self.alive = True
        self.heard: list[codec.Received] = []
        self.bytes = b""
        self.lost = False

    def dataReceived(self, data: bytes) -> None:
        """Keep every byte, too."""
        self.bytes += data
        super().dataReceived(data)

    def connectionMade(self) -> None:
        """Greet."""
        if self.greet:
            self.say(OLA)

    def lineReceived(self, line: bytes) -> None:
        """Keep a line; a sign of life is answered, unless the test wants a dead registry."""
        received = codec.parse(line, codec.FROM_CLIENT)
        self.heard.append(received)
        if isinstance(received.message, Vivo) and self.alive:
            self.say(VivoOk(received.message.t))

    def connectionLost(self, reason: object = None) -> None:
        """Remember."""
        self.lost = True

    def say(self, message: Message, seq: int = 0) -> None:
        """Write a line."""
        assert self.transport is not None
        self.transport.write(codec.render(message, seq))

    def drop(self) -> None:
        """Break the connection."""
        if not self.lost and self.transport is not None:
            self.transport.abortConnection()  # type: ignore[attr-defined]

    @property
    def binding(self) -> bytes:
        """The exporter, as this end sees it."""
        handle: Any = self.transport
        exported: bytes = handle.getHandle().export_keying_material(EXPORTER_LABEL, 32, b"")
        return exported


class MemoryNetwork:
    """Connects clients to scripted registries."""

    def __init__(self, clock: Clock, keys: ServerKeys | None = None) -> None:
        self.clock = clock
        self.keys = keys or usual_keys()
        self.up = True
        self.greet = True
        self.connections: list[ScriptedRegistry] = []
        self.addresses: list[ServerAddress] = []
        self._pumps: list[iosim.IOPump] = []

    def __call__(self, address: ServerAddress) -> MemoryNetwork:
        """Be the endpoint of this address."""
        self.addresses.append(address)
        return self

    def connect(self, factory: Factory) -> Deferred[Any]:
        """Connect, or refuse when down."""
        if not self.up:
            return fail(ConnectError())
        server = ScriptedRegistry(self.greet)
        self.connections.append(server)
        secure = tls.TLSMemoryBIOFactory(
            self.keys.options, False, Factory.forProtocol(lambda: server), clock=self.clock
        )
        client_protocol = factory.buildProtocol(None)  # type: ignore[arg-type]
        server_protocol = secure.buildProtocol(None)
        pump = iosim.connect(
            server_protocol,
            iosim.makeFakeServer(server_protocol),
            client_protocol,
            iosim.FakeTransport(client_protocol, False, HERE, THERE),
            greet=False,
        )
        self._pumps.append(pump)
        return succeed(client_protocol)

    def go_deaf(self) -> Any:
        """Carry nothing on the newest connection any more, and return the client's end of it."""
        return self._pumps.pop().clientIO

    def pump(self) -> bool:
        """Carry bytes; True if there were any."""
        carried = [pump.pump() for pump in self._pumps]
        return any(carried)


class FakeVoice:
    """A conversation that remembers what it was told and says what the test wants."""

    def __init__(self, request: VoiceRequest, listener: VoiceListener) -> None:
        self.request, self.listener = request, listener
        self.local_candidates: tuple[Candidate, ...] = ()
        self.relay: RelayCredentials | None = None
        self.peer: tuple[Candidate, ...] = ()
        self.secrets: CallSecrets | None = None
        self.lines: list[bytes] = []
        self.switches: dict[str, float] = {}
        self.levels = (0.0, 0.0)
        self.figures = Snapshot()
        self.ended: bool | None = None
        self.closed: Deferred[CallReport] = Deferred()

    def allocate(self, credentials: RelayCredentials) -> None:
        """Remember."""
        self.relay = credentials

    def reach(self, candidates: Sequence[Candidate]) -> None:
        """Remember."""
        self.peer = tuple(candidates)

    def secure(self, secrets: CallSecrets) -> None:
        """Remember."""
        self.secrets = secrets

    def line_received(self, data: bytes) -> None:
        """Remember."""
        self.lines.append(data)

    def mute(self, on: bool) -> None:
        """Remember."""
        self.switches["mute"] = on

    def talk(self, pressed: bool) -> None:
        """Remember."""
        self.switches["talk"] = pressed

    def volume(self, decibels: float) -> None:
        """Remember."""
        self.switches["volume"] = decibels

    def snapshot(self) -> Snapshot:
        """What the test wants."""
        return self.figures

    def end(self, send_bye: bool = True) -> Deferred[CallReport]:
        """Remember, and be closed at once."""
        self.ended = send_bye
        return succeed(CallReport(None, 0.0, "pedido", self.figures))


class FakeSounds:
    """One microphone, one speaker."""

    def __init__(self) -> None:
        self.broken = False
        self.exchanged: Settings | None = None
        self.heard: Callable[[float], None] | None = None

    def look(self) -> Deferred[DeviceLists]:
        """List them."""
        if self.broken:
            return fail(SoundError("no sound"))
        return succeed(
            DeviceLists((DeviceView("mic", "Mic", True),), (DeviceView("speaker", "Speaker", True),))
        )

    def listen(self, settings: Settings, heard: Callable[[float], None]) -> FakeSounds:
        """Let the test speak by `heard`."""
        if self.broken:
            raise SoundError("no microphone")
        self.heard = heard
        return self

    def stop(self) -> None:
        """Be closed."""
        self.heard = None

    def exchange(self, settings: Settings) -> bool:
        """Remember what is in use."""
        self.exchanged = settings
        return not self.broken

    def setup(self, settings: Settings, request: VoiceRequest) -> SoundSetup:
        """Nothing is heard."""
        return SoundSetup(null.capture(), null.playback())


class FakeSurroundings:
    """A network that the test changes."""

    def __init__(self) -> None:
        self.here: tuple[str, ...] = ("192.0.2.7",)
        self.targets: list[tuple[str, int]] = []
        self._changed: Callable[[], None] | None = None

    def addresses(self, targets: Sequence[tuple[str, int]]) -> tuple[str, ...]:
        """Those of the test."""
        self.targets = list(targets)
        return self.here

    def watch(self, changed: Callable[[], None]) -> FakeSurroundings:
        """Remember whom to tell."""
        self._changed = changed
        return self

    def stop(self) -> None:
        """Tell nobody any more."""
        self._changed = None

    @property
    def watched(self) -> bool:
        """Whether somebody looks out."""
        return self._changed is not None

    def move(self, *addresses: str) -> None:
        """Have these addresses now, and say that something has changed."""
        self.here = addresses
        if self._changed is not None:
            self._changed()


class RecordingRinger:
    """Remembers what plays."""

    def __init__(self) -> None:
        self.playing: Tune | None = None
        self.played: list[Tune] = []
        self.broken = False

    def play(self, tune: Tune, once: bool = False) -> bool:
        """Remember."""
        if self.broken:
            return False
        self.playing = None if once else tune
        self.played.append(tune)
        return True

    def stop(self) -> None:
        """Play nothing."""
        self.playing = None


class ClientWorld:
    """One client with everything around it."""

    def __init__(self, folder: Path, patch: Callable[..., object], clock: Clock | None = None) -> None:
        self.clock = clock or Clock()
        patch(tls, "_get_default_clock", lambda: self.clock)
        self.network = MemoryNetwork(self.clock)
        self.folder = folder
        self.voices: list[FakeVoice] = []
        self.sound_fails = False
        self.sounds = FakeSounds()
        self.ringer = RecordingRinger()
        self.probes: list[Deferred[Probed]] = []
        self.surroundings = FakeSurroundings()
        self.loading: Deferred[None] = succeed(None)
        self.start()

    def start(self) -> None:
        """Make the client, from whatever is in its folder."""
        self.face = RecordingFace()
        self.identity = Identity(b"\7" * 32)
        outside = Outside(
            clock=self.clock,
            wall=lambda: NOON + self.clock.seconds(),
            in_thread=_at_once,
            folder=self.folder,
            identity=self.identity,
            endpoints=self.network,  # type: ignore[arg-type]
            voices=lambda _: self._voice,
            sounds=self.sounds,
            ringer=lambda _: self.ringer,
            probe=self._probe,
            surroundings=self.surroundings,
            ready=self._ready,
        )
        self.client = Controller(Session(outside, self.face))
        self.turn()

    def _voice(self, request: VoiceRequest, listener: VoiceListener) -> FakeVoice:
        if self.sound_fails:
            raise SoundError("no microphone")
        self.voices.append(FakeVoice(request, listener))
        return self.voices[-1]

    def _ready(self) -> Deferred[None]:
        return self.loading

    def _probe(self, host: str, port: int) -> Deferred[Probed]:
        self.probes.append(Deferred())
        return self.probes[-1]

    # time and bytes

    def turn(self) -> None:
        """Let everything happen that needs no time."""
        for _ in range(100):
            self.clock.advance(0)
            if not self.network.pump() and not any(
                call.getTime() <= self.clock.seconds() for call in self.clock.getDelayedCalls()
            ):
                return
        raise AssertionError("it never comes to rest")

    def wait(self, seconds: float, step: float = 0.5) -> None:
        """Let time go by, in small steps."""
        end = self.clock.seconds() + seconds
        while self.clock.seconds() < end - 1e-9:
            self.clock.advance(min(step, end - self.clock.seconds()))
            self.turn()

    # the registry's end

    @property
    def registry(self) -> ScriptedRegistry:
        """The newest connection."""
        return self.network.connections[-1]

    @property
    def state(self) -> ViewState:
        """What the face shows."""
        return self.face.state

    def heard(self, kind: type[M]) -> M:
        """Return the newest message of this kind that the registry got on the newest connection."""
        return self.heard_with_seq(kind)[0]

    def heard_with_seq(self, kind: type[M]) -> tuple[M, int]:
        """The same, with its number."""
        for received in reversed(self.registry.heard):
            if isinstance(received.message, kind):
                return received.message, received.seq
        raise AssertionError(f"no {kind.VERBO} among {[one.message.VERBO for one in self.registry.heard]}")

    def count(self, kind: type[Message]) -> int:
        """How many messages of this kind the newest connection got."""
        return sum(isinstance(received.message, kind) for received in self.registry.heard)

    def say(self, message: Message, seq: int = 0) -> None:
        """Let the registry say something."""
        self.registry.say(message, seq)
        self.turn()

    def account(self, name: str = "ana", pin: str | None = "right", invitation: bytes = b"") -> Account:
        """Return an account at the registry, with the right pin unless it says otherwise."""
        shown = self.network.keys.fingerprint if pin == "right" else pin
        return Account(ServerAddress(HOST, 5000, shown), name, invitation)

    def connect(self, name: str = "ana", pin: str | None = "right", invitation: bytes = b"") -> None:
        """Connect as far as the registration."""
        self.client.session.registry.connect(self.account(name, pin, invitation))
        self.turn()

    def welcome(self, name: str = "ana", rev: int = 10) -> None:
        """Let the registry accept the registration."""
        _, seq = self.heard_with_seq(PedidoRegistro)
        self.say(RegistroBemSucedido(nome=name, rev=rev, vida=45), seq)

    def table(self, rev: int = 10, **people: str) -> None:
        """Answer the question for the table: names and states; the key of each is `key_of(name)`."""
        _, seq = self.heard_with_seq(PedidoTabela)
        self.registry.say(TabelaInicio(rev=rev, total=len(people)), seq)
        for name, estado in people.items():
            self.registry.say(TabelaLinha(nome=name, chave=public_of(name), estado=estado), seq)
        self.say(TabelaFim(rev=rev), seq)

    def online(self, name: str = "ana", **people: str) -> None:
        """Be registered, with a table."""
        self.connect(name)
        self.welcome(name)
        self.table(**{name: "livre", **people})

    def answer_look_up(self, name: str, key: bytes | None = None, estado: str = "livre") -> None:
        """Answer the newest PEDIDO-CONSULTA."""
        _, seq = self.heard_with_seq(PedidoConsulta)
        self.say(ConsultaBemSucedida(nome=name, chave=key or public_of(name), estado=estado), seq)


def _at_once(work: Callable[[], T]) -> Deferred[T]:
    return maybeDeferred(work)


def signing_key(name: str) -> Ed25519PrivateKey:
    """Return the long-term key of somebody in the tests."""
    return Ed25519PrivateKey.from_private_bytes(name.encode().ljust(32, b"."))


def public_of(name: str) -> bytes:
    """Return the public half."""
    return signing_key(name).public_key().public_bytes_raw()
