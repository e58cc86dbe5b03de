"""The panel on twisted.web: the only file that knows both. A request becomes an `Ask`."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IAddress, IPushProducer
from twisted.logger import Logger
from twisted.protocols.policies import ProtocolWrapper, WrappingFactory
from twisted.python.failure import Failure
from twisted.web import http
from twisted.web.resource import Resource
from twisted.web.server import NOT_DONE_YET, Request, Site
from zope.interface import implementer

from registro.panel.exchange import Answer, Ask, Reply, Stream, sorry
from registro.panel.guard import HEADERS
from registro.panel.status import Reason

MAX_BODY = 4096
MAX_CONNECTIONS = 128
IDLE = 30
_log = Logger()


class PanelRequest(Request):
    """A request whose every answer has the house's headers, and whose body is at most `MAX_BODY`."""

    def process(self) -> None:
        """Set the headers before anything is looked at."""
        for name, value in HEADERS:
            self.setHeader(name, value)
        super().process()

    def handleContentChunk(self, data: bytes) -> None:  # noqa: N802 - Twisted's name
        """Take a piece of the body; a sender of more than is ever needed loses the connection."""
        assert self.content is not None
        if self.content.tell() + len(data) > MAX_BODY:
            self.channel.forceAbortClient()
            return
        super().handleContentChunk(data)


class PanelChannel(http.HTTPChannel):
    """A connection of HTTP/1.1 that reads nothing more once it was given up.

    Twisted's own goes on with the lines behind a bad one and breaks there: a stranger could fill the log.
    """

    _given_up = False

    def loseConnection(self) -> None:  # noqa: N802 - Twisted's name
        """Close when all is written."""
        self._given_up = True
        super().loseConnection()

    def forceAbortClient(self) -> None:  # noqa: N802 - Twisted's name
        """Close at once."""
        self._given_up = True
        super().forceAbortClient()

    def timeoutConnection(self) -> None:  # noqa: N802 - Twisted's name
        """Close a connection that has been idle, which is no news for the log."""
        self.forceAbortClient()

    def lineReceived(self, line: bytes) -> None:
        """Read a line of a head."""
        if not self._given_up:
            super().lineReceived(line)

    def allContentReceived(self) -> None:
        """Hand a whole request on."""
        if not self._given_up:
            super().allContentReceived()


class Gate(Resource):
    """The one resource: every path leads to the panel's own table."""

    def __init__(self, answer: Callable[[Ask], Answer]) -> None:
        super().__init__()
        self.isLeaf = True
        self._answer = answer

    def render(self, request: http.Request) -> bytes | int:
        """Ask the panel and write what it says, now or when it has an answer."""
        assert isinstance(request, Request)
        request.setHeader("server", "sala")
        answer = self._answer(to_ask(request))
        if isinstance(answer, Reply):
            return write_head(request, answer)
        if isinstance(answer, Stream):
            _start(request, answer)
        else:
            _write_later(request, answer)
        return NOT_DONE_YET


class PanelSite(Site):
    """The server of the panel: no log line a request, no trace of a fault on a page."""

    noisy = False
    protocol = PanelChannel  # type: ignore[assignment]

    def __init__(self, answer: Callable[[Ask], Answer]) -> None:
        super().__init__(Gate(answer), requestFactory=PanelRequest, timeout=IDLE)
        self.displayTracebacks = False

    def log(self, request: http.Request) -> None:
        """Say nothing: what is done is in the daemon's log, what is read is nobody's business."""


class Limited(WrappingFactory):
    """Takes at most `MAX_CONNECTIONS` at once: strangers cannot use up the daemon's descriptors here."""

    noisy = False
    _gone: Deferred[None] | None = None

    def buildProtocol(self, addr: IAddress | None) -> ProtocolWrapper | None:  # type: ignore[override]
        """Take one more, or close it at once."""
        return super().buildProtocol(addr) if len(self.protocols) < MAX_CONNECTIONS else None

    def unregisterProtocol(self, p: ProtocolWrapper) -> None:
        """Forget a connection that has ended."""
        super().unregisterProtocol(p)
        self._tell()

    def close(self) -> Deferred[None]:
        """End all connections, the pages that are open among them; fires when they are gone."""
        gone = self._gone = Deferred()
        for protocol in list(self.protocols):
            protocol.abortConnection()
        self._tell()
        return gone

    def _tell(self) -> None:
        gone = self._gone
        if gone is not None and not self.protocols:
            self._gone = None
            gone.callback(None)


@implementer(IPushProducer)
class RequestSink:
    """A request as a sink of events; its transport says when to pause."""

    def __init__(self, request: Request) -> None:
        self._request = request
        self._ready = True

    @property
    def ready(self) -> bool:
        """Whether what was written before has left."""
        return self._ready

    def send(self, data: bytes) -> None:
        """Write to the reader."""
        self._request.write(data)

    def pauseProducing(self) -> None:
        """Stop: what was written has not left yet."""
        self._ready = False

    def resumeProducing(self) -> None:
        """Go on."""
        self._ready = True

    def stopProducing(self) -> None:
        """Stop for good: the reader is gone."""
        self._ready = False


def to_ask(request: Request) -> Ask:
    """Read a request; a doubled header or argument is treated as missing, bad UTF-8 as its replacement."""
    headers = {
        name.decode("latin-1").lower(): values[0].decode("utf-8", "replace")
        for name, values in request.requestHeaders.getAllRawHeaders()
        if len(values) == 1
    }
    query = {
        _text(name): _text(values[0]) for name, values in (request.args or {}).items() if len(values) == 1
    }
    cookies = {_text(name): _text(value) for name, value in request.received_cookies.items()}
    body = b"" if request.content is None else request.content.read()
    port: int = getattr(request.getHost(), "port", 0)
    return Ask(_text(request.method), _text(request.path), headers, query, cookies, body, port)


def write_head(request: Request, reply: Reply) -> bytes:
    """Set status and headers, give the body."""
    request.setResponseCode(reply.status, reply.status.phrase.encode("ascii"))
    request.setHeader("content-type", reply.kind)
    for name, value in reply.headers:
        request.setHeader(name, value)
    return reply.body


def _start(request: Request, stream: Stream) -> None:
    request.setHeader("content-type", "text/event-stream; charset=utf-8")
    request.setHeader("x-accel-buffering", "no")
    sink = RequestSink(request)
    request.registerProducer(sink, True)
    stop = stream.start(sink)
    request.notifyFinish().addBoth(lambda _: stop())


def _write_later(request: Request, answer: Deferred[Reply]) -> None:
    gone: list[Failure] = []
    request.notifyFinish().addErrback(gone.append)

    def write(reply: Reply) -> None:
        if not gone:
            request.write(write_head(request, reply))
            request.finish()

    def fail(failure: Failure) -> Reply:
        _log.failure("o painel não pôde responder", failure)
        return sorry(HTTPStatus.INTERNAL_SERVER_ERROR, Reason.INSIDE)

    answer.addErrback(fail).addCallback(write)


def _text(data: bytes) -> str:
    return data.decode("utf-8", "replace")
