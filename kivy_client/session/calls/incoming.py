"""The first act of a call that the other side makes."""

from twisted.python.failure import Failure

from kivy_client.session.calls.acts import Act
from kivy_client.session.calls.answering import new_answering
from kivy_client.session.calls.call import Call
from kivy_client.session.calls.causes import cause_of
from kivy_client.session.calls.timing import Timer
from kivy_client.session.calls.world import CallError, CallParts
from kivy_client.session.vocabulary import CallPhase, EndCause
from kivy_client.session.voice import SoundError
from registro.wire.errors import Fim, Recusa
from registro.wire.messages import (
    Chave,
    Convite,
    ConviteAceito,
    ConviteRejeitado,
    Erro,
    Ligacao,
    Tocando,
)
from voz.candidates import read_candidates
from voz.handshake import BadSignatureError, Callee, HandshakeError, Invitation, Party, Reply, SeenCalls
from voz.net import Candidate, Role


class _Proof:
    """The invitation's signature, and what it is good for."""

    def __init__(self, parts: CallParts, sent: Convite) -> None:
        self._parts = parts
        self._invitation = Invitation(sent.chamada, sent.compromisso, sent.hora, sent.sig)

    def checked(self, peer: Party, seen: SeenCalls) -> Callee:
        """Return our side of the key exchange; raises HandshakeError."""
        parts = self._parts
        key = parts.identity.signing_key
        return Callee(parts.me, key, peer, self._invitation, parts.wall(), seen)

    def genuine(self, peer: Party) -> bool:
        """Say whether the invitation is good under this key."""
        try:
            self.checked(peer, SeenCalls())
        except HandshakeError:
            return False
        return True


class IncomingCall(Call):
    """A call by the one who sent this CONVITE."""

    role = Role.CALLEE

    def __init__(self, parts: CallParts, invitation: Convite, phase: CallPhase = CallPhase.INCOMING) -> None:
        assert invitation.de is not None
        super().__init__(parts, invitation.chamada, invitation.de, phase)
        self.rang = False
        self.first = self._answering = new_answering(Act(self, Timer(parts.clock)))
        self._callee: Callee | None = None
        self._relay: Ligacao | None = None
        self._proof = _Proof(parts, invitation)
        self._routes |= {Chave: self._opened, Ligacao: self._relay_offered}

    def start(self) -> None:
        """Find out who it is; ring only then."""
        self.parts.world.find(self.view.name).addCallbacks(self._found, self._not_found)

    def _found(self, peer: Party) -> None:
        if self.ended:
            return
        try:
            self.keys = self._callee = self._proof.checked(peer, self.parts.seen)
        except BadSignatureError:
            self.parts.world.suspect(peer.name, self._proof.genuine).addCallback(self._answering.doubted)
        except HandshakeError as error:
            self._answering.doubted(cause_of(error))
        else:
            self.met(peer)
            self._answering.vouched()

    def _not_found(self, failure: Failure) -> None:
        error = failure.value
        if not isinstance(error, CallError):
            failure.raiseException()
        else:
            self._answering.doubted(error.cause)

    # the machine's port

    def ring(self, aloud: bool) -> bool:
        """Send TOCANDO, get the voice ready, and ring; False if that failed, and the call with it."""
        try:
            self.open_voice()
        except SoundError as error:
            self.reject(Recusa.RECUSADO, "")
            self._answering.failed(EndCause.SOUND_FAILED, str(error))
            return False
        if self._relay is not None:
            self._credentials(self._relay)
        self.rang = True
        self.parts.world.say(Tocando(self.call_id))
        if aloud:
            self.parts.world.ringing(self)
        return True

    def reject(self, codigo: Recusa, reason: str) -> None:
        """Send CONVITE-REJEITADO."""
        self.parts.world.say(ConviteRejeitado(self.call_id, codigo, reason or None))

    def answer(self) -> None:
        """Send CONVITE-ACEITO."""
        assert self._callee is not None
        self.accepted = True
        reply = self._callee.accept()
        self.parts.world.say(
            ConviteAceito(self.call_id, reply.ephemeral, self.my_candidates(), reply.signature),
            self._acceptance_refused,
        )

    def finish_key(self, reply: Reply, candidates: tuple[Candidate, ...]) -> None:
        """Check CHAVE and go on to talk; or end the call as forged."""
        assert self._callee is not None
        try:
            secrets = self._callee.finish(reply)
        except HandshakeError as error:
            self.forged(error)
            return
        self.begin(secrets, candidates)

    def withdraw(self) -> None:
        """Tell the registry that the accepted call is over."""
        self.close(Fim.NORMAL)

    # what the wire says

    def _relay_offered(self, message: Ligacao) -> None:
        """No socket is opened for somebody who is not who he says: kept until that is known."""
        self._relay = message
        self._credentials(message)

    def _opened(self, message: Chave) -> None:
        self._answering.opened(Reply(message.efemera, message.sig), read_candidates(message.candidatos))

    def _acceptance_refused(self, erro: Erro) -> None:
        self._answering.failed(EndCause.CANCELLED, "")

    # what the person does, and what happens around it

    def accept(self) -> None:
        """Answer."""
        self._answering.accept()

    def refuse(self, reason: str) -> None:
        """Do not answer."""
        self._answering.refuse(reason)

    def hang_up(self) -> None:
        """Refuse, or hang up."""
        self._answering.refuse("")
        super().hang_up()

    def server_lost(self) -> None:
        """A ring ends with the connection; what was accepted does not."""
        self._answering.server_lost()
        super().server_lost()
