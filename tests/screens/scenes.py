"""A stage without a client behind it, and how to set each example in front on it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from kivy.core.window import Window

from kivy_client.platforms.facade import NoPlatform
from kivy_client.screens.navigation import Place, Where
from kivy_client.screens.stage import Stage
from tests.screens.examples import NOW, STATES

_PLACES = {place.value: place for place in Place}


def make_stage(doer: Callable[..., None] | None = None) -> Stage:
    """A stage that fills the window; commands go to `doer`, by default nowhere."""
    stage = Stage(doer or (lambda _action, _then: None), NoPlatform(), lambda: NOW)
    stage.shown = True
    Window.add_widget(stage)
    stage.size = Window.size
    return stage


def set_scene(stage: Stage, name: str) -> None:
    """Put the example of that name in front."""
    screen = name.partition("-")[0]
    stage.close()
    stage.where = Where(
        place=_PLACES.get(screen, Place.ROOM),
        contact="ana.lúcia" if screen == "contact" else "",
        arriving=screen in ("welcome", "check"),
    )
    state: Any = STATES[name]
    state.meters.mine, state.meters.theirs = 0.62, 0.41
    stage.show(state)
    stage.tick()
    stage.beat()
