"""How often the window looks for work."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from kivy_client.pace import LINGER, Pace, Pacer


class PacerTests(SynchronousTestCase):
    """The pace follows what happens."""

    def setUp(self) -> None:
        """A pacer that notes what it asked for."""
        self.applied: list[int] = []
        self.pacer = Pacer(self.applied.append)

    def test_slows_down(self) -> None:
        """A second after the last touch an idle window slows down, and says so once."""
        self.pacer.stir(10.0)
        self.pacer.settle(10.0 + LINGER / 2)
        self.assertEqual(self.applied, [])
        self.pacer.settle(10.0 + LINGER)
        self.pacer.settle(12.0 + LINGER)
        self.assertEqual(self.applied, [Pace.IDLE.value])

    def test_wakes_up(self) -> None:
        """A touch brings full pace back at once, also in a hidden window."""
        self.pacer.hidden = True
        self.pacer.settle(0.0)
        self.pacer.stir(1.0)
        self.assertEqual(self.applied, [Pace.HIDDEN.value, Pace.BUSY.value])

    def test_call(self) -> None:
        """In a call the meters need a middle pace, unless nobody sees them."""
        self.pacer.in_call = True
        self.pacer.settle(0.0)
        self.pacer.hidden = True
        self.pacer.settle(1.0)
        self.assertEqual(self.applied, [Pace.CALL.value, Pace.HIDDEN.value])
