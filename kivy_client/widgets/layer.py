"""A layer that is drawn once and kept as a texture until something in it changes.

What moves all the time (levels) is drawn above it: a frame then costs one picture and a few small shapes
instead of every label and button of the window, which matters where there is no graphics processor.
"""

from __future__ import annotations

from typing import Any

from kivy.graphics import Canvas, ClearBuffers, ClearColor, Color, Fbo, Rectangle
from kivy.uix.floatlayout import FloatLayout

from kivy_client.widgets.look import look

__all__ = ["Layer"]


class Layer(FloatLayout):
    """Fills the window from its corner; its children draw into its texture, on the look's ground."""

    def __init__(self, **kwargs: Any) -> None:
        self.canvas = Canvas()
        with self.canvas:
            self.fbo = Fbo(size=(1, 1), with_stencilbuffer=True)
            Color(1, 1, 1, 1)
            self._picture = Rectangle(texture=self.fbo.texture)
        with self.fbo.before:
            self._ground = ClearColor(*look.ground)
            ClearBuffers(clear_stencil=True)
        super().__init__(**kwargs)
        look.bind(ground=self._repaint)
        self.bind(size=self._fit)

    def add_widget(self, widget: Any, *args: Any, **kwargs: Any) -> None:
        """Add a child that draws into the texture."""
        shown, self.canvas = self.canvas, self.fbo
        super().add_widget(widget, *args, **kwargs)
        self.canvas = shown

    def remove_widget(self, widget: Any, *args: Any, **kwargs: Any) -> None:
        """Take a child out of the texture."""
        shown, self.canvas = self.canvas, self.fbo
        super().remove_widget(widget, *args, **kwargs)
        self.canvas = shown

    def _fit(self, _layer: Layer, size: tuple[float, float]) -> None:
        whole = (max(1, int(size[0])), max(1, int(size[1])))
        self.fbo.size = whole
        self._picture.texture = self.fbo.texture
        self._picture.size = whole

    def _repaint(self, _look: Any, ground: Any) -> None:
        self._ground.rgba = ground
