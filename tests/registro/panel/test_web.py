"""The panel over HTTP, on a transport in memory: bytes in, bytes out."""

from __future__ import annotations

from http import HTTPStatus

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.internet.defer import Deferred, fail
from twisted.internet.task import Clock
from twisted.internet.testing import StringTransportWithDisconnection
from twisted.protocols.policies import WrappingFactory
from twisted.trial.unittest import TestCase

from registro.panel.exchange import Answer, Ask, Reply, Stream, done
from registro.panel.guard import HEADERS
from registro.panel.web import IDLE, MAX_BODY, MAX_CONNECTIONS, Limited, PanelSite


class Line:
    """A connection of a client to a panel that answers as the test says."""

    def __init__(self, answer: object = None, clock: Clock | None = None) -> None:
        self.asked: list[Ask] = []
        self._answer = answer
        self.clock = clock or Clock()
        site = PanelSite(self._reply)
        channel = site.buildProtocol(None)
        assert channel is not None
        channel.callLater = self.clock.callLater
        self.channel = channel
        self.transport = StringTransportWithDisconnection()
        self.transport.protocol = channel
        channel.makeConnection(self.transport)

    def _reply(self, ask: Ask) -> Answer:
        self.asked.append(ask)
        if callable(self._answer):
            answer: Answer = self._answer(ask)
            return answer
        return done() if self._answer is None else self._answer  # type: ignore[return-value]

    def send(self, text: str | bytes) -> bytes:
        """Send, and give all that came back so far."""
        data = text.encode() if isinstance(text, str) else text
        self.channel.dataReceived(data.replace(b"\n", b"\r\n") if isinstance(text, str) else data)
        came: bytes = self.transport.value()
        return came


GET = "GET /saude?x=1 HTTP/1.1\nHost: 127.0.0.1\n\n"


