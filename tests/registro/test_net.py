"""The edge: bytes, lines, errors, time-outs, back-pressure, floods; somebody else is always served."""

from __future__ import annotations

from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from registro.admission import Bursts
from registro.edge.outbox import CHUNK, pieces
from registro.wire import codec, messages
from registro.wire.errors import Codigo, Encerramento
from registro.wire.limits import LINE, Limits
from tests.support.registry import CHAMADA, Client, Registry, aceito, convite

VIVO = b"VIVO 1 t=1\n"


class EdgeCase(SynchronousTestCase):
    """A registry, one client that behaves badly, one that is served all the same."""

    def setUp(self) -> None:
        """Connect both."""
        self.registry = Registry()
        (self.good,) = self.registry.people("boa")
        self.bad = self.registry.connect()

    def tearDown(self) -> None:
        """Whatever happened: the other client is answered at once, and nothing was reported as a fault."""
        self.good.take()
        self.assertEqual(self.good.ask(messages.Vivo("x"), 9), messages.VivoOk("x"))
        self.assertEqual(self.registry.reports, [])

    def codes(self, client: Client) -> list[tuple[int, str, str]]:
        """Return seq, code and verb of the ERROs that came."""
        found: list[Any] = [(received.seq, received.message) for received in client.take()]
        return [(seq, m.codigo, m.verbo) for seq, m in found if isinstance(m, messages.Erro)]


class LineTests(EdgeCase):
    """Lines."""

    def test_greeting(self) -> None:
        """The first line tells version, limits and, without TLS, the challenge."""
        ola = self.bad.ola
        self.assertEqual((ola.versao, len(ola.desafio), ola.limites), (1, 32, Limits().listed()))
        self.assertNotEqual(ola.desafio, self.good.ola.desafio)

    def test_any_pieces(self) -> None:
        """Lines come in any pieces, with either end."""
        for byte in b"VIVO 1 t=1\r\nVIVO 2 t=2\n":
            self.bad.raw(bytes([byte]))
        self.assertEqual([(r.seq, r.message.t) for r in self.bad.take()], [(1, "1"), (2, "2")])

    def test_one_write_a_read(self) -> None:
        """What one read asks is answered with one write."""
        written: list[bytes] = []
        self.bad.transport.write = written.append  # type: ignore[method-assign]
        self.bad.raw(VIVO * 20)
        self.assertEqual([len(data.splitlines()) for data in written], [20])

    def test_one_write_a_read_for_others(self) -> None:
        """What one read brings another client leaves with one write too, in order."""
        ana, bia = self.registry.people("ana", "bia")
        ana.say(convite("bia"))
        ana.take()
        written: list[bytes] = []
        ana.transport.write = written.append  # type: ignore[method-assign]
        bia.raw(codec.render(messages.Tocando(CHAMADA), 1) + codec.render(aceito(), 2))
        (together,) = written
        self.assertEqual([line.split()[0] for line in together.splitlines()], [b"TOCANDO", b"CONVITE-ACEITO"])
        self.assertIsNone(self.registry.server.turn)

    def test_third_syntax_error(self) -> None:
        """The third syntax error closes; the count never resets, and unknown verbs do not count."""
        for line, codigo in ((b"x\n", "sintaxe"), (b"FOO 1\n", "desconhecido"), (b"FOO 2\n", "desconhecido")):
            self.bad.raw(line)
            self.assertEqual([code for _, code, _ in self.codes(self.bad)], [codigo])
        self.bad.raw(b"FOO 3\nVIVO 4\n" + VIVO)
        self.assertEqual([code for _, code, _ in self.codes(self.bad)], ["desconhecido", "sintaxe"])
        self.assertFalse(self.bad.closed)
        self.bad.raw(VIVO + b"vivo 11 t=1\n" + VIVO)
        self.assertEqual(self.codes(self.bad), [(11, "sintaxe", "-")])
        self.assertTrue(self.bad.closed)

    def test_longest_line(self) -> None:
        """A line of 4096 bytes is taken; of 4097 it is refused and the connection closed."""
        line = b"VIVO 2 t=1 x=" + b"a" * (LINE - 14) + b"\n"
        self.bad.raw(line)
        self.assertIsInstance(self.bad.one(2), messages.VivoOk)
        self.bad.raw(line[:-1] + b"a\n" + VIVO)
        self.assertEqual(self.codes(self.bad), [(2, "sintaxe", "VIVO")])
        self.assertTrue(self.bad.closed)

    def test_endless_line(self) -> None:
        """An over-long line is not waited for: it closes when it is too long, and takes no memory."""
        self.bad.raw(b"VIVO 2 t=")
        for _ in range(5):
            self.bad.raw(b"a" * 1000)
        self.assertEqual(self.codes(self.bad), [(2, "sintaxe", "VIVO")])
        self.assertTrue(self.bad.closed)
        self.bad.raw(b"a" * 100_000)
        self.assertEqual(len(self.bad.protocol.inbox.buffer), 0)

    def test_answer_that_would_be_too_long(self) -> None:
        """A request whose answer would not fit a line is refused."""
        self.bad.raw(b"VIVO 2 t=" + b"a" * (LINE - 10) + b"\n")
        self.assertEqual(self.codes(self.bad), [(2, "sintaxe", "VIVO")])

    def test_goodbye(self) -> None:
        """PEDIDO-ENCERRAMENTO is answered and closes; lines before it are obeyed, lines after it are not."""
        self.bad.raw(VIVO + b"PEDIDO-ENCERRAMENTO 2\n" + VIVO)
        self.assertEqual(
            [type(message) for message in self.bad.heard()], [messages.VivoOk, messages.Encerrado]
        )
        self.assertTrue(self.bad.closed)

    def test_goodbye_when_registered(self) -> None:
        """Who says goodbye is out of the table at once."""
        (eva,) = self.registry.people("eva")
        eva.say(messages.PedidoEncerramento(), 7)
        self.assertEqual(eva.one(7).codigo, Encerramento.PEDIDO)
        self.assertNotIn("eva", self.registry.office.sessions)

    def test_fault_of_ours(self) -> None:
        """A fault of ours is `interno`, is reported, and the connection goes on."""
        self.patch(self.registry.office.presence, "watch", None)
        (eva,) = self.registry.people("eva")
        eva.say(messages.Acompanhar(("ana",)), 5)
        self.assertEqual(self.codes(eva), [(5, "interno", "ACOMPANHAR")])
        self.assertEqual(len(self.flushLoggedErrors(TypeError)), 1)
        self.assertIsInstance(eva.ask(messages.Vivo("1")), messages.VivoOk)

    def test_vivo_ok(self) -> None:
        """VIVO-OK is taken without a word."""
        self.bad.say(messages.VivoOk("1"))
        self.assertEqual(self.bad.heard(), [])


