"""The connection to the registry: pins, registration, troubles, coming back."""

from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from twisted.internet.ssl import TLSVersion
from twisted.trial.unittest import SynchronousTestCase

from kivy_client.session.connection import CALM, URGENT
from kivy_client.session.moves import ANY_PORT, SETTLING
from kivy_client.session.results import ConnectResult, Done
from kivy_client.session.vocabulary import Link, Presence, Trouble
from registro.wire.messages import (
    Aviso,
    Encerrado,
    Erro,
    Estado,
    Ola,
    PedidoEncerramento,
    PedidoRegistro,
    PedidoTabela,
    RegistroMalSucedido,
    Vivo,
    VivoOk,
)
from registro.wire.signatures import invitation_proof, login_message
from tests.support.client_world import HOST, ClientWorld, make_keys


class ConnectionCase(SynchronousTestCase):
    """A client and a registry in memory."""

    def setUp(self) -> None:
        """A client that has never been anywhere."""
        self.world = ClientWorld(Path(self.mktemp()), self.patch)

    def link(self) -> Link:
        """Where the connection is."""
        return self.world.state.connection.link


class TrustTests(ConnectionCase):
    """Which server is spoken to."""

    def test_a_pinned_server(self) -> None:
        """A server with the fingerprint of the address is spoken to at once, and the name is claimed."""
        self.world.connect()
        self.assertEqual(Link.REGISTERING, self.link())
        self.assertEqual("ana", self.world.heard(PedidoRegistro).nome)

    def test_a_wrong_fingerprint_gets_no_byte(self) -> None:
        """A server with another fingerprint than the address gets not one byte of the client's."""
        self.world.connect(pin="a" * 52)
        self.assertEqual(b"", self.world.registry.bytes)
        self.assertEqual(Link.STOPPED, self.link())
        self.assertEqual(Trouble.FINGERPRINT_CHANGED, self.world.state.connection.trouble)
        self.assertTrue(self.world.registry.lost)

    def test_first_contact_is_asked_about(self) -> None:
        """Without a pin the fingerprint is shown, nothing is sent, and the connection is closed meanwhile."""
        self.world.connect(pin=None)
        self.assertEqual(Link.ASKING, self.link())
        question = self.world.state.question
        assert question is not None
        self.assertEqual(self.world.network.keys.fingerprint, question.fingerprint.replace(" ", ""))
        self.assertEqual(8, len(question.words))
        self.assertEqual("", question.former)
        self.assertEqual(b"", self.world.registry.bytes)
        self.assertTrue(self.world.registry.lost)

    def test_an_accepted_server_is_pinned(self) -> None:
        """After «yes» the client connects again, and a later start asks nothing."""
        self.world.connect(pin=None)
        self.assertEqual(Done.DONE, self.world.client.trust_server())
        self.world.turn()
        self.assertEqual(Link.REGISTERING, self.link())
        self.assertIsNone(self.world.state.question)
        self.world.start()
        self.world.connect(pin=None)
        self.assertEqual(Link.REGISTERING, self.link())

    def test_a_refused_server(self) -> None:
        """After «no» the client stays offline and has sent nothing."""
        self.world.connect(pin=None)
        self.world.client.refuse_server()
        self.world.turn()
        self.assertEqual(Link.STOPPED, self.link())
        self.assertEqual(Trouble.FINGERPRINT_REFUSED, self.world.state.connection.trouble)

    def test_a_changed_server_is_refused(self) -> None:
        """A server whose fingerprint is not the accepted one gets no byte, and «yes» does not change that."""
        self.world.connect()
        self.world.network.keys = make_keys()
        self.world.connect(pin=None)
        self.assertEqual(Trouble.FINGERPRINT_CHANGED, self.world.state.connection.trouble)
        self.assertEqual(b"", self.world.registry.bytes)
        question = self.world.state.question
        assert question is not None
        self.assertNotEqual("", question.former)
        self.assertEqual(Done.NOTHING, self.world.client.trust_server())

    def test_a_link_cannot_replace_a_pin(self) -> None:
        """A link with another fingerprint for a known server is refused even if the server agrees with the
        link.
        """
        self.world.connect()
        self.world.network.keys = make_keys()
        self.world.connect()
        self.assertEqual(Trouble.FINGERPRINT_CHANGED, self.world.state.connection.trouble)
        self.assertEqual(b"", self.world.registry.bytes)

    def test_forgetting_a_server(self) -> None:
        """A person who knows why it changed can forget the pin, and is then asked as at first contact."""
        self.world.connect()
        self.world.network.keys = make_keys()
        self.world.connect(pin=None)
        self.assertEqual(Done.DONE, self.world.client.forget_server())
        self.world.client.retry()
        self.world.turn()
        self.assertEqual(Link.ASKING, self.link())

    def test_only_tls_1_3(self) -> None:
        """A server that speaks TLS 1.2 at most gets no byte after the handshake failed."""
        self.world.network.keys = make_keys(TLSVersion.TLSv1_2, TLSVersion.TLSv1_2)
        self.world.connect()
        self.assertEqual(b"", self.world.registry.bytes)
        self.assertEqual(Trouble.NOT_A_SERVER, self.world.state.connection.trouble)


