"""A bench's results as lines of text and as JSON: what was measured, the figure, its goal, the verdict."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass

from bench.common.figures import Goal, Spread, Verdict, brief


@dataclass(frozen=True)
class Line:
    """One figure of one row. `spread` is over the rounds; without a goal the figure only informs."""

    row: str
    what: str
    spread: Spread
    unit: str = ""
    goal: Goal | None = None

    @property
    def verdict(self) -> Verdict:
        """What the median says about the goal."""
        return self.goal.judge(self.spread.middle) if self.goal else Verdict.NONE

    def cells(self) -> tuple[str, ...]:
        """Return the texts of the table's columns."""
        low, high = brief(self.spread.low), brief(self.spread.high)
        span = "" if low == high else f"{low}-{high}"
        figure = f"{brief(self.spread.middle)}{self.unit}"
        return self.row, self.what, figure, span, str(self.goal or ""), self.verdict.value


HEADINGS = ("row", "figure of", "median", "rounds", "goal", "")


def markdown(lines: Iterable[Line]) -> str:
    """Return the lines as a Markdown table whose columns stand under each other."""
    rows = [HEADINGS, *(line.cells() for line in lines)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEADINGS))]
    texts = [_row(row, widths) for row in rows]
    return "\n".join([texts[0], _row(["-" * width for width in widths], widths), *texts[1:]])


def _row(cells: Sequence[str], widths: Sequence[int]) -> str:
    return "| " + " | ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)) + " |"


def as_json(lines: Iterable[Line], machine: Sequence[str]) -> str:
    """Return the lines with the machine's description as one JSON object."""
    figures = [{**asdict(line), "verdict": line.verdict.value} for line in lines]
    return json.dumps({"machine": list(machine), "figures": figures}, ensure_ascii=False, indent=1)
