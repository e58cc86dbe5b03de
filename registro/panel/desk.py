"""Who is asking: the session that a cookie stands for, and the guards that stand before reading and doing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus

from registro.panel.access import Session, Sessions, same
from registro.panel.exchange import Answer, Ask, Handler, Reply, sorry
from registro.panel.guard import HostRule, same_origin
from registro.panel.status import House, Reason


@dataclass(frozen=True, slots=True)
class Desk:
    """What the handlers work with: the daemon, who may come in, the clock (Unix seconds)."""

    house: House
    sessions: Sessions
    hosts: HostRule
    tls: bool
    now: Callable[[], float]
    metrics_token: str | None = None

    def cookie_name(self, ask: Ask) -> str:
        """Name the cookie; browsers do not keep the ports of one host apart, so the port is in the name."""
        return f"{'__Host-sala' if self.tls else 'sala'}-{ask.port}"

    def cookie(self, ask: Ask) -> str:
        """Give the value of the session's cookie, empty when there is none."""
        return ask.cookies.get(self.cookie_name(ask), "")

    def session(self, ask: Ask) -> Session | None:
        """Give the session whose cookie came along."""
        return self.sessions.find(self.cookie(ask), self.now())

    def ours(self, ask: Ask) -> bool:
        """Whether a page of our own sent this."""
        return same_origin(ask.header("origin"), ask.header("host"), self.tls)


def for_members(desk: Desk, handler: Handler) -> Handler:
    """Let only those through who have a session."""

    def guarded(ask: Ask) -> Answer:
        if desk.session(ask) is None:
            return sorry(HTTPStatus.UNAUTHORIZED, Reason.NO_SESSION)
        return handler(ask)

    return guarded


def for_our_page(desk: Desk, handler: Handler) -> Handler:
    """Let only those through who ask from a page of ours with the mark of their session, in JSON."""

    def guarded(ask: Ask) -> Answer:
        return _refusal(desk, ask) or handler(ask)

    return guarded


def _refusal(desk: Desk, ask: Ask) -> Reply | None:
    session = desk.session(ask)
    if session is None:
        return sorry(HTTPStatus.UNAUTHORIZED, Reason.NO_SESSION)
    if not desk.ours(ask):
        return sorry(HTTPStatus.FORBIDDEN, Reason.OTHER_ORIGIN)
    if not same(ask.header("x-sala"), session.csrf):
        return sorry(HTTPStatus.FORBIDDEN, Reason.NO_MARK)
    if not speaks_json(ask):
        return sorry(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, Reason.NOT_JSON)
    return None


def speaks_json(ask: Ask) -> bool:
    """Whether the body says it is JSON, which a form of another site cannot say without asking first."""
    return ask.header("content-type").partition(";")[0].strip().lower() == "application/json"
