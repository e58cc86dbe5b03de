"""Medians, ratios, goals and the table they are printed in."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial import unittest

from bench.common.figures import Goal, Spread, Verdict, brief, ratios
from bench.common.table import Line, as_json, markdown

FIGURES = st.floats(min_value=0.001, max_value=1e9)


class SpreadTests(unittest.SynchronousTestCase):
    """What several rounds come to."""

    def test_median_and_extremes(self) -> None:
        """One slow round moves the lowest figure and not the median."""
        self.assertEqual(Spread.of([10.0, 1.0, 11.0, 12.0, 9.0]), Spread(10.0, 1.0, 12.0))

    def test_nothing_measured(self) -> None:
        """No round is an error, never a figure."""
        with self.assertRaises(ValueError):
            Spread.of([])


class RatioTests(unittest.SynchronousTestCase):
    """Ratios of servers measured side by side."""

    def test_round_by_round(self) -> None:
        """A round that slowed both servers leaves the ratio as it was."""
        self.assertEqual(ratios([20.0, 2.0, 20.0], [10.0, 1.0, 10.0]), Spread(2.0, 2.0, 2.0))

    def test_different_numbers_of_rounds(self) -> None:
        """Rounds without a partner are an error."""
        with self.assertRaises(ValueError):
            ratios([1.0, 2.0], [1.0])

    def test_no_zero(self) -> None:
        """A peer that did nothing gives no ratio."""
        with self.assertRaises(ValueError):
            ratios([1.0], [0.0])

    @given(st.lists(st.tuples(FIGURES, FIGURES), min_size=1, max_size=9))
    def test_inside_its_bounds(self, pairs: list[tuple[float, float]]) -> None:
        """The median ratio always lies between the smallest and the largest round."""
        spread = ratios([mine for mine, _ in pairs], [theirs for _, theirs in pairs])
        self.assertTrue(spread.low <= spread.middle <= spread.high)


class GoalTests(unittest.SynchronousTestCase):
    """Goals judge the figure and never themselves."""

    def test_at_least(self) -> None:
        """The bound itself is kept, anything below is missed."""
        goal = Goal(least=1.7)
        self.assertEqual(
            [goal.judge(figure) for figure in (1.69, 1.7, 2.0)],
            [Verdict.MISSED, Verdict.REACHED, Verdict.REACHED],
        )

    def test_at_most(self) -> None:
        """The bound itself is kept, anything above is missed."""
        goal = Goal(most=50, unit=" ms")
        self.assertEqual([goal.judge(figure) for figure in (50, 50.1)], [Verdict.REACHED, Verdict.MISSED])
        self.assertEqual(str(goal), "≤ 50 ms")


class BriefTests(unittest.SynchronousTestCase):
    """Figures as they are printed."""

    def test_three_digits(self) -> None:
        """Three significant digits, no exponent, no figures that were not measured."""
        self.assertEqual(
            [brief(figure) for figure in (0, 0.12345, 4.5678, 78.91, 999.7, 12345.6)],
            ["0", "0.123", "4.57", "78.9", "1000", "12300"],
        )


class TableTests(unittest.SynchronousTestCase):
    """The table and its JSON."""

    def setUp(self) -> None:
        """A missed goal."""
        self.line = Line("consulta", "sala / C", Spread(0.2, 0.19, 0.21), " ×", Goal(least=0.27))

    def test_a_miss_is_said(self) -> None:
        """A figure below its goal stands in the table with its rounds, its goal and the word."""
        row = markdown([self.line]).splitlines()[2]
        self.assertEqual(
            [cell.strip() for cell in row.strip("|").split("|")],
            ["consulta", "sala / C", "0.2 ×", "0.19-0.21", "≥ 0.27", "missed"],
        )

    def test_json_holds_the_verdict(self) -> None:
        """Programs read the same verdict as people."""
        held = json.loads(as_json([self.line], ["a machine"]))
        self.assertEqual(held["figures"][0]["verdict"], "missed")
        self.assertEqual(held["machine"], ["a machine"])
