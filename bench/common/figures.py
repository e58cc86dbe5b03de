"""Figures of repeated rounds: medians, ratios between servers measured side by side, and verdicts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from statistics import median


class Verdict(Enum):
    """What a figure says about its goal."""

    REACHED = "ok"
    MISSED = "missed"
    NONE = "-"


@dataclass(frozen=True)
class Goal:
    """A bound on a figure: at least `least`, or at most `most` (exactly one of them is given)."""

    least: float | None = None
    most: float | None = None
    unit: str = ""

    def judge(self, figure: float) -> Verdict:
        """Say whether the figure keeps the bound; the bound itself is kept."""
        if self.least is not None:
            return Verdict.REACHED if figure >= self.least else Verdict.MISSED
        return Verdict.REACHED if self.most is not None and figure <= self.most else Verdict.MISSED

    def __str__(self) -> str:
        """Write the bound with its sign and unit."""
        sign, bound = ("≥", self.least) if self.least is not None else ("≤", self.most)
        return f"{sign} {bound:g}{self.unit}"


@dataclass(frozen=True)
class Spread:
    """A figure of several rounds: its median, and the smallest and largest round."""

    middle: float
    low: float
    high: float

    @classmethod
    def of(cls, rounds: Sequence[float]) -> Spread:
        """Sum up at least one round; ValueError for none."""
        if not rounds:
            raise ValueError("no round was measured")
        return cls(median(rounds), min(rounds), max(rounds))


def ratios(ours: Sequence[float], theirs: Sequence[float]) -> Spread:
    """Return the ratio ours/theirs round by round, so that what slowed both in one round cancels out.

    Both have one figure a round, in the same order; ValueError when their lengths differ, when there is no
    round, or when a figure of theirs is not positive.
    """
    if len(ours) != len(theirs):
        raise ValueError(f"{len(ours)} rounds beside {len(theirs)}")
    if any(figure <= 0 for figure in theirs):
        raise ValueError("a ratio to nothing")
    return Spread.of([mine / other for mine, other in zip(ours, theirs, strict=True)])


def brief(figure: float) -> str:
    """Write a figure with three significant digits and no exponent: 0.123, 4.56, 78.9, 12300."""
    if figure == 0:
        return "0"
    text = f"{figure:.3g}"
    return f"{float(text):.0f}" if "e" in text or abs(figure) >= 1000 else text
