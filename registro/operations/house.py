"""The daemon as its panel commands it: what the operator may do, each by the room that does it."""

from __future__ import annotations

import secrets
from typing import TypeVar

from twisted.internet.defer import Deferred, fail

from registro.daemon import Daemon
from registro.edge.listen import ListenError
from registro.operations.faults import Faults
from registro.operations.overview import DaemonOverview
from registro.operations.subjects import checked
from registro.panel.status import Ban, BanKind, Invitation, OwnedName, Reason, RefusedError
from registro.storage import interface as store
from registro.wire.fields import b64

_T = TypeVar("_T")
SECRET_BYTES = 16
_SENSELESS = {BanKind.NAME: Reason.NO_NAME, BanKind.KEY: Reason.NO_KEY, BanKind.RANGE: Reason.NO_RANGE}


class DaemonHouse(DaemonOverview):
    """The `House` of a daemon: the same way through the store as `salaregistro-admin`, and at once."""

    def __init__(self, daemon: Daemon, faults: Faults) -> None:
        super().__init__(daemon, faults)
        self._overseer = daemon.overseer
        self._store = self._office.store

    def _now(self) -> int:
        return int(self._office.wall())

    def open(self) -> None:
        """Accept connections again."""
        try:
            self._daemon.drain.open()
        except ListenError as error:
            raise RefusedError(Reason.SHUT, lugar=error.place, porque=error.reason) from error

    def close(self) -> None:
        """Stop accepting, and drain."""
        self._daemon.drain.close()

    def names(self, prefix: str, limit: int) -> Deferred[tuple[OwnedName, ...]]:
        """List owned names."""
        found = self._store.names(prefix.lower(), limit)
        return found.addCallback(lambda names: tuple(map(_owned, names)))

    def free(self, name: str) -> Deferred[None]:
        """Make a name claimable again."""
        return _or_refuse(self._overseer.free(name, self._now()), RefusedError(Reason.NOBODY, nome=name))

    def bans(self) -> Deferred[tuple[Ban, ...]]:
        """List the bans."""
        return self._store.bans().addCallback(lambda bans: tuple(map(_ban, bans)))

    def ban(self, kind: BanKind, value: str, reason: str) -> Deferred[None]:
        """Keep somebody out."""
        try:
            value = checked(store.BanKind(kind.value), value)
        except ValueError:
            return fail(RefusedError(_SENSELESS[kind], valor=value))
        return self._overseer.ban(store.Ban(store.BanKind(kind.value), value, self._now(), reason))

    def lift(self, kind: BanKind, value: str) -> Deferred[None]:
        """Let somebody in again."""
        lifted = self._overseer.lift(store.BanKind(kind.value), value, self._now())
        return _or_refuse(lifted, RefusedError(Reason.NOT_BANNED, valor=value))

    def invitations(self) -> Deferred[tuple[Invitation, ...]]:
        """List the invitations, without their secrets."""
        return self._store.invitations().addCallback(lambda made: tuple(map(_invitation, made)))

    def invite(self, note: str) -> Deferred[str]:
        """Make an invitation."""
        secret = secrets.token_urlsafe(SECRET_BYTES)
        return self._overseer.invite(secret, note, self._now()).addCallback(lambda _: secret)

    def revoke(self, ident: str) -> Deferred[None]:
        """Make an invitation worthless."""
        number = int(ident) if ident.isascii() and ident.isdigit() and len(ident) < 16 else -1
        return _or_refuse(self._overseer.revoke(number, self._now()), RefusedError(Reason.NO_INVITATION))


def _or_refuse(done: Deferred[bool], refused: RefusedError) -> Deferred[None]:
    def judge(result: bool) -> None:
        if not result:
            raise refused

    return done.addCallback(judge)


def _owned(name: store.OwnedName) -> OwnedName:
    return OwnedName(name.nome, b64(name.chave), float(name.desde))


def _ban(ban: store.Ban) -> Ban:
    return Ban(BanKind(ban.tipo.value), ban.valor, float(ban.desde), ban.motivo)


def _invitation(made: store.Invitation) -> Invitation:
    return Invitation(str(made.ident), float(made.desde), made.nota, made.usos)
