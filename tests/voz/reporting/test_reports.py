"""What is reported, and what is learnt from reports."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import TestCase

from voz.packet import PacketError
from voz.reporting.reception import Reception
from voz.reporting.reports import Feedback, Playout, Reports
from voz.reporting.rtcp import (
    ReceiverReport,
    ReportBlock,
    SenderReport,
    VoiceMetrics,
    parse_rtcp,
    serialise_rtcp,
)


class ReportsTests(TestCase):
    """Two ends that report to each other."""

    def setUp(self) -> None:
        """Ends 1 and 2, and what 2 has received of 1."""
        self.one, self.two = Reports(1, 2), Reports(2, 1)
        self.reception = Reception()
        self.nothing = Reception()

    def exchange(self, now: float, trip: float = 0.05, sent: int = 10) -> Feedback | None:
        """End 1 reports, 2 reports half the trip later, 1 reads it."""
        there = self.one.compose(
            now, reception=self.nothing, playout=Playout(), sent=(sent, 500), timestamp=960, frame_ms=20
        )
        self.two.received(parse_rtcp(serialise_rtcp(there)), now + trip / 2, 20)
        back = self.two.compose(
            now + trip / 2 + 0.1,
            reception=self.reception,
            playout=Playout(0.25, 40.0, 400.0),
            sent=(0, 0),
            timestamp=0,
            frame_ms=20,
        )
        return self.one.received(parse_rtcp(serialise_rtcp(back)), now + trip + 0.1, 20)

    def receive(self, numbers: list[int]) -> None:
        """End 2 gets these packets."""
        for number in numbers:
            self.reception.received(number, 960 * number, 0.02 * number, 50)

    def test_round_trip(self) -> None:
        """The round trip is the way there and back, without the time the other side held the report."""
        self.receive([0, 1])
        self.exchange(1000.0, trip=0.080)
        assert self.one.round_trip is not None
        self.assertApproximates(self.one.round_trip, 0.080, 0.001)

    def test_feedback(self) -> None:
        """From the second report on it is known how many packets were due, lost, and in what runs."""
        self.receive(list(range(20)))
        self.assertIsNone(self.exchange(1000.0))
        self.receive([number for number in range(20, 60) if number not in {30, 31}])
        feedback = self.exchange(1000.5)
        assert feedback is not None
        self.assertEqual((feedback.expected, feedback.lost, feedback.burst), (40, 2, 2.0))
        self.assertEqual((feedback.their_delay, feedback.their_discards), (0.04, 0.25))

    def test_packets_that_came_after_the_report(self) -> None:
        """What one report called lost and the next has found is taken back."""
        self.receive(list(range(20)))
        self.exchange(1000.0)
        self.receive([21])
        first = self.exchange(1000.5)
        self.receive([20, 22])
        second = self.exchange(1001.0)
        assert first is not None
        assert second is not None
        self.assertEqual((first.lost, second.lost), (1, -1))

    def test_what_is_said_when(self) -> None:
        """Who has sent nothing sends RR, who has received nothing no block; the proof is an empty RR."""
        silent = self.one.compose(
            5.0, reception=self.nothing, playout=Playout(), sent=(0, 0), timestamp=0, frame_ms=20
        )
        self.assertEqual(silent[0], ReceiverReport(1))
        self.assertEqual(self.one.proof(), (ReceiverReport(1),))
        self.receive([0])
        spoken = self.two.compose(
            5.0, reception=self.reception, playout=Playout(), sent=(1, 50), timestamp=7, frame_ms=20
        )
        self.assertIsInstance(spoken[0], SenderReport)
        self.assertIsInstance(spoken[-1], VoiceMetrics)

    def test_bye(self) -> None:
        """BYE counts if it is the other side's."""
        self.one.received(self.one.bye(), 1.0, 20)
        self.assertFalse(self.one.said_bye)
        self.one.received(self.two.bye(), 1.0, 20)
        self.assertTrue(self.one.said_bye)

    def test_reports_about_others(self) -> None:
        """A block about another source teaches nothing."""
        report = ReceiverReport(2, (ReportBlock(99, 255, 1000, 5000, 0, 1, 1),))
        self.assertIsNone(self.one.received((report,), 1.0, 20))
        self.assertIsNone(self.one.round_trip)

    def test_a_mad_clock(self) -> None:
        """A report that claims to answer one of ten minutes ago does not change the round trip."""
        self.one.received((ReceiverReport(2, (ReportBlock(1, last_sr=123, delay=5),)),), 1_000_000.0, 20)
        self.assertIsNone(self.one.round_trip)

    @given(st.binary(min_size=8, max_size=200))
    def test_anything(self, junk: bytes) -> None:
        """Any report that parses is survived."""
        reports = Reports(1, 2)
        for kind in (200, 201, 203, 207):
            body = junk[: len(junk) // 4 * 4]
            try:
                parsed = parse_rtcp(bytes([0x81, kind, 0, len(body) // 4]) + body)
            except PacketError:
                continue
            reports.received(parsed, 5.0, 20)
