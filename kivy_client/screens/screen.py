"""What all screens have in common: they are given a desk once, and a view state whenever it changed."""

from __future__ import annotations

from typing import Any

from kivy.properties import BooleanProperty
from kivy.uix.boxlayout import BoxLayout

from kivy_client.screens.desk import Desk
from kivy_client.session.state import ViewState
from kivy_client.widgets import area, choose, field, listing, parts, press, sheet, text  # noqa: F401 - rules screens use
from kivy_client.widgets.parts import Meter

__all__ = ["Screen"]


class Screen(BoxLayout):
    """A screen.  It renders what it is given and sends commands; it decides nothing and remembers little."""

    wide = BooleanProperty(False)

    def __init__(self, desk: Desk, **kwargs: Any) -> None:
        self.desk = desk
        super().__init__(**kwargs)

    def render(self, state: ViewState) -> None:
        """Show this state."""

    def entered(self) -> None:
        """The screen came to the front."""

    def left(self) -> None:
        """The screen went away."""

    def tick(self, now: float) -> None:
        """About once a second while in front: texts that depend on the time."""

    def levels(self) -> dict[Meter, float]:
        """What its meters show now, 0 to 1; asked several times a second while in front."""
        return {}

    def escape(self) -> bool:
        """Esc: True when it meant something here."""
        return False

    def key(self, key: int, down: bool) -> bool:
        """A key that no widget wanted, going down or up; True when it was used."""
        return False