class TimeTests(EdgeCase):
    """Time-outs, all by one tick a second."""

    def hold(self, seconds: float) -> None:
        """Let time pass while the good client keeps alive."""
        for _ in range(int(seconds)):
            self.registry.pass_time(1)
            self.good.say(messages.Vivo("1")).take()

    def test_registration(self) -> None:
        """Who has not registered after 10 s is closed, however often it says VIVO."""
        for _ in range(9):
            self.hold(1)
            self.bad.raw(VIVO)
        self.assertFalse(self.bad.closed)
        self.hold(2)
        self.assertTrue(self.bad.closed)

    def test_slowloris(self) -> None:
        """A byte a second is no line: the connection ends all the same."""
        for _ in range(11):
            self.bad.raw(b"V")
            self.hold(1)
        self.assertTrue(self.bad.closed)

    def test_silence(self) -> None:
        """A registered client that is silent for 45 s is fora."""
        (eva,) = self.registry.people("eva")
        self.hold(44)
        self.assertFalse(eva.closed)
        self.hold(2)
        self.assertTrue(eva.transport.aborted)
        eva.lose()
        self.assertNotIn("eva", self.registry.office.sessions)

    def test_half_open(self) -> None:
        """Who does not close its side of a closed connection is cut off after 2 s."""
        self.bad.say(messages.PedidoEncerramento())
        self.assertTrue(self.bad.transport.half_closed)
        self.hold(3)
        self.assertTrue(self.bad.transport.aborted)

    def test_handshake(self) -> None:
        """Who does not finish its hand-shake in 5 s is cut off."""
        protocol = self.bad.protocol
        protocol.ready = False
        self.hold(4)
        self.assertFalse(self.bad.closed)
        self.hold(2)
        self.assertTrue(self.bad.transport.aborted)


