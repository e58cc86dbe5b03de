"""A scrolling area with a slim bar, without the rubber band where there is a mouse."""

from __future__ import annotations

from typing import Any

from kivy.effects.dampedscroll import DampedScrollEffect
from kivy.effects.scroll import ScrollEffect
from kivy.event import EventDispatcher
from kivy.uix.scrollview import ScrollView
from kivy.utils import platform

from kivy_client.widgets.look import load_kv

EFFECT = DampedScrollEffect if platform in ("android", "ios") else ScrollEffect


class Moving(EventDispatcher):
    """Fires `on_move` whenever something scrolls, by a finger or by itself after a fling: the window's pace
    follows it.
    """

    __events__ = ("on_move",)

    def move(self) -> None:
        """Something scrolled."""
        self.dispatch("on_move")

    def on_move(self) -> None:
        """Something scrolled."""


moving = Moving()
"""What scrolls in this process."""


class ScrollArea(ScrollView):
    """Scrolls one child up and down."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**({"effect_cls": EFFECT} | kwargs))

    def on_scroll_y(self, _area: ScrollArea, _at: float) -> None:
        """It moves: perhaps by itself, after a fling."""
        moving.move()


load_kv(__file__)
