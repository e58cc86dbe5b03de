"""The live events of the open pages: the feed, ticked while somebody watches."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from http import HTTPStatus

from twisted.internet.interfaces import IReactorTime
from twisted.internet.task import LoopingCall
from twisted.logger import Logger

from registro.panel.desk import Desk
from registro.panel.exchange import Answer, Ask, Reply, Sink, Stream, done, read_fields, sorry
from registro.panel.feed import INTERVAL, Feed, Watcher, event
from registro.panel.status import Reason

_log = Logger()


class Live:
    """`/eventos` and `/api/filtro`: the streams of the open pages, and what each wants of the messages."""

    def __init__(self, desk: Desk, clock: IReactorTime) -> None:
        self._desk = desk
        self._feed = Feed(desk.house)
        self._loop = LoopingCall(self._tick)
        self._loop.clock = clock

    def stream(self, ask: Ask) -> Answer:
        """Open the stream of a page; its first event names the watcher and gives the session's mark."""
        session = self._desk.session(ask)
        if session is None:
            return sorry(HTTPStatus.UNAUTHORIZED, Reason.NO_SESSION)
        if self._feed.full:
            return sorry(HTTPStatus.SERVICE_UNAVAILABLE, Reason.TOO_MANY_PAGES)
        return Stream(lambda sink: self._start(sink, session.csrf))

    def narrow(self, ask: Ask) -> Reply:
        """Change the filter of the page that says its watcher's name."""
        fields = read_fields(ask.body, ("watcher", "nome", "verbo"))
        if fields is None or not self._feed.narrow(fields["watcher"], fields["nome"], fields["verbo"]):
            return sorry(HTTPStatus.BAD_REQUEST, Reason.UNREADABLE)
        return done()

    def _start(self, sink: Sink, csrf: str) -> Callable[[], None]:
        watcher = Watcher(secrets.token_urlsafe(12), sink)
        self._feed.watch(watcher)
        sink.send(event("ola", {"watcher": watcher.ident, "csrf": csrf}))
        if not self._loop.running:
            self._loop.start(INTERVAL, now=False)
        return lambda: self._stop(watcher)

    def _stop(self, watcher: Watcher) -> None:
        self._feed.unwatch(watcher)
        if not len(self._feed) and self._loop.running:
            self._loop.stop()

    def _tick(self) -> None:
        try:
            self._feed.tick(self._desk.now())
        except Exception:  # noqa: BLE001 - one bad look must not end the live pages; it is logged with its trace
            _log.failure("o painel não pôde mostrar um instante")
