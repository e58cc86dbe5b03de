"""A call, whoever made it: what it shows, its voice, and its second act (talking)."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Protocol

from twisted.internet.defer import Deferred, succeed

from kivy_client.session.calls.acts import Act
from kivy_client.session.calls.causes import ENDS_OF_RINGING, ENDS_OF_TALKING, cause_of
from kivy_client.session.calls.ears import VoiceEars
from kivy_client.session.calls.switches import Switches
from kivy_client.session.calls.talking import new_talking
from kivy_client.session.calls.timing import Timer
from kivy_client.session.calls.world import CallParts, Ending
from kivy_client.session.fingerprints import readable_key
from kivy_client.session.state_call import CallView
from kivy_client.session.vocabulary import CallPhase, Caution, Direction, EndCause
from kivy_client.session.voice import Voice
from registro.wire.errors import Fim
from registro.wire.fields import b64
from registro.wire.messages import Caminhos, EncerrarLigacao, Ligacao, Message, Pacote
from voz.candidates import CandidateType, read_candidates
from voz.handshake import CallSecrets, HandshakeError, Party
from voz.net import Candidate, RelayCredentials, Role
from voz.stats import CallReport

Router = dict[type[Message], Callable[[Any], None]]


class FirstAct(Protocol):
    """What a call may do to the machine of its first act, whoever made it."""

    def failed(self, cause: EndCause, reason: str) -> None:
        """The registry or the other side ended it."""


class Exchanger(Protocol):
    """Our side of the key exchange."""

    def forget(self) -> None:
        """Forget the key of this call."""


class Call:
    """One call. Subclasses play its first act and know which messages belong to it."""

    role: Role
    first: FirstAct
    keys: Exchanger | None = None

    def __init__(self, parts: CallParts, call_id: bytes, name: str, phase: CallPhase) -> None:
        self.parts, self.call_id = parts, call_id
        direction = Direction.OUTGOING if self.role is Role.CALLER else Direction.INCOMING
        self.view = CallView(phase, direction, name, parts.wall(), push_to_talk=parts.push_to_talk)
        self.voice: Voice | None = None
        self.accepted = False
        self.ended = False
        self.peer: Party | None = None
        self.secrets: CallSecrets | None = None
        self.switches = Switches(self)
        self.ears = VoiceEars(self)
        self.talking = new_talking(Act(self, Timer(parts.clock)))
        self._routes: Router = {
            Ligacao: self._credentials,
            Caminhos: self._their_paths,
            Pacote: self._packet,
            EncerrarLigacao: self.ended_there,
        }

    # what is shown

    def show(self, **changes: Any) -> None:
        """Change the view and say so."""
        if not self.ended:
            self.view = replace(self.view, **changes)
            self.parts.world.changed(self)

    def phase(self, phase: CallPhase) -> None:
        """Show this phase; the first time of talking starts the clock."""
        if phase is CallPhase.TALKING and self.view.talking_since is None:
            self.show(phase=phase, talking_since=self.parts.wall())
        else:
            self.show(phase=phase)

    def met(self, peer: Party) -> None:
        """The other side and its key are known."""
        self.peer = peer
        self.show(name=peer.name, key=readable_key(peer.key), encryption=self.parts.encryption)

    # the voice

    def open_voice(self) -> None:
        """Get the voice ready; raises SoundError."""
        self.voice = self.parts.world.make_voice(self.role, b64(self.call_id), self.view.name, self.ears)

    def _credentials(self, message: Ligacao) -> None:
        if self.voice is not None:
            relay = RelayCredentials(message.reles, message.usuario, message.senha, message.validade)
            self.voice.allocate(relay)

    def my_candidates(self) -> tuple[str, ...]:
        """Return our addresses as they go into a message, and show which of them reveal where we are."""
        candidates = self.voice.local_candidates if self.voice is not None else ()
        own = {c.address for c in candidates if c.kind is not CandidateType.RELAYED}
        revealed = tuple(sorted(own | set(self.view.path.revealed)))
        if revealed != self.view.path.revealed:
            self.show(path=replace(self.view.path, revealed=revealed))
        return tuple(candidate.format() for candidate in candidates)

    def begin(self, secrets: CallSecrets, candidates: tuple[Candidate, ...]) -> None:
        """Both sides have the keys: talk."""
        assert self.voice is not None
        self.accepted = True
        self.secrets = secrets
        self.show(words=secrets.words)
        self.talking.begin()
        self.voice.reach(candidates)
        self.voice.secure(secrets)
        self.switches.apply()

    def announce(self) -> None:
        """Our addresses are others now: tell the other side, if it can use them already."""
        if self.accepted and not self.ended:
            self.parts.world.say(Caminhos(self.call_id, self.my_candidates()))

    def _their_paths(self, message: Caminhos) -> None:
        if self.voice is not None:
            self.voice.reach(read_candidates(message.candidatos))

    def _packet(self, message: Pacote) -> None:
        if self.voice is not None and self.secrets is not None:
            self.voice.line_received(message.dado)

    # the end

    def close(self, codigo: Fim) -> None:
        """Tell the registry that the call is over, now or when it is back."""
        self.parts.world.owe(EncerrarLigacao(self.call_id, codigo))

    def over(self, cause: EndCause, reason: str) -> None:
        """The call is over."""
        if self.ended:
            return
        if self.keys is not None:
            self.keys.forget()
        self.ears.last_look()
        self.ended = True
        closed: Deferred[CallReport | None]
        if self.voice is None:
            closed = succeed(None)
        else:
            talked = self.secrets is not None
            closed = self.voice.end(send_bye=talked and cause is not EndCause.HUNG_UP_THERE).addCallback(
                _same
            )
        self.parts.world.over(self, Ending(cause, reason, self.parts.wall(), closed))

    def forged(self, error: HandshakeError) -> None:
        """What the other side sent to make the keys is not good: nothing is said to it."""
        self.close(Fim.NORMAL)
        self.over(cause_of(error), "")

    def ended_there(self, message: EncerrarLigacao) -> None:
        """The other side or the registry ended it, in whichever act it is."""
        self.first.failed(ENDS_OF_RINGING[Fim(message.codigo)], message.motivo or "")
        self.talking.ended_there(ENDS_OF_TALKING[Fim(message.codigo)], message.motivo or "")

    # what happens around it

    def received(self, message: Message) -> None:
        """A message of this call came in; one that has no place in it is passed over."""
        route = self._routes.get(type(message))
        if route is not None and not self.ended:
            route(message)

    def hang_up(self) -> None:
        """The person ends it."""
        self.talking.hang_up()

    def distrust(self) -> None:
        """The words are not equal: somebody is in the middle, and the call ends at once."""
        self.talking.abandon(EndCause.FORGED)

    def server_lost(self) -> None:
        """The registry is away; what is accepted goes on."""
        self.ears.caution(Caution.SERVER_AWAY, lasting=True)

    def server_back(self) -> None:
        """The registry is back: it has forgotten nothing, but our addresses may be others."""
        self.ears.no_caution(Caution.SERVER_AWAY)
        self.announce()


def _same(report: CallReport) -> CallReport | None:
    return report