class RegistrationTests(ConnectionCase):
    """Who we are."""

    def test_the_signature_is_bound_to_this_connection(self) -> None:
        """PEDIDO-REGISTRO is signed over the exporter that both ends of this very connection see."""
        self.world.connect("João")
        request = self.world.heard(PedidoRegistro)
        key = Ed25519PublicKey.from_public_bytes(request.chave)
        key.verify(request.sig, login_message(self.world.registry.binding, "João", request.chave))
        self.assertEqual(self.world.identity.public, request.chave)
        self.assertIsNone(request.prova)

    def test_the_invitation_is_proved(self) -> None:
        """With an operator's invitation the request carries its proof for this connection."""
        self.world.connect(invitation=b"segredo")
        request = self.world.heard(PedidoRegistro)
        expected = invitation_proof(b"segredo", self.world.registry.binding, request.chave)
        self.assertEqual(expected, request.prova)

    def test_nothing_is_sent_before_ola(self) -> None:
        """A server that does not greet is told nothing, and given up after a while."""
        self.world.network.greet = False
        self.world.connect()
        self.assertEqual(b"", self.world.registry.bytes)
        self.world.wait(16)
        self.assertEqual(b"", self.world.network.connections[0].bytes)
        self.assertEqual(Trouble.UNREACHABLE, self.world.state.connection.trouble)

    def test_another_version(self) -> None:
        """A registry of another version is told nothing."""
        self.world.network.greet = False
        self.world.connect()
        self.world.say(Ola(versao=2, recursos=(), servidor="x", limites=()))
        self.assertEqual(b"", self.world.registry.bytes)
        self.assertEqual(Trouble.VERSION, self.world.state.connection.trouble)

    def test_online(self) -> None:
        """After the welcome the canonical name is shown, the table asked for, and the account remembered."""
        self.world.connect("João")
        self.world.welcome("joão")
        self.assertEqual(Link.ONLINE, self.link())
        self.assertEqual("joão", self.world.state.connection.name)
        self.world.heard(PedidoTabela)
        self.world.start()
        self.assertEqual(ConnectResult.STARTED, self.world.client.begin())
        self.world.turn()
        self.assertEqual("João", self.world.heard(PedidoRegistro).nome)

    def test_refusals_for_the_person(self) -> None:
        """A refusal that only the person can do something about stops the client."""
        for codigo, trouble in (
            ("nome-em-uso", Trouble.NAME_TAKEN),
            ("nome-invalido", Trouble.NAME_INVALID),
            ("convite-exigido", Trouble.INVITATION_NEEDED),
            ("versao", Trouble.VERSION),
            ("assinatura", Trouble.REFUSED),
        ):
            self.world.connect()
            _, seq = self.world.heard_with_seq(PedidoRegistro)
            self.world.say(RegistroMalSucedido(codigo=codigo, motivo="porque sim"), seq)
            self.assertEqual((Link.STOPPED, trouble), (self.link(), self.world.state.connection.trouble))
            self.assertEqual("porque sim", self.world.state.connection.detail)

    def test_refusals_for_later(self) -> None:
        """A refusal that time heals is waited for as long as the registry says."""
        self.world.connect()
        _, seq = self.world.heard_with_seq(PedidoRegistro)
        self.world.say(RegistroMalSucedido(codigo="limite", motivo="devagar", espera=40), seq)
        self.assertEqual((Link.WAITING, Trouble.LIMIT), (self.link(), self.world.state.connection.trouble))
        self.world.wait(39)
        self.assertEqual(1, len(self.world.network.connections))
        self.world.wait(3)
        self.assertEqual(2, len(self.world.network.connections))

    def test_an_error_instead_of_an_answer(self) -> None:
        """An ERRO before the registration counts like a refusal."""
        self.world.connect()
        self.world.say(Erro(codigo="cheio", verbo="-", motivo="cheio", espera=7))
        self.assertEqual(Trouble.FULL, self.world.state.connection.trouble)