class BackPressureTests(EdgeCase):
    """A client that does not read."""

    def crowd(self, count: int) -> list[Client]:
        """Register many."""
        found = [self.registry.person(f"nome{number:04}") for number in range(count)]
        self.registry.settle()
        for client in [*found, self.good]:
            client.take()
        return found

    def test_pushes_left_out(self) -> None:
        """It gets no pushes while it does not read, and one snapshot, seq 0, when it does again."""
        slow, other, *_ = self.crowd(149)
        slow.transport.stuck = True
        slow.say(messages.PedidoTabela(), 5).say(messages.PedidoTabela(), 6)
        self.assertTrue(slow.protocol.behind)
        waiting = len(slow.transport.unread)
        for estado in ("ausente", "livre", "ausente"):
            other.say(messages.Estado(estado))
            self.registry.settle()
        self.assertEqual(len(slow.transport.unread), waiting)
        slow.transport.read_again()
        heard = slow.take()
        self.assertEqual([r.seq for r in heard], [5] * 152 + [6] * 152 + [0] * 152)
        states = {r.message.estado for r in heard[304:] if isinstance(r.message, messages.TabelaLinha)}
        self.assertEqual(states, {"livre", "ausente"})
        other.say(messages.Estado("livre"))
        self.registry.settle()
        self.assertEqual(slow.one(0).estado, "livre")

    def test_requests_wait(self) -> None:
        """While its answers cannot be written, its requests are not read."""
        slow, *_ = self.crowd(200)
        slow.transport.stuck = True
        slow.say(messages.PedidoTabela(), 5)
        slow.raw(VIVO * 30)
        self.assertFalse(slow.transport.reading)
        self.assertNotIn(b"VIVO-OK", slow.transport.unread)
        slow.transport.read_again()
        self.assertTrue(slow.transport.reading)
        self.assertEqual(sum(isinstance(m, messages.VivoOk) for m in slow.heard()), 30)

    def test_long_answer(self) -> None:
        """A long table leaves in pieces; what changes meanwhile comes after it, and nothing is lost."""
        slow, other, *_ = self.crowd(450)
        slow.transport.stuck = True
        slow.say(messages.PedidoTabela(), 5)
        self.assertLess(len(slow.transport.unread), 3 * CHUNK)
        other.say(messages.Estado("ausente"))
        self.registry.settle()
        slow.transport.read_again()
        start, *rest = slow.take()
        end = next(index for index, r in enumerate(rest) if isinstance(r.message, messages.TabelaFim))
        self.assertEqual((start.message.total, end), (451, 451))
        (late,) = rest[end + 1 :]
        self.assertEqual((late.seq, late.message.nome, late.message.estado), (0, "nome0001", "ausente"))

    def test_lines_between_the_pieces(self) -> None:
        """Pieces of a long answer are whole lines, so that a call can come between them."""
        lines = b"".join(b"TABELA-LINHA 1 x=%d\n" % number for number in range(5000))
        parts = pieces(lines)
        self.assertEqual(b"".join(parts), lines)
        self.assertTrue(all(part.endswith(b"\n") for part in parts))
        self.assertLess(max(map(len, parts)), CHUNK + 100)

    def test_too_long(self) -> None:
        """Who has read nothing for 15 s is closed as lento."""
        slow, *_ = self.crowd(200)
        slow.transport.stuck = True
        slow.say(messages.PedidoTabela(), 5)
        self.registry.pass_time(14)
        self.good.say(messages.Vivo("1"))
        self.assertFalse(slow.closed)
        self.registry.pass_time(2)
        self.assertTrue(slow.transport.half_closed)
        self.assertIn(b"codigo=lento", slow.transport.unread)
        self.assertNotIn("nome0000", self.registry.office.sessions)

    def test_too_much(self) -> None:
        """Who has more than 64 KiB unread is closed as lento."""
        slow, other, *_ = self.crowd(200)
        slow.transport.stuck = True
        slow.say(messages.PedidoTabela(), 5)
        line = b"x" * 4000 + b"\n"
        for _ in range(20):
            slow.protocol.write(line)
        self.assertTrue(slow.closed)
        self.assertLess(len(slow.transport.unread), 64 * 1024 + 2 * CHUNK)
        other.take()

    def test_pipelined_tables(self) -> None:
        """Many tables asked at once are not all made before the first is read."""
        slow, *_ = self.crowd(150)
        slow.transport.stuck = True
        slow.raw(b"PEDIDO-TABELA 1\n" * 1000)
        self.assertLess(len(slow.transport.unread), 4 * CHUNK)
        self.assertFalse(slow.closed)


