"""In a call: who, how long, the three words, levels, quality, and what one can do about it."""

from __future__ import annotations

from kivy.properties import BooleanProperty, ListProperty, NumericProperty, StringProperty

from kivy_client.i18n import _
from kivy_client.screens import phrases
from kivy_client.screens.call_details import details_sheet
from kivy_client.screens.call_sheets import route_sheet, volume_sheet, words_differ_sheet
from kivy_client.screens.navigation import Front
from kivy_client.screens.screen import Screen
from kivy_client.session.state import CallView, ViewState
from kivy_client.session.vocabulary import CallPhase
from kivy_client.widgets.focus import SPACE
from kivy_client.widgets.look import load_kv
from kivy_client.widgets.parts import Meter
from kivy_client.widgets.press import CallButton


class TalkButton(CallButton):
    """The button that is held while one talks."""

    held = BooleanProperty(False)


class Talking(Screen):
    """The conversation, from «Protegendo a conversa» on."""

    front = Front.TALKING
    name = StringProperty("")
    status = StringProperty("")
    status_urgent = BooleanProperty(False)
    words = ListProperty([])
    verified = BooleanProperty(False)
    muted = BooleanProperty(False)
    push_to_talk = BooleanProperty(False)
    pressed = BooleanProperty(False)
    bars = NumericProperty(3)
    quality = StringProperty("")
    path = StringProperty("")
    warning = StringProperty("")
    second_caller = StringProperty("")
    secured = BooleanProperty(False)
    since: float | None = None
    call: CallView | None = None

    def render(self, state: ViewState) -> None:
        """Show the call."""
        call = state.call
        if call is None:
            return
        self.call = call
        self.name, self.since = call.name, call.talking_since
        self.words, self.verified = list(call.words), call.verified
        self.muted, self.pressed, self.push_to_talk = call.muted, call.pressed, call.push_to_talk
        self.secured = bool(call.words)
        self._render_quality(call)
        self.tick(self.desk.now())

    def _render_quality(self, call: CallView) -> None:
        talking = call.phase is not CallPhase.SECURING
        self.bars = call.quality.bars if talking else 0
        self.quality = phrases.quality(call.quality, call.name) if talking else ""
        self.path = phrases.path(call.path)
        self.warning = phrases.caution(call)
        last = call.waiting_names[-1] if call.waiting_names else ""
        self.second_caller = _("{name} ligou e ouviu ocupado").format(name=last) if last else ""

    def on_push_to_talk(self, _screen: Talking, on: bool) -> None:
        """Show the talk button only where the settings ask for it."""
        bottom = self.ids.bottom
        for button in [child for child in bottom.children if isinstance(child, TalkButton)]:
            bottom.remove_widget(button)
        if on:
            button = TalkButton(held=self.pressed)
            button.bind(on_press=lambda _b: self.talk(True), on_release=lambda _b: self.talk(False))
            self.bind(pressed=button.setter("held"))
            bottom.add_widget(button, index=len(bottom.children))

    def tick(self, now: float) -> None:
        """Renew the time, or say what goes on instead of it."""
        if self.call is None:
            return
        calm = self.call.phase is CallPhase.TALKING and self.since is not None
        self.status_urgent = self.call.phase is CallPhase.RECONNECTING
        self.status = phrases.clock(now - (self.since or now)) if calm else phrases.phase(self.call)

    def levels(self) -> dict[Meter, float]:
        """The levels of both sides."""
        meters = self.desk.state.meters
        return {self.ids.mine: 0.0 if self.muted else meters.mine, self.ids.theirs: meters.theirs}

    def hang_up(self) -> None:
        """End the call."""
        self.desk.do(lambda commands: commands.hang_up())

    def mute(self) -> None:
        """Turn the microphone off or on."""
        wanted = not self.muted
        self.desk.do(lambda commands: commands.mute(wanted))

    def talk(self, pressed: bool) -> None:
        """The push-to-talk key or button went down or up."""
        if pressed != self.pressed:
            self.pressed = pressed
            self.desk.do(lambda commands: commands.push_to_talk(pressed))

    def confirm(self) -> None:
        """The words are the same on both sides."""
        self.desk.do(lambda commands: commands.confirm_words(True))

    def differ(self) -> None:
        """The words differ: ask once more, then end the call."""
        self.desk.open(words_differ_sheet(self.desk))

    def volume(self) -> None:
        """How loud the other one is heard."""
        self.desk.open(volume_sheet(self.desk))

    def route(self) -> None:
        """Where the sound comes out, and which microphone listens."""
        self.desk.open(route_sheet(self.desk))

    def details(self) -> None:
        """Path, encryption and the figures."""
        self.desk.open(details_sheet(self.desk))

    def key(self, key: int, down: bool) -> bool:
        """Space talks while it is held, if push-to-talk is on; else M mutes."""
        if key == SPACE and self.push_to_talk:
            self.talk(down)
            return True
        if key == ord("m") and down:
            self.mute()
            return True
        return False

    def left(self) -> None:
        """The talk key counts as released when the screen goes."""
        self.call = None
        self.pressed = False


load_kv(__file__)
