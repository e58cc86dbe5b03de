"""Figures written into a page."""

from __future__ import annotations

from pathlib import Path

from twisted.trial import unittest

from bench.common.page import BEGIN, END, with_figures

ROOT = Path(__file__).parents[2]


class PageTests(unittest.SynchronousTestCase):
    """The place between two marks."""

    def test_replaced(self) -> None:
        """Old figures go, new ones come, and everything around them stays."""
        page = f"# Title\n\n{BEGIN}\n\nold\n\n{END}\n\nafter\n"
        once = with_figures(page, "new\n")
        self.assertEqual(once, f"# Title\n\n{BEGIN}\n\nnew\n\n{END}\n\nafter\n")
        self.assertEqual(with_figures(once, "new"), once)

    def test_no_place(self) -> None:
        """A page without both marks, or with two places, is refused."""
        for page in ("", BEGIN, END, f"{END}{BEGIN}", f"{BEGIN}{END}{BEGIN}{END}"):
            with self.assertRaises(ValueError):
                with_figures(page, "new")

    def test_the_registry_s_page(self) -> None:
        """The page that the registry's bench writes to has its place."""
        page = (ROOT / "docs/bench/registro.md").read_text()
        self.assertIn("new figures", with_figures(page, "new figures"))
