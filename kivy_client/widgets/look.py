"""The look in force: colours and sizes as Kivy properties, so that `.kv` rules follow a change by themselves.

`.kv` files say `#:import look kivy_client.widgets.look.look` and then `look.ink`, `look.body`, ….
"""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from typing import Any

from kivy.core.text import LabelBase
from kivy.event import EventDispatcher
from kivy.lang import Builder
from kivy.metrics import dp, sp
from kivy.properties import BooleanProperty, ColorProperty, NumericProperty

from kivy_client.theme.palette import DARK, LIGHT, PALETTES, Palette, colours
from kivy_client.theme.typography import SIZES, sizes

FONTS = Path(__file__).resolve().parent.parent / "assets" / "fonts"
TOUCH_DP = 48
"""The least height of anything that is touched."""


class _Look(EventDispatcher):
    """What `look` does; its properties are added below, one for each colour and size."""

    dark = BooleanProperty(False)
    scale = NumericProperty(1.0)
    touch = NumericProperty(48)
    row = NumericProperty(72)
    bar = NumericProperty(64)

    def wear(self, name: str, system_dark: bool) -> None:
        """Put on a look: `claro`, `escuro`, `contraste`, or `sistema` for what the system prefers."""
        palette = PALETTES.get(name, DARK if system_dark else LIGHT)
        self._paint(palette)

    def grow(self, scale: float) -> None:
        """Set the font scale; what is touched grows with the text, never below 48 dp."""
        self.scale = scale
        for name, size in sizes(scale).items():
            setattr(self, name, sp(size))
        self.touch = dp(TOUCH_DP) * max(1.0, scale)
        self.row = dp(72) * max(1.0, scale)
        self.bar = dp(64) * max(1.0, scale)

    def _paint(self, palette: Palette) -> None:
        self.dark = palette is not LIGHT
        for name, colour in colours(palette).items():
            setattr(self, name, colour)


_PROPERTIES: dict[str, Any] = {field.name: ColorProperty((0, 0, 0, 1)) for field in fields(Palette)}
_PROPERTIES |= {name: NumericProperty(size) for name, size in SIZES.items()}

look: Any = type("Look", (_Look,), _PROPERTIES)()
"""The one look of this process."""


def register_fonts() -> None:
    """Make Roboto (its medium cut as bold) and the icons known to Kivy's labels."""
    LabelBase.register("Roboto", str(FONTS / "Roboto-Regular.ttf"), fn_bold=str(FONTS / "Roboto-Medium.ttf"))
    LabelBase.register("Icons", str(FONTS / "icons.ttf"))


def load_kv(source: str) -> None:
    """Load the `.kv` file beside a module: `load_kv(__file__)`."""
    Builder.load_file(str(Path(source).with_suffix(".kv")))


register_fonts()
look.wear("claro", False)
look.grow(1.0)
