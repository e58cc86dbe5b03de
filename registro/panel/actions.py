"""What the page can make the daemon do, a table of actions with their fields, and what it can list."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus

from twisted.internet.defer import Deferred, maybeDeferred
from twisted.logger import Logger
from twisted.python.failure import Failure

from registro.panel.desk import Desk
from registro.panel.exchange import Answer, Ask, Handler, Reply, done, read_fields, sorry
from registro.panel.plain import plain
from registro.panel.status import BanKind, House, Reason, RefusedError

MAX_NAMES = 200
_log = Logger()
_Fields = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Action:
    """One command: its fields, and how the daemon is told."""

    fields: tuple[str, ...]
    run: Callable[[House, _Fields], object]


def _kind(fields: _Fields) -> BanKind:
    try:
        return BanKind(fields["tipo"])
    except ValueError:
        raise RefusedError(Reason.NO_KIND) from None


ACTIONS: Mapping[str, Action] = {
    "abrir": Action((), lambda house, _: house.open()),
    "fechar": Action((), lambda house, _: house.close()),
    "banir": Action(
        ("tipo", "valor", "motivo"), lambda house, f: house.ban(_kind(f), f["valor"].strip(), f["motivo"])
    ),
    "perdoar": Action(("tipo", "valor"), lambda house, f: house.lift(_kind(f), f["valor"])),
    "liberar": Action(("nome",), lambda house, f: house.free(f["nome"])),
    "convidar": Action(("nota",), lambda house, f: house.invite(f["nota"])),
    "revogar": Action(("convite",), lambda house, f: house.revoke(f["convite"])),
}

READINGS: Mapping[str, Callable[[House, str], object]] = {
    "banidos": lambda house, _: house.bans(),
    "convites": lambda house, _: house.invitations(),
    "nomes": lambda house, prefix: house.names(prefix, MAX_NAMES),
}


def doing(desk: Desk, name: str, action: Action) -> Handler:
    """Make the handler of an action."""

    def handle(ask: Ask) -> Answer:
        fields = read_fields(ask.body, action.fields)
        if fields is None:
            return sorry(HTTPStatus.BAD_REQUEST, Reason.UNREADABLE)
        _log.info("painel: {action} {fields}", action=name, fields=dict(fields))
        return _when_done(maybeDeferred(action.run, desk.house, fields))

    return handle


def reading(desk: Desk, read: Callable[[House, str], object]) -> Handler:
    """Make the handler of a list."""
    return lambda ask: _when_done(maybeDeferred(read, desk.house, ask.query.get("prefixo", "")[:256]))


def _when_done(result: Deferred[object]) -> Deferred[Reply]:
    """Answer when the daemon has: its value, or its reason not to."""
    return result.addCallbacks(lambda value: done(plain(value)), _refused)


def _refused(failure: Failure) -> Reply:
    if isinstance(failure.value, RefusedError):
        return sorry(HTTPStatus.CONFLICT, failure.value.reason, failure.value.values)
    _log.failure("o painel não pôde fazer o que lhe pediram", failure)
    return sorry(HTTPStatus.INTERNAL_SERVER_ERROR, Reason.INSIDE)
