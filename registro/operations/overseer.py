"""What others do to a running registry through its store: an operator, by the panel or beside it, and, where
several nodes share the store, the other nodes."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from twisted.internet.defer import Deferred, DeferredList, inlineCallbacks
from twisted.internet.interfaces import IDelayedCall

from registro.server import Server
from registro.storage.interface import Action, ActionKind, Ban, BanKind
from registro.trouble import Trouble, What
from registro.wire.errors import Encerramento

POLL = 1.0
"""Seconds between two looks at what others did to the store."""


class Overseer:
    """Carries out what is in the store: `salaregistro-admin` writes there, the daemon looks once a second.

    The store, not a control socket: the same commands work while no daemon runs, the file's owner is all the
    access control there is, and no second protocol has to be kept safe.
    """

    def __init__(self, server: Server) -> None:
        self._server, self._office = server, server.office
        self._due: IDelayedCall | None = None
        self._single: dict[ActionKind, Callable[[Action], object]] = {
            ActionKind.FREED: lambda action: self._free(action.valor),
            ActionKind.CLAIMED: lambda action: self._office.identity.claimed(action.valor, action.chave),
            ActionKind.MISSED: lambda action: self._office.missed.add(action.valor),
        }

    def start(self) -> None:
        """Look once a second from now on."""
        self._due = self._office.clock.callLater(POLL, self._poll)

    def stop(self) -> None:
        """Look no more."""
        if self._due is not None and self._due.active():
            self._due.cancel()

    def _poll(self) -> None:
        self._due = self._office.clock.callLater(POLL, self._poll)
        asked = self._office.store.actions()
        asked.addCallback(self.carry_out)
        asked.addErrback(
            lambda failure: self._office.report(Trouble(What.STORE, porque=failure.getErrorMessage()))
        )

    def carry_out(self, actions: Iterable[Action]) -> Deferred[Any]:
        """Do what was asked for; fires when it is done."""
        kinds = set()
        for action in actions:
            kinds.add(action.tipo)
            if action.tipo in self._single:
                self._single[action.tipo](action)
        waiting = []
        if ActionKind.BANS in kinds:
            waiting.append(self._office.store.bans().addCallback(self._set_bans))
        if ActionKind.INVITATIONS in kinds:
            invitations = self._office.store.invitations()
            waiting.append(
                invitations.addCallback(lambda made: self._office.identity.set_invitations(tuple(made)))
            )
        return DeferredList(waiting, fireOnOneErrback=True, consumeErrors=True)

    def _free(self, nome: str) -> None:
        self._office.identity.freed(nome)
        self._office.missed.discard(nome)
        session = self._office.sessions.get(nome)
        if session is not None:
            self._office.dismiss(session, Encerramento.BANIDO, "o operador liberou este nome")

    def _set_bans(self, bans: list[Ban]) -> None:
        identity = self._office.identity
        identity.set_bans(tuple(bans))
        for link in list(self._server.links):
            session = link.session
            if identity.is_address_banned(link.host) or identity.is_banned(session.nome, session.chave):
                self._office.leave(session)
                session.close(Encerramento.BANIDO, "o operador não aceita esta conexão")

    # The panel's commands: the same way through the store, and at once.

    @inlineCallbacks
    def free(self, nome: str, hora: int) -> Any:
        """Make a name claimable again; False if nobody owned it."""
        freed: bool = yield self._office.store.free(nome, hora)
        if freed:
            self._free(nome)
        return freed

    @inlineCallbacks
    def ban(self, ban: Ban) -> Any:
        """Keep somebody out, and end the connections that this is about."""
        yield self._office.store.ban(ban)
        yield self.carry_out([Action(ActionKind.BANS)])

    @inlineCallbacks
    def lift(self, tipo: BanKind, valor: str, hora: int) -> Any:
        """Let somebody in again; False if nobody kept them out."""
        lifted: bool = yield self._office.store.lift(tipo, valor, hora)
        yield self.carry_out([Action(ActionKind.BANS)])
        return lifted

    @inlineCallbacks
    def invite(self, segredo: str, nota: str, hora: int) -> Any:
        """Keep a new invitation and give its number."""
        ident: int = yield self._office.store.invite(segredo, nota, hora)
        yield self.carry_out([Action(ActionKind.INVITATIONS)])
        return ident

    @inlineCallbacks
    def revoke(self, ident: int, hora: int) -> Any:
        """Forget an invitation; False if there is none of this number."""
        revoked: bool = yield self._office.store.revoke(ident, hora)
        yield self.carry_out([Action(ActionKind.INVITATIONS)])
        return revoked
