"""The relay's bench: rounds that are kept, and the lines of its table."""

from __future__ import annotations

from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from bench.common.figures import Verdict
from bench.common.process import BenchError
from bench.rele.__main__ import lines
from bench.rele.measure import Outcome
from bench.rele.rounds import Kept

ABOUT = ["a machine", "two rounds"]


def outcome(cpu: float, p99: float = 1.0, skipped: int = 0) -> Outcome:
    """A round of ten calls in a second, with that much CPU."""
    return Outcome(10, cpu, 1.0, 1000, 1000, skipped, 0.5, p99)


class KeptTests(SynchronousTestCase):
    """Rounds in a file."""

    def setUp(self) -> None:
        """A file that is not there yet."""
        self.path = Path(self.mktemp())

    def test_goes_on(self) -> None:
        """What one run has measured, the next one knows, server by server and in order."""
        first = Kept(self.path, ABOUT)
        first.add("sala", outcome(0.1))
        first.add("c", outcome(0.2))
        first.add("sala", outcome(0.3))
        again = Kept(self.path, ABOUT)
        self.assertEqual(again.of(10, ["c", "sala"]), first.of(10, ["c", "sala"]))
        self.assertEqual([each.cpu for each in again.of(10, ["sala"])["sala"]], [0.1, 0.3])
        self.assertEqual(again.of(20, ["sala"]), {"sala": []})

    def test_another_machine(self) -> None:
        """Rounds of another machine, or of other options, are never mixed in."""
        Kept(self.path, ABOUT).add("sala", outcome(0.1))
        self.assertRaises(BenchError, Kept, self.path, ["another", "two rounds"])

    def test_without_a_file(self) -> None:
        """Without a file rounds are kept for the run alone."""
        kept = Kept(None, ABOUT)
        kept.add("sala", outcome(0.1))
        self.assertEqual(len(kept.of(10, ["sala"])["sala"]), 1)


class LinesTests(SynchronousTestCase):
    """The table."""

    def test_ratios_and_verdicts(self) -> None:
        """Ours beside theirs round by round; delay, loss and ratios are judged, the yardstick is not."""
        rounds = {
            "sala": [outcome(0.1), outcome(0.2)],
            "coturn-1": [outcome(0.2), outcome(0.2)],
            "c": [outcome(0.1, p99=9.0, skipped=1000), outcome(0.1)],
        }
        table = {line.what: line for line in lines(10, rounds)}
        self.assertAlmostEqual(table["calls a core, sala ÷ coturn-1"].spread.middle, 1.5)
        self.assertIs(table["calls a core, sala ÷ coturn-1"].verdict, Verdict.REACHED)
        self.assertIs(table["sala: delay, p99"].verdict, Verdict.REACHED)
        self.assertIs(table["c: delay, p99"].verdict, Verdict.NONE)
        self.assertEqual(table["not sent: the load itself was held up"].spread.high, 50.0)
