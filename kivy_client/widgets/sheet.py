"""Sheets: what asks or offers something in front of the screen; at the bottom where narrow, in the middle
where wide.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from kivy.animation import Animation
from kivy.clock import Clock
from kivy.properties import BooleanProperty, NumericProperty, ObjectProperty, StringProperty
from kivy.uix.boxlayout import BoxLayout
from kivy.uix.floatlayout import FloatLayout

from kivy_client.widgets import area, choose, parts, press  # noqa: F401 - their rules are used in sheet.kv
from kivy_client.widgets.look import load_kv

__all__ = ["Doubt", "Sheet", "SheetLayer", "choices", "confirmation"]


class Sheet(BoxLayout):
    """A card in front of the screen: a title, a text, and whatever is added to it."""

    title = StringProperty("")
    text = StringProperty("")
    closable = BooleanProperty(True)
    body = ObjectProperty(None, allownone=True)
    __events__ = ("on_closed",)

    def add_widget(self, widget: Any, *args: Any, **kwargs: Any) -> None:
        """Children of a rule make the frame; what is added later goes into its body."""
        if self.body is None:
            super().add_widget(widget, *args, **kwargs)
        else:
            self.body.add_widget(widget, *args, **kwargs)

    def on_closed(self) -> None:
        """The sheet went away, by an answer or by Esc."""


class SheetLayer(FloatLayout):
    """Holds at most one sheet over everything, with a shade that closes it."""

    sheet = ObjectProperty(None, allownone=True)
    shade = NumericProperty(0.0)
    room_above = NumericProperty(0)

    def open(self, sheet: Sheet) -> None:
        """Show this sheet instead of the one that is there."""
        self.close()
        self.sheet = sheet
        self.add_widget(sheet)
        self.shade = 0.0
        Animation(shade=1.0, d=0.12).start(self)

    def close(self) -> None:
        """Take the sheet away."""
        sheet, self.sheet = self.sheet, None
        if sheet is not None:
            self.remove_widget(sheet)
            sheet.dispatch("on_closed")
        Animation.cancel_all(self)
        self.shade = 0.0

    def on_touch_down(self, touch: Any) -> bool:
        """While a sheet is there nothing behind it is touched; a touch beside it closes it."""
        if self.sheet is None:
            return False
        if not self.sheet.collide_point(*touch.pos):
            if self.sheet.closable:
                Clock.schedule_once(lambda _dt: self.close())
            return True
        super().on_touch_down(touch)
        return True


def choices(
    title: str, options: Sequence[tuple[Any, str, str]], chosen: Any, pick: Callable[[Any], None]
) -> Sheet:
    """A sheet that offers one of several: (key, text, help) rows; `pick(key)` is called with the answer."""
    sheet = Sheet(title=title)
    for key, text, remark in options:
        row = choose.Choice(text=text, help=remark, chosen=key == chosen)
        row.bind(on_release=lambda _row, key=key: pick(key))
        sheet.add_widget(row)
    return sheet


@dataclass(frozen=True, slots=True)
class Doubt:
    """What is asked before something is lost: title, text, the button that does it, the one that does not."""

    title: str
    text: str
    yes: str
    no: str


def confirmation(doubt: Doubt, act: Callable[[], None], close: Callable[[], None]) -> Sheet:
    """A sheet that asks once more: `act` for yes, `close` for no."""
    sheet = Sheet(title=doubt.title, text=doubt.text)
    for text, kind, do in ((doubt.yes, "end", act), (doubt.no, "text", close)):
        button = press.PillButton(text=text, kind=kind, pos_hint={"center_x": 0.5})
        button.bind(on_release=lambda _button, do=do: do())
        sheet.add_widget(button)
    return sheet


load_kv(__file__)
