"""Text fields: a label above, an outline that shows the focus, help or an error below."""

from __future__ import annotations

from typing import Any

from kivy.clock import Clock
from kivy.properties import BooleanProperty, NumericProperty, ObjectProperty, StringProperty
from kivy.uix.boxlayout import BoxLayout
from kivy.uix.textinput import TextInput

from kivy_client.widgets import press  # noqa: F401 - its rules are used in field.kv
from kivy_client.widgets.focus import DOWN, ESCAPE, TAB, UP, Focusable
from kivy_client.widgets.look import load_kv

__all__ = ["Entry", "Field", "SearchField"]


class Entry(TextInput, Focusable):
    """One line to type in, without a box of its own; leaves Tab, Esc and the vertical arrows to the focus
    ring.
    """

    def __init__(self, **kwargs: Any) -> None:
        self._begin = Clock.create_trigger(self._show_beginning)
        super().__init__(**kwargs)
        self.bind(text=self._begin, width=self._begin)

    def keyboard_on_key_down(self, window: Any, keycode: Any, text: str, modifiers: Any) -> bool:
        """Handle what edits; let through what moves."""
        if keycode[0] in (TAB, ESCAPE, UP, DOWN):
            return False
        return bool(super().keyboard_on_key_down(window, keycode, text, modifiers))

    def on_focused(self, _entry: Entry, focused: bool) -> None:
        """The focus ring came here, or left."""
        self.focus = focused

    def on_focus(self, _entry: Entry, focus: bool) -> None:
        """A touch gave or took Kivy's own focus: keep the two equal."""
        self.focused = focus
        self._begin()

    def _show_beginning(self, _dt: float) -> None:
        """What nobody is typing shows its beginning: of an address the host, not the end of a key."""
        if not self.focus:
            self.cursor = (0, 0)
            self.scroll_x = 0

    def take_key(self, key: int) -> bool:
        """Keys are typed, not operated."""
        return False


class Field(BoxLayout):
    """A labelled entry: `text` in both directions, `help` below, `error` instead of it; fires `on_done` at
    Enter.
    """

    label = StringProperty("")
    text = StringProperty("")
    hint = StringProperty("")
    help = StringProperty("")
    error = StringProperty("")
    icon = StringProperty("")
    secret = BooleanProperty(False)
    inset = NumericProperty(0)
    typing = BooleanProperty(False)
    entry = ObjectProperty(None, allownone=True)
    __events__ = ("on_done",)

    def on_done(self) -> None:
        """Enter was pressed in the field."""


class SearchField(BoxLayout):
    """A round field with a magnifier and a button that empties it."""

    text = StringProperty("")
    hint = StringProperty("")
    clear_text = StringProperty("")
    typing = BooleanProperty(False)
    entry = ObjectProperty(None, allownone=True)
    __events__ = ("on_done",)

    def on_done(self) -> None:
        """Enter was pressed in the field."""


load_kv(__file__)
