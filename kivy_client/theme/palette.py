"""The colours of the looks, by what they are for.

One accent colour does the work; green, amber and red appear only where they mean something.  The pairs that
must be readable together are listed in `TEXT_PAIRS` and `EDGE_PAIRS`, and a test holds them against WCAG 2.1.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

Colour = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Palette:
    """One look: each field is `#rrggbb`."""

    ground: str
    """Behind everything."""
    surface: str
    """Cards, sheets, the list."""
    raised: str
    """Fields, chips, quiet buttons: one step off the surface."""
    ink: str
    """Text that is read."""
    soft: str
    """Text that helps."""
    line: str
    """Hairlines between things; decoration only."""
    edge: str
    """The outline of what can be operated."""
    accent: str
    """The one colour that says «here»."""
    accent_ink: str
    accent_soft: str
    accent_soft_ink: str
    good: str
    """Free, verified, fine."""
    warn: str
    """Away, doubtful."""
    danger: str
    """Busy, failed, missed: as text or icon."""
    call: str
    """The fill of the button that starts or accepts a call."""
    call_ink: str
    end: str
    """The fill of the button that ends or refuses a call."""
    end_ink: str
    warn_soft: str
    warn_soft_ink: str
    danger_soft: str
    danger_soft_ink: str
    alarm: str
    """The ground of the red screen."""
    alarm_ink: str
    shade: str
    """Laid over the window behind a sheet (with `SHADE_ALPHA`)."""


LIGHT = Palette(
    ground="#F4F7F6",
    surface="#FFFFFF",
    raised="#EBF0EE",
    ink="#13201D",
    soft="#4F5F5A",
    line="#DDE5E2",
    edge="#73837E",
    accent="#0B6B5B",
    accent_ink="#FFFFFF",
    accent_soft="#D5EEE7",
    accent_soft_ink="#07463B",
    good="#14713F",
    warn="#855300",
    danger="#B3231B",
    call="#0B6B5B",
    call_ink="#FFFFFF",
    end="#C5281F",
    end_ink="#FFFFFF",
    warn_soft="#FFF0D2",
    warn_soft_ink="#5C3A00",
    danger_soft="#FCE5E2",
    danger_soft_ink="#7C150F",
    alarm="#A01B15",
    alarm_ink="#FFFFFF",
    shade="#0A1412",
)

DARK = Palette(
    ground="#0D1312",
    surface="#151D1B",
    raised="#202A28",
    ink="#E7EEEB",
    soft="#A2B1AC",
    line="#26312E",
    edge="#6F807A",
    accent="#62D2BA",
    accent_ink="#00352B",
    accent_soft="#174239",
    accent_soft_ink="#BDF1E4",
    good="#6FD69A",
    warn="#F2BC5E",
    danger="#FF9C92",
    call="#62D2BA",
    call_ink="#00352B",
    end="#D5372D",
    end_ink="#FFFFFF",
    warn_soft="#3D2D0E",
    warn_soft_ink="#FFDFA6",
    danger_soft="#4A1B18",
    danger_soft_ink="#FFD8D3",
    alarm="#8C1712",
    alarm_ink="#FFFFFF",
    shade="#000000",
)

CONTRAST = Palette(
    ground="#000000",
    surface="#000000",
    raised="#141414",
    ink="#FFFFFF",
    soft="#E4E4E4",
    line="#8C8C8C",
    edge="#FFFFFF",
    accent="#FFE34D",
    accent_ink="#000000",
    accent_soft="#3A3300",
    accent_soft_ink="#FFF3AE",
    good="#7DFFB0",
    warn="#FFCB5C",
    danger="#FFA9A1",
    call="#7DFFB0",
    call_ink="#000000",
    end="#FFA9A1",
    end_ink="#000000",
    warn_soft="#3A2B00",
    warn_soft_ink="#FFE9B8",
    danger_soft="#4A0B07",
    danger_soft_ink="#FFE4E1",
    alarm="#6B0000",
    alarm_ink="#FFFFFF",
    shade="#000000",
)

PALETTES = {"claro": LIGHT, "escuro": DARK, "contraste": CONTRAST}
SHADE_ALPHA = 0.55

TEXT_PAIRS = (
    ("ink", "ground"),
    ("ink", "surface"),
    ("ink", "raised"),
    ("soft", "ground"),
    ("soft", "surface"),
    ("soft", "raised"),
    ("accent", "ground"),
    ("accent", "surface"),
    ("accent", "raised"),
    ("accent_ink", "accent"),
    ("accent_soft_ink", "accent_soft"),
    ("good", "ground"),
    ("good", "surface"),
    ("warn", "ground"),
    ("warn", "surface"),
    ("danger", "ground"),
    ("danger", "surface"),
    ("call_ink", "call"),
    ("end_ink", "end"),
    ("warn_soft_ink", "warn_soft"),
    ("danger_soft_ink", "danger_soft"),
    ("alarm_ink", "alarm"),
)
"""(text, ground): at least 4.5 to 1, in high contrast at least 7 to 1."""

EDGE_PAIRS = (
    ("edge", "ground"),
    ("edge", "surface"),
    ("accent", "ground"),
    ("accent", "surface"),
    ("end", "surface"),
)
"""(shape, ground): at least 3 to 1."""


def rgba(colour: str, alpha: float = 1.0) -> Colour:
    """`#rrggbb` as four numbers from 0 to 1."""
    red, green, blue = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    return (red, green, blue, alpha)


def contrast(one: str, other: str) -> float:
    """The contrast ratio of two opaque colours, 1 to 21 (WCAG 2.1, «contrast ratio»)."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def colours(palette: Palette) -> dict[str, Colour]:
    """Every colour of a look as numbers, by the name of its field."""
    return {field.name: rgba(getattr(palette, field.name)) for field in fields(palette)}


def _luminance(colour: str) -> float:
    """Relative luminance (WCAG 2.1, «relative luminance»)."""
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in rgba(colour)[:3]]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
