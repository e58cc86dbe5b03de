"""The history: calls made, received, missed, missed while away."""

from __future__ import annotations

from collections.abc import Callable

from kivy.properties import ColorProperty, NumericProperty, StringProperty

from kivy_client.i18n import _
from kivy_client.screens import phrases
from kivy_client.screens.navigation import Place
from kivy_client.screens.room import REFUSALS
from kivy_client.screens.screen import Screen
from kivy_client.session.results import CallResult
from kivy_client.session.state import HistoryEntry, QualityView, ViewState
from kivy_client.session.vocabulary import HistoryKind
from kivy_client.widgets.choose import ActionRow
from kivy_client.widgets.listing import ListingRow
from kivy_client.widgets.look import load_kv, look
from kivy_client.widgets.parts import Fact
from kivy_client.widgets.sheet import Doubt, Sheet, confirmation

MISSED = frozenset({HistoryKind.MISSED, HistoryKind.MISSED_AWAY})


class HistoryRow(ListingRow):
    """One call: a tap tells all of it, the telephone calls back."""

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
        """A row was tapped: all of that call, and what one can do about it."""
        sheet = Sheet(title=entry.name, text=phrases.history_line(entry, self.desk.now()))
        if entry.duration:
            heard = phrases.quality(QualityView(bars=entry.bars), entry.name)
            sheet.add_widget(Fact(inset=16, icon="signal-cellular-3", value=heard))
        offers: tuple[tuple[str, str, Callable[[HistoryEntry], None]], ...] = (
            (_("Ligar"), "phone-outline", self.call),
            (_("Ver a pessoa"), "account-outline", self.details),
            (_("Apagar do histórico"), "delete-outline", self._remove),
        )
        for text, icon, act in offers:
            row = ActionRow(text=text, icon=icon, chevron="", danger=act == self._remove)
            row.bind(on_release=lambda _row, act=act: self._chosen(act, entry))
            sheet.add_widget(row)
        self.desk.open(sheet)

    def _chosen(self, act: Callable[[HistoryEntry], None], entry: HistoryEntry) -> None:
        self.desk.close()
        act(entry)

    def details(self, entry: HistoryEntry) -> None:
        """Open the details of the other side."""
        self.desk.go(Place.CONTACT, entry.name)

    def _remove(self, entry: HistoryEntry) -> None:
        self.desk.do(lambda commands: commands.remove_history(entry.number))

    def call(self, entry: HistoryEntry) -> None:
        """Call back."""
        self.desk.do(lambda commands: commands.call(entry.name), self._began)

    def _began(self, result: CallResult) -> None:
        if result in REFUSALS:
            self.desk.say(_(REFUSALS[result]))

    def ask_clear(self) -> None:
        """Ask before all entries go."""
        doubt = Doubt(
            _("Apagar todo o histórico?"),
            _("Isso não pode ser desfeito."),
            _("Apagar tudo"),
            _("Cancelar"),
        )
        self.desk.open(confirmation(doubt, self._clear, self.desk.close))

    def _clear(self) -> None:
        self.desk.close()
        self.desk.do(lambda commands: commands.clear_history())


load_kv(__file__)
