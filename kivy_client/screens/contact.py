"""The details of one name: call, favourite, tell when free, key, relay, volume, block, and the calls there
were.
"""

from __future__ import annotations

from kivy.properties import BooleanProperty, ColorProperty, NumericProperty, StringProperty

from kivy_client.i18n import _
from kivy_client.screens import phrases
from kivy_client.screens.room import REFUSALS
from kivy_client.screens.screen import Screen
from kivy_client.session.results import CallResult
from kivy_client.session.state import Contact, HistoryEntry, Person, ViewState
from kivy_client.session.vocabulary import Presence
from kivy_client.widgets.look import load_kv, look
from kivy_client.widgets.parts import Fact
from kivy_client.widgets.press import PillButton
from kivy_client.widgets.sheet import Sheet

RECENT = 5
"""So many of the last calls are listed."""


class ContactDetails(Screen):
    """One person's screen; which one is the window's `where.contact`."""

    name = StringProperty("")
    icon = StringProperty("")
    word = StringProperty("")
    tint = ColorProperty((0, 0, 0, 1))
    lit = BooleanProperty(True)
    key_text = StringProperty("")
    verified = BooleanProperty(False)
    favourite = BooleanProperty(False)
    waiting = BooleanProperty(False)
    free = BooleanProperty(False)
    always_relay = BooleanProperty(False)
    blocked = BooleanProperty(False)
    kept = BooleanProperty(False)
    gain = NumericProperty(0.0)

    def render(self, state: ViewState) -> None:
        """Show the person."""
        self.name = self.desk.contact
        person = next((row for row in state.people if row.name == self.name), None)
        person = person or Person(self.name, Presence.OFFLINE)
        kept = next((contact for contact in state.contacts if contact.name == self.name), None)
        self._render_person(person)
        self.kept = kept is not None
        self.gain = (kept or Contact(self.name)).gain_db
        self._render_calls([entry for entry in state.history if entry.name == self.name][:RECENT])

    def _render_person(self, person: Person) -> None:
        mark = phrases.presence(person)
        self.icon, self.word, self.tint = mark.icon, mark.word, getattr(look, mark.colour)
        self.lit = person.presence is not Presence.OFFLINE
        self.free = person.presence is Presence.FREE
        self.favourite, self.waiting = person.favourite, person.waiting
        self.always_relay, self.blocked = person.always_relay, person.blocked
        self.key_text, self.verified = person.key, person.verified

    def _render_calls(self, entries: list[HistoryEntry]) -> None:
        box = self.ids.calls
        box.clear_widgets()
        for entry in entries:
            mark = phrases.HISTORY[entry.kind]
            line = phrases.history_line(entry, self.desk.now())
            box.add_widget(Fact(icon=mark.icon, value=line))
        box.opacity = 1 if entries else 0

    def call(self) -> None:
        """Call."""
        name = self.name
        self.desk.do(lambda commands: commands.call(name), self._began)

    def _began(self, result: CallResult) -> None:
        if result in REFUSALS:
            self.desk.say(_(REFUSALS[result]))

    def turn_favourite(self) -> None:
        """Keep on top, or no longer."""
        name, on = self.name, not self.favourite
        self.desk.do(lambda commands: commands.favourite(name, on))

    def turn_waiting(self) -> None:
        """Tell when free, or no longer."""
        name, on = self.name, not self.waiting
        self.desk.do(lambda commands: commands.notify_when_free(name, on))

    def turn_relay(self, on: bool) -> None:
        """Never let this contact learn our addresses."""
        name = self.name
        self.desk.do(lambda commands: commands.always_relay(name, on))

    def slide(self, gain: float) -> None:
        """How loud this contact is heard."""
        name = self.name
        self.desk.do(lambda commands: commands.contact_gain(name, gain))

    def turn_block(self, on: bool) -> None:
        """Refuse this name's calls without ringing; ask first."""
        if not on:
            self._block(False)
            return
        sheet = Sheet(
            title=_("Bloquear {name}?").format(name=self.name),
            text=_("As ligações desse nome são recusadas sem tocar."),
        )
        yes = PillButton(text=_("Bloquear"), kind="end", pos_hint={"center_x": 0.5})
        yes.bind(on_release=lambda _button: self._block(True))
        no = PillButton(text=_("Cancelar"), kind="text", pos_hint={"center_x": 0.5})
        no.bind(on_release=lambda _button: self.desk.close())
        sheet.add_widget(yes)
        sheet.add_widget(no)
        self.desk.open(sheet)

    def _block(self, on: bool) -> None:
        name = self.name
        self.desk.close()
        self.desk.do(lambda commands: commands.block(name, on))

    def forget(self) -> None:
        """Remove what is kept about the name."""
        name = self.name
        self.desk.do(lambda commands: commands.forget(name))
        self.desk.back()

    def escape(self) -> bool:
        """Esc leads back to the list."""
        self.desk.back()
        return True


load_kv(__file__)
