"""The runner counts what trial said, and takes a run that broke off for a failure."""

from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from scripts.run import alone
from scripts.test import tally

DASHES = "-" * 79


class TallyTests(SynchronousTestCase):
    """`tally` reads trial's closing lines."""

    def test_passed(self) -> None:
        """Skipped tests are not counted as passed."""
        lines = [DASHES, "Ran 12 tests in 1.250s", "", "PASSED (skips=2, successes=10)"]
        self.assertEqual(tally(lines), (10, 0, 2))

    def test_failed(self) -> None:
        """Failures, errors and unexpected successes are all failed tests."""
        lines = ["Ran 12 tests in 1s", "FAILED (failures=1, errors=2, unexpectedSuccesses=1, successes=8)"]
        self.assertEqual(tally(lines), (8, 4, 0))

    def test_no_test(self) -> None:
        """A run of no tests says so with zeros."""
        self.assertEqual(tally(["Ran 0 tests in 0.000s", "", "PASSED"]), (0, 0, 0))

    def test_broken_off(self) -> None:
        """Without both closing lines there is no count."""
        self.assertIsNone(tally(["tests.test_floors", "Ran 3 tests in 1s"]))
        self.assertIsNone(tally([]))

    def test_quoted_summary(self) -> None:
        """Only the last closing line counts, not one that a test printed."""
        lines = ["FAILED (failures=9)", "Ran 1 tests in 0.1s", "PASSED (successes=1)"]
        self.assertEqual(tally(lines), (1, 0, 0))


class AloneTests(SynchronousTestCase):
    """Two `make run` on one machine share one echo."""

    def test_one_of_two(self) -> None:
        """The first holds the folder, the second sees that, and when the first is gone it is free."""
        folder = Path(self.mktemp())
        with alone(folder) as first, alone(folder) as second:
            self.assertEqual((True, False), (first, second))
        with alone(folder) as third:
            self.assertTrue(third)
