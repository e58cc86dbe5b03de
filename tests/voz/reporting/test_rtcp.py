"""RTCP reports: bytes to numbers and back."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import TestCase

from voz.packet import PacketError
from voz.reporting.rtcp import (
    Bye,
    ReceiverReport,
    Report,
    ReportBlock,
    SenderReport,
    SourceName,
    VoiceMetrics,
    ntp_middle,
    ntp_time,
    parse_rtcp,
    serialise_rtcp,
)

WORD = st.integers(0, 2**32 - 1)
BLOCKS = st.lists(
    st.builds(
        ReportBlock, WORD, st.integers(0, 255), st.integers(-(2**23), 2**23 - 1), WORD, WORD, WORD, WORD
    ),
    max_size=3,
).map(tuple)
RATE = st.integers(0, 255).map(lambda number: number / 256)
TIME = st.integers(0, 65535)
REPORT: st.SearchStrategy[Report] = st.one_of(
    st.builds(SenderReport, WORD, st.integers(0, 2**64 - 1), WORD, WORD, WORD, BLOCKS),
    st.builds(ReceiverReport, WORD, BLOCKS),
    st.builds(Bye, st.lists(WORD, max_size=3).map(tuple)),
    st.builds(SourceName, WORD, st.text(st.characters(codec="ascii"), max_size=20)),
    st.builds(VoiceMetrics, WORD, WORD, RATE, RATE, TIME, TIME, TIME, TIME, TIME, TIME),
)


class RtcpTests(TestCase):
    """Compound packets."""

    def test_empty_receiver_report(self) -> None:
        """The proof of a path is eight bytes: RR without blocks."""
        self.assertEqual(serialise_rtcp([ReceiverReport(0x01020304)]).hex(), "80c9000101020304")

    @given(st.lists(REPORT, min_size=1, max_size=4))
    def test_round_trip(self, reports: list[Report]) -> None:
        """What is serialised is parsed to the same reports."""
        made = serialise_rtcp(reports)
        if len(made) >= 8:
            self.assertEqual(parse_rtcp(made), tuple(reports))

    def test_unknown_kinds_are_stepped_over(self) -> None:
        """An APP packet and an unknown extended block between two reports change nothing."""
        app = bytes.fromhex("80cc0002") + bytes(8)
        extended = bytes.fromhex("80cf0002") + bytes(4) + bytes.fromhex("04000000")
        compound = serialise_rtcp([ReceiverReport(1)]) + app + extended + serialise_rtcp([Bye((1,))])
        self.assertEqual(parse_rtcp(compound), (ReceiverReport(1), Bye((1,))))

    def test_refusals(self) -> None:
        """Cut, odd or foreign packets raise PacketError."""
        good = serialise_rtcp([ReceiverReport(1, (ReportBlock(2),))])
        bye_that_lies = bytes.fromhex("83cb000100000001")
        rows = (b"", good[:4], good[:-1], good[:-4], b"\x40" + good[1:], b"\x82" + good[1:], bye_that_lies)
        for row in rows:
            self.assertRaises(PacketError, parse_rtcp, row)

    @given(st.binary(max_size=120).map(lambda junk: junk[: len(junk) // 4 * 4]))
    def test_any_bytes(self, junk: bytes) -> None:
        """Any bytes either are reports or raise PacketError."""
        for kind in (200, 201, 202, 203, 207):
            try:
                parse_rtcp(bytes([0x81, kind, 0, max(0, len(junk) // 4)]) + junk)
            except PacketError:
                continue

    def test_ntp(self) -> None:
        """Unix time 0 is 2208988800 s after 1900, and the middle word counts 1/65536 s."""
        self.assertEqual(ntp_time(0.5), 2_208_988_800 << 32 | 1 << 31)
        self.assertEqual(ntp_middle(ntp_time(1.0)) - ntp_middle(ntp_time(0.0)), 65536)