class WebTests(TestCase):
    """HTTP as it is written."""

    def test_a_request_is_read(self) -> None:
        """Method, path, query, headers, cookies and body arrive as they were sent."""
        line = Line()
        line.send(
            "POST /api/x?prefixo=jo%C3%A3o HTTP/1.1\nHost: 127.0.0.1:5080\nCookie: sala-5080=abc; outro=1\n"
            "Content-Type: application/json\nContent-Length: 2\n\n{}"
        )
        (ask,) = line.asked
        self.assertEqual((ask.method, ask.path, ask.query), ("POST", "/api/x", {"prefixo": "joão"}))
        self.assertEqual(ask.header("host"), "127.0.0.1:5080")
        self.assertEqual(ask.cookies, {"sala-5080": "abc", "outro": "1"})
        self.assertEqual((ask.header("content-type"), ask.body), ("application/json", b"{}"))

    def test_doubled_headers_are_missing(self) -> None:
        """A header that comes twice, which two readers could read in two ways, is no header."""
        line = Line()
        line.send("GET / HTTP/1.1\nHost: 127.0.0.1\nHost: evil.example\n\n")
        self.assertTrue(all(ask.header("host") == "" for ask in line.asked))

    def test_every_answer_is_guarded(self) -> None:
        """The house's headers are on an answer, on a refusal, and on an internal fault."""
        for answer in (None, lambda _: 1 / 0):
            came = Line(answer).send(GET).lower()
            for name, value in HEADERS:
                self.assertIn(f"\r\n{name}: {value}\r\n".lower().encode(), came)
            self.assertNotIn(b"twistedweb", came)
        self.flushLoggedErrors(ZeroDivisionError)

    def test_a_fault_shows_no_trace(self) -> None:
        """When a handler breaks, the answer has no trace; the log has."""
        came = Line(lambda _: 1 / 0).send(GET)
        self.assertTrue(came.startswith(b"HTTP/1.1 500 "))
        self.assertNotIn(b"ZeroDivision", came)
        self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 1)

    def test_a_late_answer(self) -> None:
        """An answer that comes later is written then."""
        late: Deferred[Reply] = Deferred()
        line = Line(late)
        self.assertEqual(line.send(GET), b"")
        late.callback(done("pronto"))
        self.assertIn(b"pronto", line.transport.value())

    def test_a_late_answer_to_nobody(self) -> None:
        """An answer that comes after the client has gone goes nowhere, without a fault."""
        late: Deferred[Reply] = Deferred()
        line = Line(late)
        line.send(GET)
        line.transport.loseConnection()
        late.callback(done())
        self.assertEqual(line.transport.value(), b"")

    def test_a_late_fault(self) -> None:
        """A handler that breaks later is answered like one that breaks at once."""
        came = Line(lambda _: fail(ZeroDivisionError())).send(GET)
        self.assertTrue(came.startswith(b"HTTP/1.1 500 "))
        self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 1)

    def test_a_stream(self) -> None:
        """A stream's events are written as they come, and its end is told when the reader goes."""
        sinks, ended = [], []

        def start(sink: object) -> object:
            sinks.append(sink)
            return lambda: ended.append(1)

        line = Line(Stream(start))  # type: ignore[arg-type]
        came = line.send(GET)
        self.assertNotIn(b"event", came)
        sinks[0].send(b"event: x\ndata: 1\n\n")
        came = line.transport.value()
        self.assertIn(b"text/event-stream", came)
        self.assertIn(b"event: x\ndata: 1\n\n", came)
        self.assertEqual(ended, [])
        line.transport.loseConnection()
        self.assertEqual(ended, [1])

    def test_a_slow_reader_pauses_the_stream(self) -> None:
        """A stream whose transport is full is not ready, until it can write again."""
        sinks: list[object] = []
        line = Line(Stream(lambda sink: sinks.append(sink) or (lambda: None)))  # type: ignore[func-returns-value]
        line.send(GET)
        sink = sinks[0]
        self.assertTrue(sink.ready)
        line.transport.producer.pauseProducing()
        self.assertFalse(sink.ready)
        line.transport.producer.resumeProducing()
        self.assertTrue(sink.ready)

    def test_a_long_body_loses_the_connection(self) -> None:
        """Who posts more than is ever needed is cut off, announced length or not, and no handler sees it."""
        head = "POST /entrar HTTP/1.1\nHost: 127.0.0.1\n"
        fits = Line()
        fits.send(head + f"Content-Length: {MAX_BODY}\n\n" + "x" * MAX_BODY)
        self.assertEqual(len(fits.asked), 1)
        for extra in (f"Content-Length: {MAX_BODY + 1}\n\n" + "x" * (MAX_BODY + 1), ""):
            line = Line()
            if extra:
                line.send(head + extra)
            else:
                line.send(head + f"Transfer-Encoding: chunked\n\n{MAX_BODY + 1:x}\n" + "x" * (MAX_BODY + 1))
            self.assertFalse(line.transport.connected)
            self.assertEqual(line.asked, [])

    def test_a_slow_request_loses_the_connection(self) -> None:
        """Who does not finish a request in time is cut off (slowloris)."""
        line = Line()
        line.send("GET / HTTP/1.1\nHost: 127")
        line.clock.advance(IDLE + 1)
        self.assertTrue(line.transport.disconnecting or not line.transport.connected)

    def test_head_has_no_body(self) -> None:
        """HEAD gets the headers alone."""
        came = Line().send(GET.replace("GET", "HEAD"))
        self.assertTrue(came.startswith(b"HTTP/1.1 200 "))
        self.assertTrue(came.endswith(b"\r\n\r\n"))

    @settings(max_examples=60)
    @given(st.binary(max_size=400))
    def test_fuzzed_requests(self, data: bytes) -> None:
        """Whatever bytes come, the server answers, waits or hangs up, and nothing breaks."""
        line = Line()
        line.send(data + b"\r\n\r\n")
        came = line.transport.value()
        self.assertTrue(not came or came.startswith((b"HTTP/1.", b"HTTP/0")), came[:40])
        self.assertEqual(self.flushLoggedErrors(), [])


class LimitTests(TestCase):
    """How many connections there may be."""

    def test_one_too_many_is_refused(self) -> None:
        """Beyond the limit a connection is refused, and taken again when another has gone."""
        factory = Limited(PanelSite(lambda _: Reply(HTTPStatus.OK, b"")))
        self.assertIsInstance(factory, WrappingFactory)
        lines = []
        for _ in range(MAX_CONNECTIONS):
            protocol = factory.buildProtocol(None)
            assert protocol is not None
            protocol.makeConnection(StringTransportWithDisconnection())
            protocol.wrappedProtocol.setTimeout(None)
            lines.append(protocol)
        self.assertIsNone(factory.buildProtocol(None))
        factory.unregisterProtocol(lines.pop())
        self.assertIsNotNone(factory.buildProtocol(None))

    def test_closing_ends_what_is_open(self) -> None:
        """Closing ends every connection and says when the last is gone; without any, at once."""
        factory = Limited(PanelSite(lambda _: Reply(HTTPStatus.OK, b"")))
        self.successResultOf(factory.close())
        transport = StringTransportWithDisconnection()
        protocol = factory.buildProtocol(None)
        assert protocol is not None
        transport.protocol = protocol
        protocol.makeConnection(transport)
        self.successResultOf(factory.close())
        self.assertFalse(transport.connected)
