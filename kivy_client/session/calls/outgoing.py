"""The first act of a call that this side makes."""

import os

from twisted.python.failure import Failure

from kivy_client.session.calls.acts import Act
from kivy_client.session.calls.call import Call, Router
from kivy_client.session.calls.causes import ERRORS, REFUSALS
from kivy_client.session.calls.dialing import new_dialing
from kivy_client.session.calls.timing import Timer
from kivy_client.session.calls.world import CallError, CallParts
from kivy_client.session.vocabulary import CallPhase, EndCause
from kivy_client.session.voice import SoundError
from registro.wire.errors import Codigo, Fim, Recusa
from registro.wire.messages import (
    Chave,
    Convite,
    ConviteAceito,
    ConviteRejeitado,
    EncerrarLigacao,
    Erro,
    Tocando,
)
from voz.candidates import read_candidates
from voz.handshake import CALL_ID_SIZE, Caller, HandshakeError, Party, Reply
from voz.net import Candidate, Role


class OutgoingCall(Call):
    """A call to `name`."""

    role = Role.CALLER

    def __init__(self, parts: CallParts, name: str) -> None:
        super().__init__(parts, os.urandom(CALL_ID_SIZE), name, CallPhase.CALLING)
        self.first = self._dialing = new_dialing(Act(self, Timer(parts.clock)))
        self._caller: Caller | None = None
        self._unsaid: Chave | None = None
        routes: Router = {
            Tocando: lambda _: self._dialing.rings(),
            ConviteAceito: self._answered,
            ConviteRejeitado: self._rejected,
        }
        self._routes |= routes

    def start(self) -> None:
        """Look the name up, then invite."""
        self.parts.world.find(self.view.name).addCallbacks(self._found, self._not_found)

    def _found(self, peer: Party) -> None:
        if self.ended:
            return
        self.met(peer)
        parts = self.parts
        key = parts.identity.signing_key
        self.keys = self._caller = Caller(parts.me, key, peer, parts.wall(), call_id=self.call_id)
        self._dialing.found()

    def _not_found(self, failure: Failure) -> None:
        error = failure.value
        if not isinstance(error, CallError):
            failure.raiseException()
        else:
            self._dialing.failed(error.cause, error.reason)

    # the machine's port

    def invite(self) -> None:
        """Send CONVITE and get the voice ready."""
        assert self._caller is not None
        try:
            self.open_voice()
        except SoundError as error:
            self._dialing.failed(EndCause.SOUND_FAILED, str(error))
            return
        promise = self._caller.invitation
        invitation = Convite(
            self.call_id, promise.commitment, promise.hour, promise.signature, para=self.view.name
        )
        if not self.parts.world.say(invitation, self._invitation_refused):
            self._dialing.failed(EndCause.SERVER_GONE, "")

    def withdraw(self) -> None:
        """Tell the registry that the call is given up."""
        self.parts.world.owe(EncerrarLigacao(self.call_id, Fim.CANCELADA))

    def open_key(self, reply: Reply, candidates: tuple[Candidate, ...]) -> None:
        """Check the acceptance, send CHAVE, and go on to talk; or end the call as forged."""
        assert self._caller is not None
        try:
            opening, secrets = self._caller.open(reply)
        except HandshakeError as error:
            self.forged(error)
            return
        key = Chave(self.call_id, opening.ephemeral, self.my_candidates(), opening.signature)
        if not self.parts.world.say(key, self._key_refused):
            self._unsaid = key
        self.begin(secrets, candidates)

    # what the wire says

    def _answered(self, message: ConviteAceito) -> None:
        self._dialing.answered(Reply(message.efemera, message.sig), read_candidates(message.candidatos))

    def _rejected(self, message: ConviteRejeitado) -> None:
        if message.codigo == Recusa.CRUZADA:
            self._dialing.crossed()
        else:
            self._dialing.failed(REFUSALS[Recusa(message.codigo)], message.motivo or "")

    def _invitation_refused(self, erro: Erro) -> None:
        self._dialing.failed(ERRORS.get(Codigo(erro.codigo), EndCause.FAULT), erro.motivo)

    def _key_refused(self, erro: Erro) -> None:
        self.talking.ended_there(EndCause.HUNG_UP_THERE, "")

    # what happens around it

    def hang_up(self) -> None:
        """Give up, or hang up."""
        self._dialing.give_up()
        super().hang_up()

    def server_lost(self) -> None:
        """A ring ends with the connection; a conversation does not."""
        self._dialing.failed(EndCause.SERVER_GONE, "")
        super().server_lost()

    def server_back(self) -> None:
        """Say the key that could not be said."""
        key, self._unsaid = self._unsaid, None
        if key is not None and not self.ended:
            self.parts.world.say(key, self._key_refused)
        super().server_back()
