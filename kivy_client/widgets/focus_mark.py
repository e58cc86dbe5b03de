"""The ring round what has the keyboard's focus: one for the whole window, drawn above everything."""

from __future__ import annotations

from typing import Any

from kivy.graphics import Color, SmoothLine
from kivy.metrics import dp
from kivy.uix.widget import Widget

from kivy_client.widgets.field import Entry
from kivy_client.widgets.listing import Listing
from kivy_client.widgets.look import look

__all__ = ["FocusMark"]

GAP, RADIUS, WIDTH = 2, 28, 1.4
"""In dp: between the widget and its ring; of the ring's corners; of its line."""


class FocusMark(Widget):
    """Follows one widget; takes no touches."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        with self.canvas:
            self._colour = Color(0, 0, 0, 0)
            self._line = SmoothLine(width=dp(WIDTH))
        self._place: tuple[float, ...] = ()

    def collide_point(self, _x: float, _y: float) -> bool:
        """Never in the way."""
        return False

    def surround(self, widget: Any) -> None:
        """Draw the ring round this widget; not round None, nor fields and lists, which show it themselves."""
        seen = widget is not None and not isinstance(widget, Entry | Listing) and widget.get_root_window()
        place = _frame(widget) if seen else ()
        if place == self._place:
            return
        self._place = place
        self._colour.rgba = look.accent if place and not _on_alarm(widget) else (1, 1, 1, 1 if place else 0)
        self._line.rounded_rectangle = place or (0, 0, 0, 0, 0)


def _frame(widget: Any) -> tuple[float, ...]:
    """The ring's place in the window: x, y, width, height, radius."""
    x, y = widget.to_window(widget.x, widget.y)
    gap = dp(GAP)
    radius = min(dp(RADIUS), widget.width / 2, widget.height / 2) + gap
    return (x - gap, y - gap, widget.width + 2 * gap, widget.height + 2 * gap, radius)


def _on_alarm(widget: Any) -> bool:
    """Whether the widget stands on the red screen, where the accent is not seen."""
    return str(getattr(widget, "kind", "")).startswith("alarm")
