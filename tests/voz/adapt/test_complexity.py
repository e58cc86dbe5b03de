"""How hard the encoder works."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import TestCase

from voz.adapt.complexity import HIGHEST, LOWEST, ComplexityControl


class ComplexityTests(TestCase):
    """Shares of the time that frames took."""

    def feed(self, control: ComplexityControl, share: float, frames: int) -> int:
        """How often the complexity changed."""
        return sum(control.encoded(share) for _ in range(frames))

    def test_a_fast_machine(self) -> None:
        """Two per cent of the time leave it at the highest."""
        control = ComplexityControl()
        self.assertEqual(self.feed(control, 0.02, 3000), 0)
        self.assertEqual(control.value, HIGHEST)

    def test_a_slow_machine(self) -> None:
        """Half of the time brings it down to the lowest, in a few seconds."""
        control = ComplexityControl()
        self.feed(control, 0.5, 300)
        self.assertEqual(control.value, LOWEST)

    def test_in_between(self) -> None:
        """What costs neither much nor little stays."""
        control = ComplexityControl()
        self.feed(control, 0.5, 50)
        before = control.value
        self.feed(control, 0.1, 30)
        settled = control.value
        self.feed(control, 0.1, 3000)
        self.assertEqual(control.value, settled)
        self.assertLess(before, HIGHEST)

    def test_recovers_slowly(self) -> None:
        """When the machine has time again it goes up a step every few seconds."""
        control = ComplexityControl()
        self.feed(control, 0.5, 300)
        self.assertIn(self.feed(control, 0.01, 1500), (5, 6))
        self.feed(control, 0.01, 10_000)
        self.assertEqual(control.value, HIGHEST)

    def test_one_slow_frame(self) -> None:
        """One frame that took long (the machine was busy) changes nothing."""
        control = ComplexityControl()
        self.feed(control, 0.02, 300)
        self.assertEqual(self.feed(control, 2.0, 1), 0)

    @given(st.lists(st.floats(0, 10), max_size=400))
    def test_in_its_bounds(self, shares: list[float]) -> None:
        """Whatever is measured it stays between the lowest and the highest."""
        control = ComplexityControl()
        for share in shares:
            control.encoded(share)
            self.assertTrue(LOWEST <= control.value <= HIGHEST)