class FloodTests(SynchronousTestCase):
    """Limits."""

    def setUp(self) -> None:
        """Start a registry that limits this machine too."""
        self.registry = Registry(Limits(conexoes=3), Bursts(espera=5), loopback_too=True)

    def test_lines(self) -> None:
        """100 lines at once and 20 a second pass; then limite with a wait; the third is the door."""
        client, other = self.registry.people("ana", "bia")
        client.raw(VIVO * 99)
        self.assertEqual({type(m) for m in client.heard()}, {messages.VivoOk})
        self.registry.pass_time(1)
        client.raw(VIVO * 20)
        self.assertEqual({type(m) for m in client.heard()}, {messages.VivoOk})
        client.raw(VIVO * 5)
        heard: list[Any] = client.heard()
        refused = [m for m in heard if isinstance(m, messages.Erro)]
        self.assertEqual([(m.codigo, m.espera, m.verbo) for m in refused], [("limite", 1, "VIVO")] * 3)
        self.assertTrue(client.closed)
        self.assertIsInstance(other.ask(messages.Vivo("1")), messages.VivoOk)

    def test_forgiven(self) -> None:
        """Transgressions of more than a minute ago do not count."""
        (client,) = self.registry.people("ana")
        for _ in range(4):
            client.raw(VIVO * 101)
            client.take()
            for _ in range(3):
                self.registry.pass_time(21)
                client.raw(VIVO)
        self.assertFalse(client.closed)

    def test_connections_of_an_address(self) -> None:
        """An address has so many connections at once; others have their own."""
        found = [self.registry.connect(host="192.0.2.1") for _ in range(3)]
        self.assertIsNone(self.registry.server.admit("192.0.2.1", 1, True))
        self.assertIsNotNone(self.registry.server.admit("192.0.2.2", 1, True))
        found[0].lose()
        self.assertIsNotNone(self.registry.server.admit("192.0.2.1", 1, True))

    def test_ipv6_neighbourhood(self) -> None:
        """IPv6 counts by /64, IPv4 inside it as IPv4."""
        for host in ("2001:db8::1", "2001:db8::2", "2001:db8::3"):
            self.registry.connect(host=host)
        self.assertIsNone(self.registry.server.admit("2001:db8::ffff", 1, True))
        self.assertIsNotNone(self.registry.server.admit("2001:db8:0:1::1", 1, True))

    def test_strangers(self) -> None:
        """Connections that are not registered are limited in all; registering makes room."""
        hosts = [f"192.0.2.{number}" for number in range(5)]
        first, *_ = [self.registry.connect(host=host) for host in hosts]
        self.assertIsNone(self.registry.server.admit("198.51.100.1", 1, True))
        first.register("ana")
        self.assertIsNotNone(self.registry.server.admit("198.51.100.1", 1, True))

    def test_nothing_kept(self) -> None:
        """What floods leave behind is forgotten when they are over."""
        for number in range(200):
            client = self.registry.connect(host=f"192.0.2.{number}")
            client.register(f"nome{number}")
            client.lose()
        admission = self.registry.office.admission
        self.assertEqual((admission.unregistered, dict(admission._connections)), (0, {}))
        self.registry.pass_time(31)
        self.assertLessEqual(len(admission._names), 200)
        self.registry.pass_time(60)
        self.assertEqual(len(admission._names), 0)

    def test_this_machine(self) -> None:
        """Without --limitar-loopback this machine is not limited."""
        registry = Registry(Limits(conexoes=1))
        for _ in range(4):
            registry.connect()
        (client,) = registry.people("ana")
        client.raw(VIVO * 1000)
        self.assertEqual({type(m) for m in client.heard()}, {messages.VivoOk})
        self.assertEqual(client.ask(messages.PedidoConsulta("eva")).codigo, Codigo.NAO_ENCONTRADO)
