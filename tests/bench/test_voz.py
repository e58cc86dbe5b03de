"""The score of the voice engine does not fall: a short version of the loss matrix beside the committed
table."""

from __future__ import annotations

import json
from pathlib import Path

from twisted.trial.unittest import TestCase

from bench.voz.cells import GOALS, LINES
from bench.voz.matrix import engine_call, mean
from bench.voz.pages import matrix_table
from tests.support.line import Impairment

TABLE = Path(__file__).parents[2] / "docs" / "bench" / "voz.json"
RECORDING = "human_2"
FLOORS = {
    "clean": 4.3,
    "loss 5 %": 4.1,
    "loss 10 %": 3.9,
    "loss 30 %": 3.7,
    "bursts of 3, 20 %": 3.3,
    "32 kbit/s and loss 10 %": 3.2,
}
"""PESQ of this one recording, mean over the seeds: no less than the goal where the table has one."""
SEEDS = (1, 2)


class ScoreTests(TestCase):
    """Whole calls of the real engine; PESQ of what was heard."""

    def test_score(self) -> None:
        """On each of these lines one recording scores no less than its floor, within 66 kbit/s."""
        for line, floor in FLOORS.items():
            cell = mean(engine_call(LINES[line], RECORDING, seed, warm_up=15.0) for seed in SEEDS)
            self.assertGreaterEqual(cell.pesq, floor, line)
            self.assertLessEqual(cell.rate, 66.0, line)

    def test_the_committed_table(self) -> None:
        """The committed figures are of all lines, with the date and the versions, and their table says the
        same."""
        kept = json.loads(TABLE.read_text())
        figures = kept["matriz"]["figures"]
        self.assertEqual([row["line"] for row in figures], list(LINES))
        self.assertTrue(kept["date"])
        self.assertIn("libopus", " ".join(kept["machine"]))
        page = TABLE.with_suffix(".md").read_text()
        for row in figures:
            self.assertIn(f"| {row['line']} | {row['pesq']:.2f} |", page)

    def test_floors_reach_the_goals(self) -> None:
        """A floor is no lower than the goal of its line, so that a goal that breaks is seen here."""
        for line, floor in FLOORS.items():
            self.assertGreaterEqual(floor, GOALS[line])

    def test_every_goal_has_a_line(self) -> None:
        """Goals are for lines that exist; an empty table has its head."""
        self.assertTrue(set(GOALS) <= set(LINES))
        self.assertEqual(len(matrix_table([]).splitlines()), 2)
        self.assertEqual(Impairment(), LINES["clean"])
