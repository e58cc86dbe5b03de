"""The first picture: the program's mark, until the client says where things stand."""

from __future__ import annotations

from kivy_client.screens.screen import Screen
from kivy_client.widgets.look import load_kv


class Splash(Screen):
    """Nothing but the mark."""


load_kv(__file__)
