"""The figures' place in a page of the documentation: written by the bench, never by hand."""

from __future__ import annotations

from pathlib import Path

BEGIN = "<!-- figures: written by the bench, do not edit -->"
END = "<!-- end of figures -->"


def with_figures(page: str, figures: str) -> str:
    """Return the page with the text between its two marks replaced; ValueError if it has not both, once."""
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end or BEGIN in after or END in after:
        raise ValueError("the page has no single place for figures")
    return f"{before}{BEGIN}\n\n{figures.strip()}\n\n{END}{after}"


def write_figures(path: Path, figures: str) -> None:
    """Put the figures into a page on disk; ValueError as in with_figures, and then nothing is written."""
    path.write_text(with_figures(path.read_text(), figures))