class LifeTests(ConnectionCase):
    """What happens to a connection that stands."""

    def setUp(self) -> None:
        """Be online."""
        super().setUp()
        self.world.online()

    def test_signs_of_life(self) -> None:
        """VIVO is said after 20 s of silence, and again, as long as it is answered."""
        self.world.wait(19)
        self.assertEqual(0, self.world.count(Vivo))
        self.world.wait(1.5)
        for number in (1, 2, 3):
            self.assertEqual(number, self.world.count(Vivo))
            self.world.wait(20)
        self.assertEqual(Link.ONLINE, self.link())

    def test_a_dead_registry(self) -> None:
        """A registry that does not answer a sign of life is hung up on, and tried again."""
        self.world.registry.alive = False
        self.world.wait(20 + 10.5)
        self.assertTrue(self.world.network.connections[0].lost)
        self.assertEqual(
            (Link.WAITING, Trouble.UNREACHABLE), (self.link(), self.world.state.connection.trouble)
        )

    def test_the_registry_may_ask_too(self) -> None:
        """A VIVO of the registry is answered with its own text."""
        self.world.say(Vivo(t="olá"))
        self.assertEqual("olá", self.world.heard(VivoOk).t)

    def test_it_comes_back(self) -> None:
        """A broken connection is made again by itself, with what changed meanwhile asked for."""
        self.world.registry.drop()
        self.world.wait(3)
        self.assertEqual(2, len(self.world.network.connections))
        self.world.welcome(rev=12)
        self.assertEqual(Link.ONLINE, self.link())
        self.assertEqual(10, self.world.heard(PedidoTabela).desde)

    def test_it_waits_longer_each_time(self) -> None:
        """Attempts become rarer, up to about one a minute, and a person can ask for one now."""
        self.world.network.up = False
        self.world.registry.drop()
        self.world.wait(300)
        tried = len(self.world.network.addresses)
        self.assertTrue(8 <= tried <= 16, tried)
        self.world.client.retry()
        self.world.turn()
        self.assertEqual(tried + 1, len(self.world.network.addresses))

    def test_in_a_call_it_hurries(self) -> None:
        """While a call is on, attempts come within two seconds."""
        self.world.network.up = False
        self.world.client.session.registry.line.in_call(True)
        self.world.registry.drop()
        self.world.wait(20)
        self.assertGreater(len(self.world.network.addresses), 9)

    def test_replaced_is_final(self) -> None:
        """When the same name connects elsewhere, the client does not fight for it."""
        self.world.say(Encerrado(codigo="sessao-substituida", motivo="outro"))
        self.world.registry.drop()
        self.world.wait(120)
        self.assertEqual((Link.STOPPED, Trouble.REPLACED), (self.link(), self.world.state.connection.trouble))
        self.assertEqual(1, len(self.world.network.connections))

    def test_maintenance(self) -> None:
        """After an AVISO the client stays, tells the person, and comes back no sooner than it was told."""
        self.world.say(Aviso(codigo="manutencao", motivo="já volto", reconecte=30))
        self.assertEqual(Link.ONLINE, self.link())
        self.assertEqual("já volto", self.world.face.notices[-1].detail)
        self.world.say(Encerrado(codigo="encerrando", motivo="tchau"))
        self.assertEqual(Trouble.CLOSING, self.world.state.connection.trouble)
        self.world.wait(29)
        self.assertEqual(1, len(self.world.network.connections))
        self.world.wait(10)
        self.assertEqual(2, len(self.world.network.connections))

    def test_goodbye(self) -> None:
        """Disconnecting says so to the registry, and nothing is tried any more."""
        self.world.client.disconnect()
        self.world.turn()
        self.world.heard(PedidoEncerramento)
        self.world.wait(100)
        self.assertEqual((Link.OFF, 1), (self.link(), len(self.world.network.connections)))

    def test_a_registry_that_does_not_close(self) -> None:
        """After the goodbye a registry that keeps the connection open is not waited for."""
        client = self.world.network.go_deaf()
        self.world.client.disconnect()
        self.world.wait(1)
        self.assertFalse(client.disconnecting)
        self.world.wait(2)
        self.assertTrue(client.disconnecting)

    def test_junk_is_passed_over_until_it_is_too_much(self) -> None:
        """Unknown verbs harm nobody; the third line that makes no sense ends the connection."""
        transport = self.world.registry.transport
        assert transport is not None
        transport.write(b"NOVIDADE 0 a=b\n" * 20)
        self.world.turn()
        self.assertEqual(Link.ONLINE, self.link())
        transport.write(b"\xff\n!!\n")
        self.world.turn()
        self.assertEqual(Link.ONLINE, self.link())
        transport.write(b"TABELA-FIM 0\n")
        self.world.turn()
        self.assertEqual(Link.WAITING, self.link())

    def test_an_endless_line(self) -> None:
        """A line that does not end is not kept: the connection is closed."""
        transport = self.world.registry.transport
        assert transport is not None
        transport.write(b"A" * 10_000)
        self.world.turn()
        self.assertEqual(Link.WAITING, self.link())

    def test_presence_is_said(self) -> None:
        """What the person says to be goes to the registry, and again after a reconnection."""
        self.world.client.be_away()
        self.world.turn()
        self.assertEqual("ausente", self.world.heard(Estado).estado)
        self.world.registry.drop()
        self.world.wait(3)
        self.world.welcome()
        self.assertEqual("ausente", self.world.heard(Estado).estado)

    def test_do_not_disturb_ends_by_itself(self) -> None:
        """«Do not disturb» with a time ends then, also over a restart of the program."""
        wall = self.world.client.session.outside.wall
        self.world.client.do_not_disturb(wall() + 60)
        self.world.turn()
        self.assertEqual(Presence.DO_NOT_DISTURB, self.world.state.presence)
        self.world.start()
        self.assertEqual(Presence.DO_NOT_DISTURB, self.world.state.presence)
        self.world.wait(61)
        self.assertEqual((Presence.FREE, None), (self.world.state.presence, self.world.state.dnd_until))


