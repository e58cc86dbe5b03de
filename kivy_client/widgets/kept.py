"""A widget that is drawn once and kept as a picture until something in it changes.

A row of a list has a dozen small shapes and texts. Drawn anew at every step of a scroll they are what a frame
costs where there is no graphics processor; as a picture a row that only moves is one rectangle.
"""

from __future__ import annotations

from math import ceil
from typing import Any

from kivy.graphics import (
    Canvas,
    ClearBuffers,
    ClearColor,
    Color,
    Fbo,
    PopMatrix,
    PushMatrix,
    Rectangle,
    Translate,
)
from kivy.properties import ColorProperty

__all__ = ["Kept"]


class Kept:
    """Mixed into a layout, before its other bases: what its rules and children draw goes into a texture of
    its size, on the opaque `ground` (text on a transparent texture would get dark edges).
    """

    ground = ColorProperty((1, 1, 1, 1))

    def __init__(self, **kwargs: Any) -> None:
        shown = Canvas()
        with shown:
            self._fbo = Fbo(size=(1, 1))
            Color(1, 1, 1, 1)
            self._picture = Rectangle(texture=self._fbo.texture, size=(1, 1))
        with self._fbo.before:
            self._clear = ClearColor(1, 1, 1, 1)
            ClearBuffers()
            PushMatrix()
            self._origin = Translate(0, 0)
        self.canvas = self._fbo  # while the rules of the class and its children are added
        super().__init__(**kwargs)
        with self._fbo.after:
            PopMatrix()
        self.canvas = shown
        self.bind(pos=self._move, size=self._fit, ground=self._paint)  # type: ignore[attr-defined]
        self._fit(self, self.size)  # type: ignore[attr-defined]
        self._paint(self, self.ground)

    @property
    def picture(self) -> bytes:
        """What is kept: rows of RGBA from the bottom, for tests."""
        return bytes(self._fbo.pixels)

    def _move(self, _widget: Any, pos: tuple[float, float]) -> None:
        self._origin.xy = (-pos[0], -pos[1])
        self._picture.pos = pos

    def _fit(self, _widget: Any, size: tuple[float, float]) -> None:
        whole = (max(1, ceil(size[0])), max(1, ceil(size[1])))
        if whole != tuple(self._fbo.size):
            self._fbo.size = whole
            self._picture.texture, self._picture.size = self._fbo.texture, whole

    def _paint(self, _widget: Any, ground: Any) -> None:
        self._clear.rgba = ground
