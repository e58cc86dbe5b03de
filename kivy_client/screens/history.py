"""The history: calls made, received, missed, missed while away."""

from __future__ import annotations

from kivy.properties import ColorProperty, NumericProperty, StringProperty

from kivy_client.i18n import _
from kivy_client.screens import phrases
from kivy_client.screens.navigation import Place
from kivy_client.screens.room import REFUSALS
from kivy_client.screens.screen import Screen
from kivy_client.session.results import CallResult
from kivy_client.session.state import HistoryEntry, ViewState
from kivy_client.session.vocabulary import HistoryKind
from kivy_client.widgets.listing import ListingRow
from kivy_client.widgets.look import load_kv, look
from kivy_client.widgets.press import PillButton
from kivy_client.widgets.sheet import Sheet

MISSED = frozenset({HistoryKind.MISSED, HistoryKind.MISSED_AWAY})


class HistoryRow(ListingRow):
    """One call: a tap opens the person, the telephone calls back."""

    name = StringProperty("")
    icon = StringProperty("")
    text = StringProperty("")
    bars = NumericProperty(0)
    tint = ColorProperty((0, 0, 0, 1))
    name_tint = ColorProperty((0, 0, 0, 1))

    def apply(self, item: HistoryEntry) -> None:
        """Show this call."""
        mark = phrases.HISTORY[item.kind]
        self.name, self.icon, self.tint = item.name, mark.icon, getattr(look, mark.colour)
        self.name_tint = look.danger if item.kind in MISSED and not item.seen else look.ink
        self.text = phrases.history_line(item, self.list.owner.desk.now())
        self.bars = item.bars if item.duration else 0


class History(Screen):
    """All calls, the newest first; or the missed ones only."""

    only = StringProperty("all")
    entries: tuple[HistoryEntry, ...] | None = None

    def render(self, state: ViewState) -> None:
        """List the calls."""
        if state.history is self.entries:
            self.ids.list.repaint()
            return
        self.entries = state.history
        self._fill()

    def _fill(self) -> None:
        entries = self.entries or ()
        shown = [entry for entry in entries if self.only == "all" or entry.kind in MISSED]
        self.ids.list.fill(shown)
        self.ids.empty.opacity = 0 if shown else 1

    def on_only(self, _screen: History, _only: str) -> None:
        """The other list was chosen."""
        self._fill()

    def entered(self) -> None:
        """Looking at the list is seeing what was missed."""
        if self.desk.state.missed:
            self.desk.do(lambda commands: commands.history_seen())

    def left(self) -> None:
        """What came meanwhile was seen too."""
        self.entered()

    def tapped(self, entry: HistoryEntry) -> None:
        """A row was tapped: the person's details."""
        self.desk.go(Place.CONTACT, entry.name)

    def call(self, entry: HistoryEntry) -> None:
        """Call back."""
        self.desk.do(lambda commands: commands.call(entry.name), self._began)

    def _began(self, result: CallResult) -> None:
        if result in REFUSALS:
            self.desk.say(_(REFUSALS[result]))

    def ask_clear(self) -> None:
        """Ask before all entries go."""
        sheet = Sheet(title=_("Apagar todo o histórico?"), text=_("Isso não pode ser desfeito."))
        yes = PillButton(text=_("Apagar tudo"), kind="end", pos_hint={"center_x": 0.5})
        yes.bind(on_release=lambda _button: self._clear())
        no = PillButton(text=_("Cancelar"), kind="text", pos_hint={"center_x": 0.5})
        no.bind(on_release=lambda _button: self.desk.close())
        sheet.add_widget(yes)
        sheet.add_widget(no)
        self.desk.open(sheet)

    def _clear(self) -> None:
        self.desk.close()
        self.desk.do(lambda commands: commands.clear_history())


load_kv(__file__)