class MoveTests(ConnectionCase):
    """A change of network."""

    def test_to_another_network(self) -> None:
        """Our address is gone: the old connection is dropped and a new one made at once, call or no call."""
        self.world.online()
        self.assertEqual([("198.51.100.1", ANY_PORT)], self.world.surroundings.targets)
        self.world.surroundings.move("203.0.113.4")
        self.world.wait(SETTLING)
        self.assertTrue(self.world.network.connections[0].lost)
        self.assertEqual(2, len(self.world.network.connections))
        self.world.welcome()
        self.assertEqual(Link.ONLINE, self.link())

    def test_one_change_after_the_other(self) -> None:
        """Addresses and routes that come one after the other are one move, when they have settled."""
        self.world.online()
        for last in "123":
            self.world.surroundings.move(f"203.0.113.{last}")
            self.world.wait(SETTLING / 2, step=SETTLING / 2)
            self.assertEqual(1, len(self.world.network.connections))
        self.world.wait(SETTLING)
        self.assertEqual(2, len(self.world.network.connections))

    def test_the_address_is_still_ours(self) -> None:
        """Another address beside ours: the connection may live, and is asked for a sign of it."""
        self.world.online()
        signs = self.world.count(Vivo)
        self.world.surroundings.move("192.0.2.7", "203.0.113.4")
        self.world.wait(SETTLING)
        self.assertEqual((1, signs + 1), (len(self.world.network.connections), self.world.count(Vivo)))
        self.world.surroundings.move("192.0.2.7", "203.0.113.4")
        self.world.wait(SETTLING)
        self.assertEqual(signs + 1, self.world.count(Vivo), "the same again is no news")

    def test_out_of_a_tunnel(self) -> None:
        """No network is no reason to do anything; the first one again is."""
        self.world.online()
        self.world.network.up = False
        self.world.registry.drop()
        self.world.surroundings.move()
        self.world.wait(120)
        tried = len(self.world.network.addresses)
        self.world.network.up = True
        self.world.surroundings.move("192.0.2.7")
        self.world.wait(SETTLING)
        self.assertEqual(tried + 1, len(self.world.network.addresses))
        self.assertEqual(Link.REGISTERING, self.link())

    def test_while_connecting(self) -> None:
        """An attempt from an address that is gone is given up for a new one."""
        self.world.connect()
        self.world.surroundings.move("203.0.113.4")
        self.world.wait(SETTLING)
        self.assertEqual(2, len(self.world.network.connections))
        self.assertTrue(self.world.network.connections[0].lost)

    def test_nobody_wants_a_connection(self) -> None:
        """Who left, or was stopped, stays where they are; and after the end nobody looks out."""
        self.world.online()
        self.world.client.disconnect()
        self.world.turn()
        self.world.surroundings.move("203.0.113.4")
        self.world.wait(SETTLING)
        self.assertEqual((Link.OFF, 1), (self.link(), len(self.world.network.connections)))
        self.assertFalse(self.world.surroundings.watched)


