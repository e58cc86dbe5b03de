"""What is chosen: switch, slider, one of a few, and rows of settings that hold them."""

from __future__ import annotations

from typing import Any

from kivy.properties import BooleanProperty, ListProperty, NumericProperty, ObjectProperty, StringProperty
from kivy.uix.boxlayout import BoxLayout
from kivy.uix.gridlayout import GridLayout
from kivy.uix.widget import Widget

from kivy_client.widgets import press
from kivy_client.widgets.focus import LEFT, RIGHT, Focusable
from kivy_client.widgets.look import load_kv

__all__ = ["ActionRow", "Choice", "Gauge", "Segment", "Segments", "SwitchRow"]


class SwitchRow(press.Pressable, BoxLayout):
    """A row with a text and a switch; a tap anywhere turns it and fires `on_turn(on)`.

    The switch shows `on`, which the state sets: what was asked for is seen when it is in force.
    """

    icon = StringProperty("")
    text = StringProperty("")
    help = StringProperty("")
    on = BooleanProperty(False)
    __events__ = ("on_turn",)

    def on_release(self) -> None:
        """Ask for the other position."""
        self.dispatch("on_turn", not self.on)

    def on_turn(self, on: bool) -> None:
        """The person wants it so."""


class ActionRow(press.Pressable, BoxLayout):
    """A row that leads somewhere or does something: icon, text, the present value, and a chevron."""

    icon = StringProperty("")
    text = StringProperty("")
    help = StringProperty("")
    value = StringProperty("")
    chevron = StringProperty("chevron-right")
    danger = BooleanProperty(False)


class Segment(press.Pressable, BoxLayout):
    """One of the choices of `Segments`."""

    text = StringProperty("")
    key = ObjectProperty(None, allownone=True)
    chosen = BooleanProperty(False)


class Segments(GridLayout):
    """One of a few, side by side, or in two rows where that is too narrow. `options` are (key, text) pairs;
    a tap fires `on_pick(key)`, the state sets `key`.
    """

    options = ListProperty([])
    key = ObjectProperty(None, allownone=True)
    __events__ = ("on_pick",)

    def on_options(self, _segments: Segments, options: list[tuple[Any, str]]) -> None:
        """Build a segment for each option; a mere change of words keeps them (and the focus)."""
        old = {segment.key: segment for segment in self.children}
        if [segment.key for segment in reversed(self.children)] == [key for key, _ in options]:
            for key, text in options:
                old[key].text = text
            return
        self.clear_widgets()
        for key, text in options:
            segment = Segment(text=text, key=key, chosen=key == self.key)
            segment.bind(on_release=lambda pressed: self.dispatch("on_pick", pressed.key))
            self.add_widget(segment)

    def on_key(self, _segments: Segments, key: Any) -> None:
        """Mark the one in force."""
        for segment in self.children:
            segment.chosen = segment.key == key

    def on_pick(self, key: Any) -> None:
        """The person wants this one."""


class Choice(press.Pressable, BoxLayout):
    """A row of a list of choices, with a radio mark."""

    text = StringProperty("")
    help = StringProperty("")
    chosen = BooleanProperty(False)


class Gauge(Focusable, Widget):
    """A slider from `low` to `high` in steps; fires `on_slide(value)` while it is moved by finger or arrow
    keys.
    """

    low = NumericProperty(0.0)
    high = NumericProperty(1.0)
    step = NumericProperty(0.1)
    value = NumericProperty(0.0)
    text = StringProperty("")
    __events__ = ("on_slide",)

    @property
    def share(self) -> float:
        """Where the value stands between the ends, 0 to 1."""
        return float((self.value - self.low) / (self.high - self.low))

    def on_slide(self, value: float) -> None:
        """The person moved it there."""

    def take_key(self, key: int) -> bool:
        """Left and right move by a step."""
        if key not in (LEFT, RIGHT):
            return False
        self._slide(self.value + (self.step if key == RIGHT else -self.step))
        return True

    def on_touch_down(self, touch: Any) -> bool:
        """Grab the finger."""
        if self.disabled or touch.is_mouse_scrolling or not self.collide_point(*touch.pos):
            return False
        touch.grab(self)
        self._to(touch.x)
        return True

    def on_touch_move(self, touch: Any) -> bool:
        """Follow the finger."""
        if touch.grab_current is not self:
            return False
        self._to(touch.x)
        return True

    def on_touch_up(self, touch: Any) -> bool:
        """Let go."""
        if touch.grab_current is not self:
            return False
        touch.ungrab(self)
        return True

    def _to(self, x: float) -> None:
        margin = self.height / 4
        share = (x - self.x - margin) / max(1.0, self.width - 2 * margin)
        self._slide(self.low + share * (self.high - self.low))

    def _slide(self, wanted: float) -> None:
        steps = round((wanted - self.low) / self.step)
        value = min(self.high, max(self.low, self.low + steps * self.step))
        if value != self.value:
            self.value = value
            self.dispatch("on_slide", value)


load_kv(__file__)
