"""Draw every screen from example states, for looking at: one PNG a screen, size and look.

Usage: python scripts/screenshots_gallery.py OUT [--so NAME,NAME] [--tamanho 1280x800] [--densidade 1] [--tema claro]
       [--idioma pt_BR] [--letra 1.0]
No client runs behind it; the pictures of the README are made by `scripts/screenshots.py` from the real program.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))


def options() -> argparse.Namespace:
    """What was asked for on the command line."""
    parser = argparse.ArgumentParser()
    parser.add_argument("out", type=Path)
    parser.add_argument("--so", default="")
    parser.add_argument("--tamanho", default="1280x800")
    parser.add_argument("--densidade", default="1")
    parser.add_argument("--tema", default="claro")
    parser.add_argument("--idioma", default="pt_BR")
    parser.add_argument("--letra", type=float, default=1.0)
    return parser.parse_args()


def prepare(asked: argparse.Namespace) -> None:
    """Environment and configuration of Kivy, before it is imported."""
    from kivy_client.window import configure

    os.environ.setdefault("SDL_VIDEODRIVER", "offscreen")
    os.environ["KIVY_METRICS_DENSITY"] = asked.densidade
    width, height = (int(side) for side in asked.tamanho.split("x"))
    configure(width, height)


def draw(stage: Any, name: str, target: Path) -> None:
    """Show one example and write its picture."""
    from kivy.clock import Clock
    from kivy.core.window import Window

    from tests.screens.scenes import set_scene

    set_scene(stage, name)
    for _turn in range(8):
        Clock.tick()
        Window.dispatch("on_draw")
    Window.screenshot(name=str(target.with_suffix("")) + "{:d}.png") if False else _write(Window, target)


def _write(window: Any, target: Path) -> None:
    """Write what the window shows."""
    from kivy.core.image import Image
    from kivy.graphics.texture import Texture

    width, height = window.system_size if False else window.size
    from kivy.graphics.opengl import GL_RGB, GL_UNSIGNED_BYTE, glReadPixels

    data = glReadPixels(0, 0, int(width), int(height), GL_RGB, GL_UNSIGNED_BYTE)
    texture = Texture.create(size=(int(width), int(height)), colorfmt="rgb")
    texture.blit_buffer(data, colorfmt="rgb", bufferfmt="ubyte")
    texture.flip_vertical()
    Image(texture).save(str(target), flipped=False)


def main() -> None:
    """Draw what was asked for."""
    asked = options()
    prepare(asked)
    from kivy_client.i18n import tr
    from kivy_client.widgets.look import look
    from tests.screens.examples import STATES
    from tests.screens.scenes import make_stage

    look.wear(asked.tema, False)
    look.grow(asked.letra)
    tr.switch(asked.idioma)
    stage = make_stage()
    asked.out.mkdir(parents=True, exist_ok=True)
    for name in asked.so.split(",") if asked.so else STATES:
        draw(stage, name, asked.out / f"{name}.png")


if __name__ == "__main__":
    main()
