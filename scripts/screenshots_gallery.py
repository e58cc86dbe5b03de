"""Draw every screen from example states, for looking at: one PNG a screen, size and look.

Usage: python scripts/screenshots_gallery.py OUT [--so NAME,NAME] [--tamanho 1280x800] [--densidade 1]
[--tema claro]
       [--idioma pt_BR] [--letra 1.0]
No client runs behind it; the pictures of the README are made by `scripts/screenshots.py` from the real
program.
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
    from kivy_client.screens.window import configure

    os.environ.setdefault("SDL_VIDEODRIVER", "offscreen")
    os.environ["KIVY_METRICS_DENSITY"] = asked.densidade
    width, height = (int(side) for side in asked.tamanho.split("x"))
    configure(width, height)


def draw(stage: Any, name: str, target: Path) -> None:
    """Show one example and write its picture."""
    from tests.screens.scenes import save_picture, set_scene, settle

    set_scene(stage, name)
    settle()
    stage.beat()
    settle(2, draw=True)
    save_picture(target)


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
