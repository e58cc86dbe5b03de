"""A stage without a client behind it, and how to set each example in front on it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from kivy.clock import Clock
from kivy.core.image import Image as CoreImage
from kivy.core.window import Window
from kivy.graphics.opengl import GL_RGB, GL_UNSIGNED_BYTE, glReadPixels
from kivy.graphics.texture import Texture
from kivy.lang import Builder

from kivy_client.platforms.facade import NoPlatform
from kivy_client.screens.navigation import Place, Where
from kivy_client.screens.stage import Stage
from tests.screens.examples import NOW, STATES

BASES = {"contact": Place.ROOM, "share": Place.ROOM, "about": Place.SETTINGS}
_PLACES = {place.value: place for place in Place}


def make_stage(doer: Callable[..., None] | None = None) -> Stage:
    """A stage that fills the window; commands go to `doer`, by default nowhere."""
    stage = Stage(doer or (lambda _action, _then: None), NoPlatform(), lambda: NOW)
    stage.shown = True
    Window.add_widget(stage)
    stage.size = Window.size
    return stage


def settle(turns: int = 8, draw: bool = False) -> None:
    """Let layouts, triggers and textures come to rest; then draw, if asked to."""
    for _turn in range(turns):
        Clock.tick()
        Builder.sync()
        Clock.tick_draw()
        Builder.sync()
    if draw:
        Window.dispatch("on_draw")


def save_picture(target: Path) -> None:
    """Write what the window shows as a PNG."""
    width, height = (int(side) for side in Window.size)
    data = glReadPixels(0, 0, width, height, GL_RGB, GL_UNSIGNED_BYTE)
    texture = Texture.create(size=(width, height), colorfmt="rgb")
    texture.blit_buffer(data, colorfmt="rgb", bufferfmt="ubyte")
    CoreImage(texture).save(str(target), flipped=True)


def set_scene(stage: Stage, name: str) -> None:
    """Put the example of that name in front."""
    screen = name.partition("-")[0]
    stage.close()
    stage.where = Where(
        place=_PLACES.get(screen, Place.ROOM),
        base=BASES.get(screen, _PLACES.get(screen, Place.ROOM)),
        contact="ana.lúcia" if screen == "contact" else "",
        arriving=screen in ("welcome", "check"),
        editing=screen == "welcome",
    )
    state: Any = STATES[name]
    state.meters.mine, state.meters.theirs = 0.62, 0.41
    stage.show(state)
    stage.tick()
