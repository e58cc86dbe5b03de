"""The ledger of the relay: every use is charged, a little at a time, and debtors are watched."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from voz.relay.credentials import User
from voz.relay.ledger import CHARGE, SLICE, Ledger
from voz.relay.limits import BYTES_A_SECOND, PACKETS_A_SECOND
from voz.relay.table import AllocationTable, Leg


class LedgerTests(SynchronousTestCase):
    """What passed at once is paid for later."""

    def setUp(self) -> None:
        """An empty table, and legs of as many calls as a test wants."""
        self.table: AllocationTable[bytes] = AllocationTable()
        self.ledger = Ledger(self.table)

    def leg(self, number: int) -> Leg[bytes]:
        """The leg whose source is that number."""
        user = User(9, f"call{number}", "a")
        name = f"9:call{number}.a"
        source = number.to_bytes(4, "big")
        return self.table.add(name, user, source, ("192.0.2.1", 1), "203.0.113.1", b"k", 0.0)

    def test_a_little_at_a_time(self) -> None:
        """However many legs spoke, one wake-up charges no more than a slice of them, and in the end all."""
        legs = [self.leg(number) for number in range(5 * SLICE)]
        self.ledger.settle(0.0)
        self.ledger.note([leg.source for leg in legs], [114] * len(legs))
        charged = []
        for turn in range(8):
            before = sum(leg.allowance.passed for leg in legs)
            self.ledger.settle(CHARGE + turn * 1e-3)
            charged.append((sum(leg.allowance.passed for leg in legs) - before) // 110)
        self.assertEqual(max(charged), SLICE)
        self.assertEqual([leg.allowance.passed for leg in legs], [110] * len(legs))

    def test_a_debtor_is_watched_until_it_has_recovered(self) -> None:
        """A leg that used more than it may is watched, and no more once half a second's worth is won back."""
        leg = self.leg(1)
        self.ledger.note([leg.source] * (PACKETS_A_SECOND + 1), [24] * (PACKETS_A_SECOND + 1))
        self.ledger.settle(0.0)
        self.ledger.settle(0.0)
        self.assertEqual(self.ledger.watched, {leg.source})
        self.ledger.settle(0.3)
        self.assertEqual(self.ledger.watched, {leg.source})
        self.ledger.settle(0.6)
        self.assertEqual(self.ledger.watched, set())

    def test_a_debtor_that_is_gone(self) -> None:
        """A leg that has ended is neither charged nor watched."""
        leg = self.leg(1)
        self.ledger.note([leg.source] * 200, [24] * 200)
        self.ledger.settle(0.0)
        self.ledger.settle(0.0)
        self.table.end(leg)
        self.ledger.note([leg.source], [24])
        for turn in range(1, 4):
            self.ledger.settle(turn * CHARGE)
        self.assertEqual(self.ledger.watched, set())

    @given(st.lists(st.tuples(st.integers(0, 4), st.integers(4, 512)), min_size=1, max_size=200))
    def test_nothing_is_forgotten(self, packets: list[tuple[int, int]]) -> None:
        """Whatever was sent, in whatever order, each leg is charged exactly that."""
        self.setUp()
        legs = [self.leg(number) for number in range(5)]
        for source, length in packets:
            self.ledger.note([legs[source].source], [length])
            self.ledger.settle(0.0)
        for turn in range(1, 20):
            self.ledger.settle(turn * CHARGE)
        sizes = [sum(length - 4 for source, length in packets if source == number) for number in range(5)]
        self.assertEqual([leg.allowance.passed for leg in legs], sizes)
        for leg, size in zip(legs, sizes, strict=True):
            self.assertGreaterEqual(leg.allowance.volume, min(0, BYTES_A_SECOND - size))
