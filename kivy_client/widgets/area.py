"""A scrolling area with a slim bar, without the rubber band where there is a mouse."""

from __future__ import annotations

from typing import Any

from kivy.effects.dampedscroll import DampedScrollEffect
from kivy.effects.scroll import ScrollEffect
from kivy.uix.scrollview import ScrollView
from kivy.utils import platform

from kivy_client.widgets.look import load_kv

EFFECT = DampedScrollEffect if platform in ("android", "ios") else ScrollEffect


class ScrollArea(ScrollView):
    """Scrolls one child up and down."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**({"effect_cls": EFFECT} | kwargs))


load_kv(__file__)
