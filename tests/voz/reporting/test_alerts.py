"""Warnings, second by second."""

from __future__ import annotations

from twisted.trial.unittest import TestCase

from voz.reporting import alerts
from voz.reporting.alerts import AGAIN_AFTER, Second, Watch

FINE = Second(0.05, 0.05, 50, False)


class WatchTests(TestCase):
    """What a run of seconds leads to."""

    def codes(self, second: Second, seconds: int) -> list[str]:
        """The warnings of so many equal seconds."""
        watch, found = Watch(), []
        for now in range(seconds):
            found += watch.second(second, float(now))
        return found

    def test_rows(self) -> None:
        """Each trouble is told once it has lasted, and nothing is told of a call that is well."""
        rows = [
            (FINE, []),
            (Second(0.05, 0.05, 50, True), [alerts.MUTED_TALKING]),
            (Second(0.001, 0.05, 50, True), []),
            (Second(0.0, 0.05, 50, False), [alerts.MIC_DEAD]),
            (Second(0.05, 0.0, 0, False), [alerts.NOTHING_ARRIVES]),
            (Second(0.05, 0.0, 8, False), [alerts.ONLY_SILENCE]),
        ]
        for second, expected in rows:
            self.assertEqual(self.codes(second, 20), expected)

    def test_not_at_once(self) -> None:
        """A single second is no reason."""
        self.assertEqual(self.codes(Second(0.0, 0.0, 0, True), 1), [])

    def test_again(self) -> None:
        """The same warning comes again only after a while."""
        self.assertEqual(len(self.codes(Second(0.05, 0.0, 0, False), int(AGAIN_AFTER) + 20)), 2)

    def test_over(self) -> None:
        """A trouble that stops and begins anew is counted from its new beginning."""
        watch = Watch()
        for now in range(40):
            second = FINE if now % 2 else Second(0.05, 0.0, 0, False)
            self.assertEqual(watch.second(second, float(now)), ())

    def test_codes(self) -> None:
        """Every code is in the list that the faces translate."""
        named = {value for name, value in vars(alerts).items() if name.isupper() and isinstance(value, str)}
        self.assertEqual(named, alerts.ALL)
