"""The right pane while nobody is picked: what this is, how it works, and how to invite somebody."""

from __future__ import annotations

from kivy.properties import StringProperty

from kivy_client.screens.navigation import Place
from kivy_client.screens.screen import Screen
from kivy_client.session.state import ViewState
from kivy_client.widgets.look import load_kv


class Nobody(Screen):
    """Calm, with one thing to do."""

    address = StringProperty("")

    def render(self, state: ViewState) -> None:
        """Show where one is."""
        self.address = state.connection.address

    def invite(self) -> None:
        """Show the address to hand on."""
        self.desk.go(Place.SHARE)


load_kv(__file__)
