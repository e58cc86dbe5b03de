"""Which request goes to which handler, and what each has to pass on the way."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus

from twisted.internet.interfaces import IReactorTime

from registro.panel import pages
from registro.panel.actions import ACTIONS, READINGS, doing, reading
from registro.panel.desk import Desk, for_members, for_our_page
from registro.panel.exchange import Answer, Ask, Handler, Reply, sorry
from registro.panel.live import Live
from registro.panel.status import Reason

Routes = Mapping[tuple[str, str], Handler]


class Panel:
    """The whole panel as one function from what is asked to what is answered."""

    def __init__(self, desk: Desk, clock: IReactorTime) -> None:
        self._hosts = desk.hosts
        self._routes = {**_open_routes(desk), **_member_routes(desk, Live(desk, clock))}
        self._paths = {path for _, path in self._routes}

    def answer(self, ask: Ask) -> Answer:
        """Answer one request; one that was sent to another name than ours goes no further."""
        if not self._hosts.allows(ask.header("host")):
            return sorry(HTTPStatus.MISDIRECTED_REQUEST, Reason.OTHER_HOST)
        method = "GET" if ask.method == "HEAD" else ask.method
        handler = self._routes.get((method, ask.path))
        if handler is not None:
            return handler(ask)
        if ask.path in self._paths:
            return sorry(HTTPStatus.METHOD_NOT_ALLOWED, Reason.WRONG_METHOD)
        return sorry(HTTPStatus.NOT_FOUND, Reason.NOTHING_HERE)


def _open_routes(desk: Desk) -> Routes:
    """List what anybody may ask for."""
    assets = pages.load_assets()
    page, door = assets["painel.html"], assets["entrar.html"]
    routes: dict[tuple[str, str], Handler] = {
        ("GET", f"/{name}"): _always(reply) for name, reply in assets.items() if not name.endswith(".html")
    }
    routes["GET", "/"] = pages.home(desk, page, door)
    routes["GET", "/entrar"] = _always(door)
    routes["POST", "/entrar"] = pages.enter(desk)
    routes["GET", "/metrics"] = pages.scrape(desk)
    routes["GET", "/saude"] = pages.health(desk)
    return routes


def _member_routes(desk: Desk, live: Live) -> Routes:
    """List what needs a session; what changes anything needs to come from our page, too."""
    routes: dict[tuple[str, str], Handler] = {
        ("GET", "/eventos"): live.stream,
        ("GET", "/qr.svg"): for_members(desk, pages.picture(desk)),
        ("POST", "/api/filtro"): for_our_page(desk, live.narrow),
        ("POST", "/api/sair"): for_our_page(desk, pages.leave(desk)),
    }
    for name, read in READINGS.items():
        routes["GET", f"/api/{name}"] = for_members(desk, reading(desk, read))
    for name, action in ACTIONS.items():
        routes["POST", f"/api/{name}"] = for_our_page(desk, doing(desk, name, action))
    return routes


def _always(reply: Reply) -> Handler:
    return lambda _: reply
