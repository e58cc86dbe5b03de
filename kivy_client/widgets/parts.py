"""Small parts that show: avatar, presence, quality bars, meters, banners, cards, rules and empty places."""

from __future__ import annotations

from kivy.properties import (
    BooleanProperty,
    ColorProperty,
    ListProperty,
    NumericProperty,
    OptionProperty,
    StringProperty,
)
from kivy.uix.anchorlayout import AnchorLayout
from kivy.uix.boxlayout import BoxLayout
from kivy.uix.floatlayout import FloatLayout
from kivy.uix.widget import Widget

from kivy_client.theme.names import initials
from kivy_client.widgets import press  # noqa: F401 - its rules are used in parts.kv
from kivy_client.widgets.look import load_kv

__all__ = ["Avatar", "Banner", "Bars", "Card", "Column", "Empty", "Fact", "Halo", "Meter", "Rule"]


class Avatar(FloatLayout):
    """A circle with initials, pale where the person is not connected, and a dot for the presence."""

    name = StringProperty("")
    letters = StringProperty("")
    diameter = NumericProperty(44)
    dot = ColorProperty((0, 0, 0, 0))
    lit = BooleanProperty(True)

    def on_name(self, _avatar: Avatar, name: str) -> None:
        """Take the letters from the name."""
        self.letters = initials(name)


class Bars(Widget):
    """Quality as three bars, 0 to 3 of them filled; the colour says good, doubtful or bad as well."""

    value = NumericProperty(3)
    tint = ColorProperty((0, 0, 0, 1))


class Meter(Widget):
    """The track of a level; its bar is drawn by `Levels`, above the kept picture of the screen."""

    tint = ColorProperty((0, 0, 0, 1))


class Banner(BoxLayout):
    """One calm line across the top: an icon, a sentence, and perhaps one action."""

    icon = StringProperty("information-outline")
    text = StringProperty("")
    action = StringProperty("")
    tone = OptionProperty("plain", options=("plain", "warn", "danger"))
    fill = ColorProperty((0, 0, 0, 0))
    ink = ColorProperty((0, 0, 0, 1))
    __events__ = ("on_answer",)

    def on_answer(self) -> None:
        """The banner's button was pressed."""


class Card(BoxLayout):
    """A surface with round corners that holds a column of things."""


class Column(AnchorLayout):
    """Keeps one child at a readable width (`measure`, dp) in the middle of a wide window."""

    measure = NumericProperty(560)


class Fact(BoxLayout):
    """A label and its value, one below the other, with an icon before them."""

    icon = StringProperty("")
    label = StringProperty("")
    value = StringProperty("")
    font = StringProperty("Roboto")
    inset = NumericProperty(0)
    tint = ListProperty([])


class Empty(BoxLayout):
    """A calm empty place: an icon, what would be here, and what to do about it."""

    icon = StringProperty("")
    text = StringProperty("")
    hint = StringProperty("")


class Halo(AnchorLayout):
    """A large avatar within two pale rings: the one who calls or is called."""

    name = StringProperty("")
    diameter = NumericProperty(120)


class Rule(Widget):
    """A hairline."""


load_kv(__file__)
