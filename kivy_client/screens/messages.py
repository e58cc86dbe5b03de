"""Mensagens: every message sent and received, as the mission asks; filterable, in memory unless turned on."""

from __future__ import annotations

import time

from kivy.clock import Clock
from kivy.core.clipboard import Clipboard
from kivy.properties import BooleanProperty, ColorProperty, StringProperty

from kivy_client.i18n import _
from kivy_client.screens.screen import Screen
from kivy_client.session.search import fold
from kivy_client.session.state import LogLine, ViewState
from kivy_client.widgets.listing import ListingRow
from kivy_client.widgets.look import load_kv, look
from kivy_client.widgets.press import PillButton
from kivy_client.widgets.sheet import Sheet


class MessageRow(ListingRow):
    """One line: direction, verb, time, and the text; a tap shows it whole."""

    verb = StringProperty("")
    text = StringProperty("")
    hour = StringProperty("")
    icon = StringProperty("arrow-top-right")
    tint = ColorProperty((0, 0, 0, 1))

    def apply(self, item: LogLine) -> None:
        """Show this line."""
        self.verb, self.text = item.verb, item.text.removeprefix(item.verb).strip() or "–"
        self.hour = time.strftime("%H:%M:%S", time.localtime(item.when))
        self.icon = "arrow-top-right" if item.outgoing else "arrow-bottom-left"
        self.tint = look.accent if item.outgoing else look.warn


class Messages(Screen):
    """The newest last; follows the end unless the person scrolled up."""

    query = StringProperty("")
    follow = BooleanProperty(True)
    shown: tuple[LogLine, ...] | None = None

    def __init__(self, desk: object, **kwargs: object) -> None:
        super().__init__(desk, **kwargs)  # type: ignore[arg-type]  # a Desk; Screen says so
        self.ids.list.bind(height=self._settle)
        self._typed = Clock.create_trigger(lambda _dt: self._fill(), 0.15)

    def render(self, state: ViewState) -> None:
        """List the lines."""
        if state.messages is self.shown:
            self.ids.list.repaint()
            return
        self.shown = state.messages
        self._fill()

    def on_query(self, _screen: Messages, _query: str) -> None:
        """Something was typed."""
        self._typed()

    def _fill(self) -> None:
        wanted = fold(self.query.strip())
        lines = [line for line in self.shown or () if wanted in fold(line.text)]
        at_end = self.ids.list.scroll_y <= 0.02 or not self.ids.list.data
        self.ids.list.fill(lines)
        self.ids.empty.opacity = 0 if lines else 1
        if at_end:
            self._settle()

    def _settle(self, *_args: object) -> None:
        """Stand at the end where there is more than fits, at the top where all is in sight."""
        lines = self.ids.list
        lines.scroll_y = 0 if len(lines.data) * lines.row_height > lines.height else 1

    def tapped(self, line: LogLine) -> None:
        """Show a line whole."""
        sheet = Sheet(title=line.verb, text=line.text.replace(" ", "\n"))
        copy = PillButton(text=_("Copiar"), icon="content-copy", kind="tonal", pos_hint={"center_x": 0.5})
        copy.bind(on_release=lambda _button: self._copy(line.text))
        sheet.add_widget(copy)
        self.desk.open(sheet)

    def _copy(self, text: str) -> None:
        Clipboard.copy(text)
        self.desk.close()

    def clear(self) -> None:
        """Forget the lines."""
        self.desk.do(lambda commands: commands.clear_messages())

    def escape(self) -> bool:
        """Esc empties the filter."""
        if not self.query:
            return False
        self.ids.search.entry.text = ""
        return True


load_kv(__file__)
