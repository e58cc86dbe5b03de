"""The moving bars of the meters, drawn above the kept picture of the screen."""

from __future__ import annotations

from typing import Any

from kivy.graphics import Color, RoundedRectangle
from kivy.uix.scrollview import ScrollView
from kivy.uix.widget import Widget

from kivy_client.widgets.parts import Meter

__all__ = ["Levels"]

LEAST_CHANGE = 0.015
"""A level that moved less than this is not drawn again."""


class Levels(Widget):
    """Draws a bar over each `Meter` it is told about; takes no touches."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._bars: dict[Meter, tuple[Color, RoundedRectangle]] = {}
        self._shown: dict[Meter, tuple[float, ...]] = {}

    def collide_point(self, _x: float, _y: float) -> bool:
        """Never in the way."""
        return False

    def show(self, levels: dict[Meter, float]) -> None:
        """Draw these levels (0 to 1); meters that are not named lose their bar."""
        if levels.keys() != self._bars.keys():
            self._rebuild(list(levels))
        for meter, level in levels.items():
            self._draw(meter, min(1.0, max(0.0, level)))

    def _rebuild(self, meters: list[Meter]) -> None:
        self.canvas.clear()
        self._bars, self._shown = {}, {}
        with self.canvas:
            for meter in meters:
                self._bars[meter] = (Color(0, 0, 0, 0), RoundedRectangle(size=(0, 0)))

    def _draw(self, meter: Meter, level: float) -> None:
        x, y = meter.to_window(meter.x, meter.y)
        seen = 1.0 if level > LEAST_CHANGE and _in_sight(meter, y) else 0.0
        before = self._shown.get(meter)
        now = (level, x, y, meter.width, seen, *meter.tint)
        if before is not None and abs(before[0] - level) < LEAST_CHANGE and before[1:] == now[1:]:
            return
        self._shown[meter] = now
        colour, bar = self._bars[meter]
        colour.rgba = (*meter.tint[:3], seen)
        bar.pos, bar.size = (x, y), (max(meter.height, meter.width * level), meter.height)
        bar.radius = [meter.height / 2]


def _in_sight(meter: Meter, y: float) -> bool:
    """Whether the meter is not scrolled out of its area, and not faded out."""
    parent: Any = meter.parent
    while parent is not None and parent is not parent.parent:
        if isinstance(parent, ScrollView):
            low = parent.to_window(parent.x, parent.y)[1]
            return bool(low <= y <= low + parent.height - meter.height)
        parent = parent.parent
    return True