class CommandTests(ConnectionCase):
    """What the person types."""

    def test_addresses(self) -> None:
        """Host, host and port, IPv6 and links are taken; everything else is a word, not a crash."""
        good = ["exemplo.org", "exemplo.org:5001", "::1", "[::1]:7000", "127.0.0.1", f"sala://{HOST}:5000/"]
        bad = ["", "http://x", "sala://", "a b", "x:99999", "sala://x/#abc", "x/y"]
        for text in good:
            self.assertEqual(ConnectResult.STARTED, self.world.client.connect(text, "ana"), text)
        for text in bad:
            self.assertEqual(ConnectResult.BAD_ADDRESS, self.world.client.connect(text, "ana"), text)

    def test_names(self) -> None:
        """A name that cannot be one is refused before anything is sent."""
        self.assertEqual(ConnectResult.BAD_NAME, self.world.client.connect(HOST, "a b"))
        self.assertEqual(ConnectResult.BAD_NAME, self.world.client.connect(HOST, "-a"))
        self.assertEqual(ConnectResult.NAME_MISSING, self.world.client.connect(HOST, " "))
        self.assertEqual([], self.world.network.connections)

    def test_a_link_without_a_name(self) -> None:
        """A link is opened under the name in use; without one the person is asked."""
        self.assertEqual(ConnectResult.NAME_MISSING, self.world.client.open_link(f"sala://{HOST}/"))
        self.world.online("bia")
        self.assertEqual(ConnectResult.STARTED, self.world.client.open_link(f"sala://{HOST}/"))
        self.world.turn()
        self.assertEqual("bia", self.world.heard(PedidoRegistro).nome)

    def test_backoff(self) -> None:
        """Waits grow to a bound and never become nothing."""
        for backoff in (CALM, URGENT):
            waits = [backoff.delay(attempt, 0.5) for attempt in range(1, 200)]
            self.assertEqual(sorted(waits), waits)
            self.assertGreater(waits[0], 0.1)
            self.assertEqual(backoff.most, waits[-1])
