"""The looks can be read: contrast by WCAG 2.1, and every icon that is named is in the font."""

from __future__ import annotations

import re
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from kivy_client.theme.icons import ICONS
from kivy_client.theme.palette import CONTRAST, EDGE_PAIRS, PALETTES, TEXT_PAIRS, contrast, rgba
from kivy_client.theme.typography import SCALES, SIZES, sizes

CLIENT = Path(__file__).resolve().parents[2] / "kivy_client"
_NAMED = re.compile(r"icon(?:=|: )'([a-z0-9-]+)'|\b(?:icon=|Mark\()\"([a-z0-9-]+)\"")


class PaletteTests(SynchronousTestCase):
    """Text against its ground."""

    def test_known_ratio(self) -> None:
        """The ratio is WCAG's: 21 for black on white, 4.54 for #767676 on white."""
        self.assertAlmostEqual(contrast("#000000", "#FFFFFF"), 21.0)
        self.assertAlmostEqual(contrast("#767676", "#FFFFFF"), 4.54, places=2)

    def test_text(self) -> None:
        """Every text has 4.5 to 1 on its ground in every look, 7 to 1 in high contrast."""
        for name, palette in PALETTES.items():
            least = 7.0 if palette is CONTRAST else 4.5
            for ink, ground in TEXT_PAIRS:
                ratio = contrast(getattr(palette, ink), getattr(palette, ground))
                self.assertGreaterEqual(ratio, least, f"{name}: {ink} on {ground}")

    def test_edges(self) -> None:
        """What can be operated stands out from its ground by 3 to 1."""
        for name, palette in PALETTES.items():
            for edge, ground in EDGE_PAIRS:
                ratio = contrast(getattr(palette, edge), getattr(palette, ground))
                self.assertGreaterEqual(ratio, 3.0, f"{name}: {edge} on {ground}")

    def test_numbers(self) -> None:
        """A colour becomes four numbers from 0 to 1."""
        self.assertEqual(rgba("#FF0033", 0.5), (1.0, 0.0, 0.2, 0.5))


class TypographyTests(SynchronousTestCase):
    """Sizes of text."""

    def test_scale(self) -> None:
        """Scale 1 gives the table; text grows with the scale, headings by half of it."""
        self.assertEqual(sizes(1.0), SIZES)
        self.assertEqual(sizes(1.5)["body"], SIZES["body"] * 1.5)
        self.assertEqual(sizes(1.5)["display"], SIZES["display"] * 1.25)

    def test_order(self) -> None:
        """At every step a heading stays larger than what it heads."""
        for scale in SCALES:
            grown = list(sizes(scale).values())
            self.assertEqual(grown, sorted(grown, reverse=True))


class IconTests(SynchronousTestCase):
    """The icon font and its table."""

    def test_every_named_icon_exists(self) -> None:
        """Every icon that a `.kv` or `.py` file names is in the table."""
        named = set()
        for path in [*CLIENT.rglob("*.kv"), *CLIENT.rglob("*.py")]:
            named |= {one or other for one, other in _NAMED.findall(path.read_text(encoding="utf-8"))}
        self.assertEqual(named - ICONS.keys(), set())

    def test_table_is_the_wanted_list(self) -> None:
        """The table holds just the names of `icons.txt`."""
        wanted = (CLIENT / "theme" / "icons.txt").read_text().split()
        self.assertEqual(sorted(wanted), sorted(ICONS))

    def test_licences_are_there(self) -> None:
        """Fonts travel with their licences."""
        files = {path.name for path in (CLIENT / "assets" / "fonts").iterdir()}
        wanted = {"Roboto-Regular.ttf", "Roboto-Medium.ttf", "icons.ttf", "LICENSE-Apache-2.0.txt"}
        self.assertLessEqual(wanted, files)
