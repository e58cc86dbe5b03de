"""Some rows measured again: their lines take the place of the older ones in the page's table."""

from __future__ import annotations

from pathlib import Path

from bench.common.page import BEGIN, END, write_figures
from bench.common.table import HEADINGS

AGAIN = "Measured again: "
Cells = tuple[str, ...]


def cells(table: str) -> list[Cells]:
    """Read a Markdown table's rows, without headings; anything else in the text is passed over."""
    rows = [tuple(cell.strip() for cell in line.strip("|").split("|")) for line in _lines(table)]
    return [row for row in rows if row != HEADINGS and not set("".join(row)) <= {"-"}]


def _lines(text: str) -> list[str]:
    return [line for line in text.splitlines() if line.startswith("| ")]


def joined(older: list[Cells], newer: list[Cells]) -> list[Cells]:
    """Put the newer rows where those of the same name stood; a row that was not there comes last."""
    names = list(dict.fromkeys(row[0] for row in (*older, *newer)))
    measured = {row[0] for row in newer}
    return [row for name in names for row in (newer if name in measured else older) if row[0] == name]


def as_table(rows: list[Cells]) -> str:
    """Write the rows as a table whose columns stand under each other."""
    whole = [HEADINGS, *rows]
    widths = [max(len(row[column]) for row in whole) for column in range(len(HEADINGS))]
    texts = [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |"
        for row in (HEADINGS, tuple("-" * width for width in widths), *rows)
    ]
    return "\n".join(texts)


def renew(path: Path, about: str, table: str) -> None:
    """Renew a page's rows by those of `table`, described by `about`; ValueError without its marks."""
    page = path.read_text()
    kept = page.partition(BEGIN)[2].partition(END)[0]
    first = next((line for line in kept.splitlines() if line.strip()), about)
    newer = cells(table)
    again = AGAIN + ", ".join(dict.fromkeys(row[0] for row in newer)) + "."
    notes = [line for line in kept.splitlines() if line.startswith(AGAIN) and not line.startswith(again)]
    write_figures(
        path, "\n\n".join([first, *notes, f"{again} {about}", as_table(joined(cells(kept), newer))])
    )
