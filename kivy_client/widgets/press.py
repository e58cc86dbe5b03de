"""What is pressed: buttons of a few kinds, icon buttons, and the large round button of a call."""

from __future__ import annotations

from typing import Any

from kivy.properties import BooleanProperty, ColorProperty, NumericProperty, OptionProperty, StringProperty
from kivy.uix.behaviors import ButtonBehavior
from kivy.uix.boxlayout import BoxLayout
from kivy.uix.floatlayout import FloatLayout

from kivy_client.widgets import text  # noqa: F401 - its rules are used in press.kv
from kivy_client.widgets.focus import Focusable
from kivy_client.widgets.look import load_kv

__all__ = ["CallButton", "IconButton", "PillButton", "Pressable"]

KINDS = ("filled", "tonal", "quiet", "text", "danger", "end", "alarm", "alarm-text")


class Pressable(ButtonBehavior, Focusable):
    """A button without a look: pressed by touch, Enter or Space; fires `on_release`.

    Where it makes no sense now it is not `shown`: it keeps its place, is not seen, and takes neither touch
    nor focus.
    """

    shown = BooleanProperty(True)

    def on_touch_down(self, touch: Any) -> bool:
        """A button that is not shown is not there."""
        return bool(self.shown and super().on_touch_down(touch))

    def can_focus(self) -> bool:
        """Nor does Tab stop at it."""
        return bool(self.shown and super().can_focus())

    def operate(self) -> None:
        """Press it from the keyboard."""
        self.dispatch("on_press")
        self.dispatch("on_release")


class PillButton(Pressable, BoxLayout):
    """A button with a text and perhaps an icon before it; as wide as its text unless told otherwise.

    `flush`: without a margin of its own, its icon and text in line with a heading that has an icon.
    """

    kind = OptionProperty("quiet", options=KINDS)
    text = StringProperty("")
    icon = StringProperty("")
    flush = BooleanProperty(False)
    fill = ColorProperty((0, 0, 0, 0))
    ink = ColorProperty((0, 0, 0, 1))


class IconButton(Pressable, FloatLayout):
    """A round button of 48 dp with an icon; `text` says what it does, for tests and for the hint line."""

    kind = OptionProperty("text", options=KINDS)
    icon = StringProperty("")
    text = StringProperty("")
    fill = ColorProperty((0, 0, 0, 0))
    ink = ColorProperty((0, 0, 0, 1))


class CallButton(Pressable, BoxLayout):
    """The round button of a call (96 dp, or 64 for the lesser ones) with its word below."""

    icon = StringProperty("phone")
    text = StringProperty("")
    diameter = NumericProperty(96)
    fill = ColorProperty((0, 0, 0, 1))
    ink = ColorProperty((1, 1, 1, 1))
    on = BooleanProperty(False)


load_kv(__file__)
