"""The end of a call: what happened, what it means, and what to do next."""

from __future__ import annotations

from kivy.properties import BooleanProperty, NumericProperty, StringProperty

from kivy_client.i18n import _
from kivy_client.screens import phrases
from kivy_client.screens.navigation import Front
from kivy_client.screens.room import REFUSALS
from kivy_client.screens.screen import Screen
from kivy_client.session.results import CallResult
from kivy_client.session.state import EndedCall, ViewState
from kivy_client.session.vocabulary import QualityCause
from kivy_client.widgets.look import load_kv


class Ended(Screen):
    """The last call, until it is dismissed or another one begins."""

    front = Front.ENDED
    icon = StringProperty("phone-hangup")
    text = StringProperty("")
    reason = StringProperty("")
    hint = StringProperty("")
    quality = StringProperty("")
    bars = NumericProperty(0)
    can_repeat = BooleanProperty(False)
    can_wait = BooleanProperty(False)
    bad = BooleanProperty(False)
    name = ""

    def render(self, state: ViewState) -> None:
        """Show how it ended."""
        call = state.ended
        if call is None:
            return
        self.name = call.name
        self.icon, self.text, self.hint = (
            phrases.ended_icon(call),
            phrases.ended(call),
            phrases.ended_help(call),
        )
        self.reason = f"“{call.reason}”" if call.reason else ""
        self.can_repeat = call.can_repeat
        self.bad = call.cause in phrases.ALARMING
        self._render_rest(call, state)

    def _render_rest(self, call: EndedCall, state: ViewState) -> None:
        """Quality of a conversation; and the offer to wait, unless that is on already."""
        waiting = any(person.name == call.name and person.waiting for person in state.people)
        self.can_wait = call.cause in phrases.WORTH_WAITING and not waiting
        if waiting:
            self.hint = _("Aviso você quando {name} ficar livre.").format(name=call.name)
        self.bars = call.quality.bars if call.duration else 0
        self.quality = phrases.path_word(call.path) if call.duration else ""
        if call.duration and call.quality.cause is not QualityCause.NONE:
            self.hint += "\n" + phrases.quality(call.quality, call.name)

    def again(self) -> None:
        """Call the same one again."""
        self.desk.do(lambda commands: commands.call_again(), self._began)

    def _began(self, result: CallResult) -> None:
        if result in REFUSALS:
            self.desk.say(_(REFUSALS[result]))

    def wait(self) -> None:
        """Be told when that one is free."""
        name = self.name
        self.desk.do(lambda commands: commands.notify_when_free(name, True))

    def close(self) -> None:
        """Back to the room."""
        self.desk.do(lambda commands: commands.dismiss_ended())

    def escape(self) -> bool:
        """Esc closes."""
        self.close()
        return True


load_kv(__file__)
