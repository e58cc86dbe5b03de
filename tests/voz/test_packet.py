"""RTP and RED: bytes to numbers and back."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import TestCase

from voz import packet
from voz.packet import PacketError, RedBlock, RtpPacket, parse_red, parse_rtp, serialise_red

RTP = st.builds(
    RtpPacket,
    payload_type=st.integers(0, 127),
    sequence=st.integers(0, 65535),
    timestamp=st.integers(0, 2**32 - 1),
    ssrc=st.integers(0, 2**32 - 1),
    payload=st.binary(max_size=200),
    marker=st.booleans(),
)
OLDER = st.builds(
    RedBlock,
    payload_type=st.integers(0, 127),
    offset=st.integers(1, packet.MAX_RED_OFFSET),
    payload=st.binary(max_size=packet.MAX_RED_BLOCK),
)
OWN = st.builds(
    RedBlock, payload_type=st.integers(0, 127), offset=st.just(0), payload=st.binary(max_size=300)
)


class RtpTests(TestCase):
    """RTP packets."""

    def test_known_bytes(self) -> None:
        """A packet has the layout of RFC 3550 section 5.1."""
        made = RtpPacket(111, 0x1234, 0xDECAFBAD, 0xCAFEBABE, b"abc", marker=True).serialise()
        self.assertEqual(made.hex(), "80ef1234decafbadcafebabe616263")

    @given(RTP)
    def test_round_trip(self, made: RtpPacket) -> None:
        """What is serialised is parsed to the same packet."""
        self.assertEqual(parse_rtp(made.serialise()), made)

    def test_extension_sources_and_padding_are_stepped_over(self) -> None:
        """CSRCs, a header extension and padding of a stranger's packet do not reach the payload."""
        header = bytes([0xB1, 111]) + bytes(10)
        strange = header + bytes(4) + bytes([0xBE, 0xDE, 0, 1]) + bytes(4) + b"voice" + bytes([0, 0, 3])
        self.assertEqual(parse_rtp(strange).payload, b"voice")

    def test_refusals(self) -> None:
        """Short, foreign, cut or over-padded packets raise PacketError."""
        good = RtpPacket(111, 1, 2, 3, b"x").serialise()
        rows = (
            b"",
            good[:11],
            b"\x40" + good[1:],
            b"\x8f" + good[1:],
            b"\x90" + good[1:],
            b"\xa0" + good[1:],
        )
        for row in (*rows, good + bytes(packet.MAX_DATAGRAM)):
            self.assertRaises(PacketError, parse_rtp, row)

    @given(st.binary(max_size=120))
    def test_any_bytes(self, junk: bytes) -> None:
        """Any bytes either are a packet or raise PacketError."""
        try:
            parse_rtp(junk)
        except PacketError:
            return

    def test_tells_rtcp_from_rtp(self) -> None:
        """The second byte decides, as RFC 5761 says."""
        self.assertTrue(packet.is_rtcp(bytes([0x80, 201, 0, 1])))
        self.assertFalse(packet.is_rtcp(bytes([0x80, 128 | 111])))
        self.assertFalse(packet.is_rtcp(b"\x80"))

    def test_wrapped_difference(self) -> None:
        """Counters that wrap are compared the short way round."""
        self.assertEqual(packet.wrapped_difference(2, 65534, 16), 4)
        self.assertEqual(packet.wrapped_difference(65534, 2, 16), -4)
        self.assertEqual(packet.wrapped_difference(960, 0, 32), 960)


class RedTests(TestCase):
    """RED payloads."""

    def test_known_bytes(self) -> None:
        """Headers first with distance and length, then the frames, the own one last (RFC 2198 section 3)."""
        made = serialise_red([RedBlock(111, 960, b"old"), RedBlock(111, 0, b"new")])
        self.assertEqual(made.hex(), "ef0f0003" + "6f" + b"oldnew".hex())

    @given(st.lists(OLDER, max_size=packet.MAX_RED_BLOCKS), OWN)
    def test_round_trip(self, older: list[RedBlock], own: RedBlock) -> None:
        """What is serialised is parsed to the same blocks."""
        blocks = (*older, own)
        self.assertEqual(parse_red(serialise_red(blocks)), blocks)

    def test_refusals(self) -> None:
        """What RED cannot say is not written, and cut payloads are not read."""
        own = RedBlock(111, 0, b"new")
        for blocks in ([], [RedBlock(111, 960, b"")], [RedBlock(111, 1 << 14, b""), own]):
            self.assertRaises(PacketError, serialise_red, blocks)
        self.assertRaises(PacketError, serialise_red, [RedBlock(111, 1, bytes(1024)), own])
        for cut in (b"", b"\xef\x0f\x00", b"\xef\x0f\x00\x03\x6fab", b"\xef\x0f\x00\x00" * 12 + b"\x6f"):
            self.assertRaises(PacketError, parse_red, cut)

    @given(st.binary(max_size=120))
    def test_any_bytes(self, junk: bytes) -> None:
        """Any bytes either are blocks or raise PacketError."""
        try:
            parse_red(junk)
        except PacketError:
            return
