"""Commands about the call."""

from kivy_client.session.calls.incoming import IncomingCall
from kivy_client.session.desks.base import Desk
from kivy_client.session.results import CallResult, Done
from kivy_client.session.vocabulary import Link
from registro.wire.fields import NameError_, canonical_name

LONGEST_REASON = 200


class CallDesk(Desk):
    """Dial, answer, switch, hang up."""

    def call(self, name: str) -> CallResult:
        """Call somebody; one who is calling us just now is answered."""
        exchange = self.session.exchange
        try:
            wanted = canonical_name(name.strip())
        except NameError_:
            return CallResult.BAD_NAME
        obstacle = self._obstacle(wanted)
        if obstacle is CallResult.IN_CALL:
            now = exchange.call
            if isinstance(now, IncomingCall) and now.view.name == wanted and not now.accepted:
                now.accept()
                return CallResult.STARTED
        if obstacle is not CallResult.STARTED:
            return obstacle
        self.session.ringer.stop()
        self.session.stop_check()
        exchange.dial(wanted)
        return CallResult.STARTED

    def _obstacle(self, name: str) -> CallResult:
        """Return what stands in the way of calling this name, or STARTED."""
        session = self.session
        obstacles = (
            (session.exchange.call is not None, CallResult.IN_CALL),
            (session.registry.view.link is not Link.ONLINE, CallResult.OFFLINE),
            (name == session.registry.view.name, CallResult.ONESELF),
            (session.room.contact(name).blocked, CallResult.BLOCKED),
            (session.trust.alarmed(name), CallResult.KEY_CHANGED),
        )
        return next((answer for there, answer in obstacles if there), CallResult.STARTED)

    def call_again(self) -> CallResult:
        """Call the one of the ended call again."""
        ended = self.session.display.state.ended
        return CallResult.NOBODY if ended is None else self.call(ended.name)

    def accept(self) -> Done:
        """Answer."""
        call = self.session.exchange.call
        if not isinstance(call, IncomingCall) or not call.rang or call.accepted:
            return Done.NOTHING
        self.session.stop_check()
        call.accept()
        return Done.DONE

    def refuse(self, reason: str = "") -> Done:
        """Do not answer."""
        call = self.session.exchange.call
        if not isinstance(call, IncomingCall) or call.accepted:
            return Done.NOTHING
        call.refuse(reason.strip()[:LONGEST_REASON])
        return Done.DONE

    def hang_up(self) -> Done:
        """End the call."""
        if self.session.exchange.call is None:
            return Done.NOTHING
        self.session.exchange.call.hang_up()
        return Done.DONE

    def mute(self, on: bool) -> Done:
        """Let nothing of the microphone out."""
        if self.session.exchange.call is None:
            return Done.NOTHING
        self.session.exchange.call.switches.mute(on)
        return Done.DONE

    def push_to_talk(self, pressed: bool) -> Done:
        """The talk key."""
        call = self.session.exchange.call
        if call is None or not call.view.push_to_talk:
            return Done.NOTHING
        call.switches.press(pressed)
        return Done.DONE

    def set_gain(self, gain_db: float) -> Done:
        """How much louder the other side is heard."""
        call = self.session.exchange.call
        if call is None:
            return Done.NOTHING
        call.switches.volume(gain_db)
        self.session.room.keep(call.view.name, gain_db=call.view.gain_db)
        return Done.DONE

    def confirm_words(self, equal: bool) -> Done:
        """The words were compared."""
        call = self.session.exchange.call
        if call is None or not call.view.words:
            return Done.NOTHING
        if equal:
            self.session.room.keep(call.view.name, verified=True)
            self.session.chronicle.call_changed(call)
        else:
            self.session.room.keep(call.view.name, verified=False)
            call.distrust()
        return Done.DONE

    def dismiss_ended(self) -> Done:
        """The screen of the ended call was closed."""
        if self.session.display.state.ended is None:
            return Done.NOTHING
        self.session.display.put(ended=None)
        return Done.DONE
