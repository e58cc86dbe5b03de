"""The exchange: the one call there may be, which lines belong to it, and what happens at its edges."""

from collections.abc import Callable
from dataclasses import replace
from typing import Protocol, TypeVar

from twisted.internet.defer import Deferred

from kivy_client.session.answers import Refused
from kivy_client.session.calls.call import Call
from kivy_client.session.calls.incoming import IncomingCall
from kivy_client.session.calls.outgoing import OutgoingCall
from kivy_client.session.calls.world import CallParts, Ending
from kivy_client.session.debts import Crossing, Debts
from kivy_client.session.trust import Trust
from kivy_client.session.vocabulary import CallPhase, EndCause
from kivy_client.session.voice import Voice, VoiceListener, VoiceMaker, VoiceRequest
from kivy_client.session.wishes import Wishes
from registro.wire.errors import Recusa
from registro.wire.messages import (
    Caminhos,
    Chave,
    Convite,
    ConviteAceito,
    ConviteRejeitado,
    EncerrarLigacao,
    Erro,
    Ligacao,
    Message,
    Pacote,
    Tocando,
)
from voz.handshake import Party
from voz.net import Role
from voz.stats import CallReport

T = TypeVar("T")

OF_A_CALL = (
    Tocando,
    ConviteAceito,
    ConviteRejeitado,
    Chave,
    Ligacao,
    Caminhos,
    EncerrarLigacao,
    Pacote,
)


class Registry(Protocol):
    """What the exchange needs of the connection."""

    @property
    def on_loopback(self) -> bool:
        """The registry is on this machine."""

    def say(self, message: Message, refused: Refused | None = None) -> bool:
        """Send a line; False when not connected."""

    def in_call(self, on: bool) -> None:
        """A call is on or not."""


class ExchangeListener(Protocol):
    """Who is told what happens to the call."""

    def call_changed(self, call: Call | None) -> None:
        """This is the call now."""

    def call_rings(self, call: Call) -> None:
        """Somebody calls; it is who it says it is."""

    def second_caller(self, name: str) -> None:
        """Somebody called while a call is on, and heard busy."""

    def call_over(self, call: Call, ending: Ending) -> None:
        """This was the call."""


class Exchange:
    """One call at a time. It is the world of that call."""

    def __init__(
        self,
        registry: Registry,
        trust: Trust,
        voices: VoiceMaker,
        wishes: Wishes,
        listener: ExchangeListener,
        parts: Callable[["Exchange"], CallParts],
        ready: Callable[[], Deferred[None]],
    ) -> None:
        self._registry, self._trust, self._voices = registry, trust, voices
        self._wishes, self._listener = wishes, listener
        self._parts, self._ready = parts, ready
        self.call: Call | None = None
        self._crossing = Crossing()
        self._debts = Debts()
        self.closing: set[Deferred[CallReport | None]] = set()

    # what the person does

    def dial(self, name: str) -> None:
        """Call a name; there is no call on."""
        call = OutgoingCall(self._parts(self), name)
        self._take(call)
        call.start()

    def _take(self, call: Call) -> None:
        self.call = call
        self._registry.in_call(True)
        self._listener.call_changed(call)

    # what the registry says

    def received(self, message: Message) -> bool:
        """Take a line of a call; False if it is none."""
        if isinstance(message, Convite):
            self._invited(message)
            return True
        if not isinstance(message, OF_A_CALL):
            return False
        if self.call is not None and message.chamada == self.call.call_id:
            self.call.received(message)
        else:
            self._crossing.received(message.chamada, message)
        return True

    def _invited(self, invitation: Convite) -> None:
        caller = invitation.de or ""
        if self._wishes.blocked(caller):
            self._registry.say(ConviteRejeitado(invitation.chamada, Recusa.RECUSADO))
        elif self.call is None:
            self._incoming(invitation)
        elif isinstance(self.call, OutgoingCall) and self.call.view.name == caller and not self.call.accepted:
            self._crossing.hold(invitation)
        else:
            self._registry.say(ConviteRejeitado(invitation.chamada, Recusa.OCUPADO))
            self._listener.second_caller(caller)

    def _incoming(self, invitation: Convite) -> IncomingCall:
        call = IncomingCall(self._parts(self), invitation)
        self.call = call
        call.start()
        return call

    def online(self) -> None:
        """The registry is back: say what could not be said."""
        for message in self._debts.take(self._parts(self).clock.seconds()):
            self._registry.say(message)
        if self.call is not None:
            self.call.server_back()

    def offline(self) -> None:
        """The registry is away."""
        self._crossing.take()
        if self.call is not None:
            self.call.server_lost()

    # the world of the call

    def say(self, message: Message, refused: Refused | None = None) -> bool:
        """Send a line now."""
        return self._registry.say(message, refused or _passed_over)

    def owe(self, message: Message) -> None:
        """Send a line now or later."""
        if not self.say(message):
            self._debts.add(message, self._parts(self).clock.seconds())

    def find(self, name: str) -> Deferred[Party]:
        """Look up whom we call, or who calls, while the voice engine is loaded."""
        calling = isinstance(self.call, IncomingCall)
        found = self._trust.caller(name) if calling else self._trust.find(name)
        return self._ready().addCallback(lambda _: found)

    def suspect(self, name: str, genuine: Callable[[Party], bool]) -> Deferred[EndCause]:
        """Find out what a signature that does not fit means."""
        return self._trust.suspect(name, genuine)

    def make_voice(self, role: Role, call_id: str, name: str, listener: VoiceListener) -> Voice:
        """Return the voice of the call, as the person wishes it for this name."""
        policy, volume = self._wishes.policy(name), self._wishes.volume(name)
        request = VoiceRequest(role, call_id, policy, self._registry.on_loopback, volume)
        return self._voices(request, listener)

    def changed(self, call: Call) -> None:
        """The view of the call has changed; one that has not been vouched for is not shown."""
        if call is not self.call:
            return
        if isinstance(call, IncomingCall) and not call.rang:
            return
        self._listener.call_changed(call)

    def ringing(self, call: Call) -> None:
        """It rings here."""
        self._registry.in_call(True)
        self._listener.call_rings(call)

    def over(self, call: Call, ending: Ending) -> None:
        """The call is over; a crossed one takes its place."""
        self.call = None
        self._registry.in_call(False)
        self.closing.add(ending.closed)
        ending.closed.addBoth(self._closed, ending.closed)
        crossed, relay = self._crossing.take()
        if ending.cause is EndCause.CROSSED and crossed is not None:
            self._answer_crossed(crossed, relay)
            return
        if crossed is not None:
            self._registry.say(ConviteRejeitado(crossed.chamada, Recusa.RECUSADO))
        if ending.cause is EndCause.CROSSED:
            ending = replace(ending, cause=EndCause.BUSY)
        self._listener.call_over(call, ending)

    def _answer_crossed(self, crossed: Convite, relay: Ligacao | None) -> None:
        """Accept the call that crossed ours: the person wanted that one."""
        call = IncomingCall(self._parts(self), crossed, CallPhase.SECURING)
        self._take(call)
        if relay is not None:
            call.received(relay)
        call.accept()
        call.start()

    def _closed(self, result: T, closed: Deferred[CallReport | None]) -> T:
        self.closing.discard(closed)
        return result


def _passed_over(erro: Erro) -> None:
    """An ERRO for a line of a call that needs no answer: the call is over for the registry, or was never
    there.
    """
