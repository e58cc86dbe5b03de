"""Home: the places, with a rail and two panes where there is room, a bar below and one pane where there is
not.
"""

from __future__ import annotations

from typing import Any

from kivy.properties import BooleanProperty, NumericProperty, ObjectProperty, StringProperty
from kivy.uix.boxlayout import BoxLayout

from kivy_client.widgets import parts  # noqa: F401 - its rules are used in shell.kv
from kivy_client.widgets.look import load_kv
from kivy_client.widgets.press import Pressable

__all__ = ["NavBar", "NavItem", "Shell"]


class NavItem(Pressable, BoxLayout):
    """One place in the rail or the bar: icon above its word, a badge for what is new."""

    icon = StringProperty("")
    text = StringProperty("")
    place = StringProperty("")
    chosen = BooleanProperty(False)
    badge = NumericProperty(0)


class NavBar(BoxLayout):
    """The places, in a rail or a bar; `owner` is the shell."""

    owner = ObjectProperty(None, allownone=True, rebind=True)


class Shell(BoxLayout):
    """The frame of the places.  `fill` puts screens into its panes; `on_visit(key)` fires from the
    navigation.
    """

    wide = BooleanProperty(False)
    place = StringProperty("room")
    banner = StringProperty("")
    banner_icon = StringProperty("lan-disconnect")
    banner_tone = StringProperty("warn")
    banner_action = StringProperty("")
    missed = NumericProperty(0)
    main_pane = ObjectProperty(None, allownone=True)
    side_pane = ObjectProperty(None, allownone=True)
    __events__ = ("on_visit", "on_remedy")

    def fill(self, main: Any, side: Any) -> None:
        """Show these screens: `main` alone, or `main` on the left with `side` on the right."""
        _put(self.ids.main, main)
        _put(self.ids.side, side)
        self.main_pane, self.side_pane = main, side

    def on_visit(self, place: str) -> None:
        """A place was picked in the navigation."""

    def on_remedy(self) -> None:
        """The banner's action was picked."""


def _put(holder: Any, screen: Any) -> None:
    """Make `screen` the only child, touching nothing when it is that already."""
    if screen is not None and screen.parent is holder:
        return
    holder.clear_widgets()
    if screen is not None:
        if screen.parent is not None:
            screen.parent.remove_widget(screen)
        holder.add_widget(screen)


load_kv(__file__)
