"""The type scale: five sizes of text, in sp, for font scale 1."""

from __future__ import annotations

SIZES = {"display": 34.0, "headline": 24.0, "title": 18.0, "body": 15.0, "small": 13.0}
"""Name → size in sp.  `display`: the name in a call; `headline`: a screen's title; `title`: a row's first
line, a button; `body`: text; `small`: what helps."""

SCALES = (0.85, 1.0, 1.15, 1.3, 1.5)
"""The steps that the settings offer."""


def sizes(scale: float) -> dict[str, float]:
    """The sizes in sp at a font scale; the large ones grow more slowly, so that headings still fit at 1.5."""
    return {name: size * (scale if size < 20 else 1 + (scale - 1) * 0.5) for name, size in SIZES.items()}
