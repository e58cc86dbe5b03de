"""Which way a call's voice goes."""

from __future__ import annotations

from twisted.trial.unittest import TestCase

from registro.operations.paths import DIRECT, LINES, RELAY, UNKNOWN, Paths, Seen


class PathsTests(TestCase):
    """What grows between two looks is the way."""

    def setUp(self) -> None:
        """Begin without a look at any call."""
        self.paths = Paths()

    def ways(self, *looks: tuple[int, int, float | None]) -> list[str]:
        """Take several looks at a call."""
        return [self.paths.look("x", *look).path for look in looks]

    def test_a_ring_has_no_way(self) -> None:
        """While it rings there is no voice and no way."""
        self.assertEqual(self.ways((0, 0, None), (0, 0, None)), [UNKNOWN, UNKNOWN])

    def test_by_the_relay(self) -> None:
        """A call whose relayed bytes grow goes by the relay."""
        self.assertEqual(self.ways((0, 0, 0.1), (900, 0, 2.1), (1800, 0, 4.1)), [UNKNOWN, RELAY, RELAY])

    def test_directly(self) -> None:
        """A call that was answered a while ago and moves nothing here talks directly, and may come back."""
        looks = ((900, 0, 1.0), (1800, 0, 3.0), (1800, 0, 9.0), (2700, 0, 11.0))
        self.assertEqual(self.ways(*looks), [UNKNOWN, RELAY, DIRECT, RELAY])

    def test_a_few_reports_are_no_voice(self) -> None:
        """A direct call that sends a report by the relay now and then is still direct."""
        looks = ((900, 0, 1.0), (1800, 0, 3.0), (1800, 0, 9.0), (2000, 0, 11.0))
        self.assertEqual(self.ways(*looks)[-1], DIRECT)

    def test_not_at_once(self) -> None:
        """Right after the answer nothing is said of a call that moves nothing yet."""
        self.assertEqual(self.ways((0, 0, 0.1), (0, 0, 2.1)), [UNKNOWN, UNKNOWN])

    def test_by_lines(self) -> None:
        """A call whose packets come as lines goes by lines."""
        self.assertEqual(self.ways((0, 0, 1.0), (0, 500, 3.0)), [UNKNOWN, LINES])

    def test_calls_that_are_over_are_forgotten(self) -> None:
        """What is no longer there is no longer kept."""
        self.paths.look("x", 1, 2, 3.0)
        self.assertEqual(self.paths.known("x"), Seen(1, 2))
        self.paths.keep(())
        self.assertEqual(self.paths.known("x"), Seen())
