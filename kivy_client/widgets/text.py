"""Text and icons: the labels that every screen is written with."""

from __future__ import annotations

from kivy.properties import BooleanProperty, StringProperty
from kivy.uix.label import Label

from kivy_client.theme.icons import ICONS
from kivy_client.widgets.look import load_kv


class Prose(Label):
    """Text that wraps to its width and is as high as it needs."""


class OneLine(Label):
    """Text on one line; too long a one ends in «…», which only texts of the person or the network should
    need.
    """

    foreign = BooleanProperty(False)


class Icon(Label):
    """One of `theme.icons.ICONS`, by name; drawn at `font_size`."""

    icon = StringProperty("")

    def on_icon(self, _icon: Icon, name: str) -> None:
        """Show the glyph of that name; an unknown name is a KeyError."""
        self.text = ICONS[name] if name else ""


load_kv(__file__)
