"""The page itself, the door before it, the files beside it, and the answers for machines."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from importlib.resources import files

from registro.panel.access import SESSION_LIFETIME, same
from registro.panel.desk import Desk, speaks_json
from registro.panel.exchange import Ask, Handler, Reply, json_reply, read_fields, sorry
from registro.panel.metrics import Metrics
from registro.panel.picture import qr_svg
from registro.panel.status import Reason, Stage

HTML = "text/html; charset=utf-8"
SVG = "image/svg+xml"
_KINDS = {"css": "text/css; charset=utf-8", "js": "text/javascript; charset=utf-8", "svg": SVG, "html": HTML}
_HEALTH = {Stage.OPEN: "ok", Stage.DRAINING: "draining", Stage.CLOSED: "closed"}


def load_assets() -> Mapping[str, Reply]:
    """Read the files of the page once; none holds a secret, and an upgrade is seen at the next request."""
    folder = files("registro.panel") / "assets"
    replies = {}
    for entry in folder.iterdir():
        kind = _KINDS.get(entry.name.rpartition(".")[2])
        if kind is not None:
            headers = (("cache-control", "no-cache"),)
            replies[entry.name] = Reply(HTTPStatus.OK, entry.read_bytes(), kind, headers)
    return replies


def home(desk: Desk, page: Reply, door: Reply) -> Handler:
    """`/`: the panel for those who have a session, the door for all others."""
    shut = Reply(HTTPStatus.UNAUTHORIZED, door.body, HTML)
    opened = Reply(HTTPStatus.OK, page.body, HTML)
    return lambda ask: shut if desk.session(ask) is None else opened


def enter(desk: Desk) -> Handler:
    """`POST /entrar`: exchange the token, which the door read in its own address, for a cookie."""

    def handle(ask: Ask) -> Reply:
        if not desk.ours(ask):
            return sorry(HTTPStatus.FORBIDDEN, Reason.OTHER_ORIGIN)
        fields = read_fields(ask.body, ("token",)) if speaks_json(ask) else None
        cookie = None if fields is None else desk.sessions.enter(fields["token"].strip(), desk.now())
        if cookie is None:
            return sorry(HTTPStatus.FORBIDDEN, Reason.WRONG_KEY)
        return json_reply(
            HTTPStatus.OK, {"ok": True}, (_set_cookie(desk, ask, cookie, int(SESSION_LIFETIME)),)
        )

    return handle


def leave(desk: Desk) -> Handler:
    """`POST /api/sair`: end the session whose cookie came, here and in the browser."""

    def handle(ask: Ask) -> Reply:
        desk.sessions.leave(desk.cookie(ask))
        return json_reply(HTTPStatus.OK, {"ok": True}, (_set_cookie(desk, ask, "", 0),))

    return handle


def picture(desk: Desk) -> Handler:
    """`/qr.svg`: the link as a picture."""
    return lambda _: Reply(HTTPStatus.OK, qr_svg(desk.house.status().place.link), SVG)


def scrape(desk: Desk) -> Handler:
    """`/metrics`: numbers without names; off loopback only for who shows the metrics' own token."""
    metrics = Metrics(desk.house.status)

    def handle(ask: Ask) -> Reply:
        token = desk.metrics_token
        if token is not None and not same(ask.header("authorization"), f"Bearer {token}"):
            refused = sorry(HTTPStatus.UNAUTHORIZED, Reason.WRONG_KEY)
            return Reply(refused.status, refused.body, refused.kind, (("www-authenticate", "Bearer"),))
        body, kind = metrics.render(ask.header("accept"))
        return Reply(HTTPStatus.OK, body, kind)

    return handle


def health(desk: Desk) -> Handler:
    """`/saude`: for a load balancer; 200 while new connections are welcome, else 503 and why."""

    def handle(_: Ask) -> Reply:
        stage = desk.house.stage()
        status = HTTPStatus.OK if stage is Stage.OPEN else HTTPStatus.SERVICE_UNAVAILABLE
        return json_reply(status, {"status": _HEALTH[stage], "estado": stage.value})

    return handle


def _set_cookie(desk: Desk, ask: Ask, value: str, lifetime: int) -> tuple[str, str]:
    """Spell the cookie: unreadable for scripts, unsent from other sites, by TLS alone where there is TLS."""
    parts = [
        f"{desk.cookie_name(ask)}={value}",
        "Path=/",
        f"Max-Age={lifetime}",
        "HttpOnly",
        "SameSite=Strict",
    ]
    if desk.tls:
        parts.append("Secure")
    return "set-cookie", "; ".join(parts)
