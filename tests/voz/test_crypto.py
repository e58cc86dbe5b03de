"""SRTP: known values, an independent implementation as oracle, and everything that must be refused."""

from __future__ import annotations

import pylibsrtp
from cryptography.hazmat.primitives.ciphers import algorithms
from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import TestCase

from voz import crypto
from voz.crypto import (
    AlteredError,
    ForeignError,
    MalformedError,
    Opener,
    ReplayedError,
    Sealer,
    SecurityError,
)
from voz.packet import RtpPacket
from voz.reporting.rtcp import ReceiverReport, serialise_rtcp

KEY = bytes.fromhex("e1f97a0d3e018be0d64fa32c06de4139")
SALT = bytes.fromhex("0ec675ad498afeebb6960b3aabe6")
SSRC = 0xCAFEBABE


def rtp(sequence: int, payload: bytes = b"frame") -> bytes:
    """A packet of the source under test."""
    return RtpPacket(111, sequence & 0xFFFF, 960 * sequence & 0xFFFFFFFF, SSRC, payload).serialise()


def oracle(inbound: bool) -> pylibsrtp.Session:
    """The same context in libsrtp."""
    kind = pylibsrtp.Policy.SSRC_ANY_INBOUND if inbound else pylibsrtp.Policy.SSRC_ANY_OUTBOUND
    return pylibsrtp.Session(policy=pylibsrtp.Policy(key=KEY + SALT, ssrc_type=kind))


class KnownValues(TestCase):
    """RFC 3711 appendix B and libsrtp's published packet."""

    def test_key_stream(self) -> None:
        """AES counter mode gives the key stream of appendix B.2."""
        keys = crypto._Keys(KEY, SALT, (0, 1, 2))
        keys._aes = algorithms.AES(bytes.fromhex("2b7e151628aed2a6abf7158809cf4f3c"))
        keys._salt = int.from_bytes(bytes.fromhex("f0f1f2f3f4f5f6f7f8f9fafbfcfd0000"))
        self.assertEqual(
            keys.crypt(0, 0, bytes(32)).hex(),
            "e03ead0935c95e80e166b16dd92b4eb4d23513162b02d0f72a43a2fe4a5f97ab",
        )

    def test_key_derivation(self) -> None:
        """The three session keys are those of appendix B.3."""
        derived = [
            crypto._derive(KEY, SALT, label, size).hex() for label, size in ((0, 16), (2, 14), (1, 20))
        ]
        self.assertEqual(
            derived,
            [
                "c61e7a93744f39ee10734afe3ff7a087",
                "30cbbc08863d8c85d49db34a9ae1",
                "cebe321f6ff7716b6fd4ab49af256a156d38baa4",
            ],
        )

    def test_packet(self) -> None:
        """A whole packet is sealed to the published bytes."""
        plain = bytes.fromhex("800f1234decafbadcafebabe" + "ab" * 16)
        sealed = "800f1234decafbadcafebabe4e55dc4ce79978d88ca4d215949d2402b78d6acc99ea179b8dbb"
        self.assertEqual(Sealer(KEY, SALT, SSRC).seal_rtp(plain).hex(), sealed)


class OracleTests(TestCase):
    """Both directions against libsrtp."""

    @given(
        st.integers(0, 2**15 - 1), st.lists(st.tuples(st.integers(1, 9), st.binary(max_size=80)), max_size=20)
    )
    def test_libsrtp_reads_ours_and_we_read_its(self, start: int, steps: list[tuple[int, bytes]]) -> None:
        """Each opens what the other sealed, and both seal to the same bytes."""
        sealer, opener = Sealer(KEY, SALT, SSRC), Opener(KEY, SALT, SSRC)
        theirs_out, theirs_in = oracle(inbound=False), oracle(inbound=True)
        sequence = start
        for step, payload in steps:
            sequence += step
            plain = rtp(sequence, payload)
            sealed = sealer.seal_rtp(plain)
            self.assertEqual(sealed, theirs_out.protect(plain))
            self.assertEqual(theirs_in.unprotect(sealed), plain)
            self.assertEqual(opener.open_rtp(sealed), plain)

    def test_rollover(self) -> None:
        """Four times round the 16 bits of sequence number both still agree, with losses at the turn."""
        sealer, opener, theirs = Sealer(KEY, SALT, SSRC), Opener(KEY, SALT, SSRC), oracle(inbound=True)
        for sequence in range(30000, 4 * 65536, 997):
            sealed = sealer.seal_rtp(rtp(sequence))
            self.assertEqual(opener.open_rtp(sealed), rtp(sequence))
            self.assertEqual(theirs.unprotect(sealed), rtp(sequence))

    def test_rtcp(self) -> None:
        """SRTCP is read by libsrtp and libsrtp's by us."""
        report = serialise_rtcp([ReceiverReport(SSRC)])
        sealer, opener = Sealer(KEY, SALT, SSRC), Opener(KEY, SALT, SSRC)
        theirs_in, theirs_out = oracle(inbound=True), oracle(inbound=False)
        for _ in range(5):
            self.assertEqual(theirs_in.unprotect_rtcp(sealer.seal_rtcp(report)), report)
            self.assertEqual(opener.open_rtcp(theirs_out.protect_rtcp(report)), report)


class RefusalTests(TestCase):
    """What does not authenticate raises and changes nothing."""

    def setUp(self) -> None:
        """One context at each end."""
        self.sealer, self.opener = Sealer(KEY, SALT, SSRC), Opener(KEY, SALT, SSRC)

    @given(st.data())
    def test_any_altered_bit(self, data: st.DataObject) -> None:
        """A packet with one bit turned anywhere is refused, and the real one is taken afterwards."""
        sealer, opener = Sealer(KEY, SALT, SSRC), Opener(KEY, SALT, SSRC)
        for sealed, opens in (
            (sealer.seal_rtp(rtp(7)), opener.open_rtp),
            (sealer.seal_rtcp(serialise_rtcp([ReceiverReport(SSRC)])), opener.open_rtcp),
        ):
            bit = data.draw(st.integers(0, 8 * len(sealed) - 1))
            altered = bytearray(sealed)
            altered[bit // 8] ^= 1 << bit % 8
            self.assertRaises(SecurityError, opens, bytes(altered))
            opens(sealed)

    def test_replayed(self) -> None:
        """A packet is taken once; out of order is no replay; behind the window is one."""
        sealed = [self.sealer.seal_rtp(rtp(number)) for number in range(1, crypto.REPLAY_WINDOW + 3)]
        for index in (0, 2, 1):
            self.opener.open_rtp(sealed[index])
            self.assertRaises(ReplayedError, self.opener.open_rtp, sealed[index])
        self.opener.open_rtp(sealed[-1])
        self.assertRaises(ReplayedError, self.opener.open_rtp, sealed[1])
        self.opener.open_rtp(sealed[3])

    def test_replayed_report(self) -> None:
        """A report is taken once."""
        sealed = self.sealer.seal_rtcp(serialise_rtcp([ReceiverReport(SSRC)]))
        self.opener.open_rtcp(sealed)
        self.assertRaises(ReplayedError, self.opener.open_rtcp, sealed)

    def test_foreign(self) -> None:
        """Another source is refused as such, also when sealing."""
        other = Sealer(KEY, SALT, 5)
        packet = RtpPacket(111, 1, 1, 5, b"").serialise()
        report = serialise_rtcp([ReceiverReport(5)])
        self.assertRaises(ForeignError, self.opener.open_rtp, other.seal_rtp(packet))
        self.assertRaises(ForeignError, self.opener.open_rtcp, other.seal_rtcp(report))
        self.assertRaises(ForeignError, self.sealer.seal_rtp, packet)
        self.assertRaises(ForeignError, self.sealer.seal_rtcp, report)

    def test_other_keys(self) -> None:
        """A packet under another key, or reflected to its sender's own opener, is refused."""
        stranger = Sealer(bytes(16), SALT, SSRC)
        self.assertRaises(AlteredError, self.opener.open_rtp, stranger.seal_rtp(rtp(1)))
        self.assertRaises(AlteredError, self.opener.open_rtp, Sealer(KEY, bytes(14), SSRC).seal_rtp(rtp(1)))

    @given(st.binary(max_size=80))
    def test_any_bytes(self, junk: bytes) -> None:
        """Any bytes raise SecurityError and nothing else."""
        opener = Opener(KEY, SALT, SSRC)
        self.assertRaises(SecurityError, opener.open_rtp, junk)
        self.assertRaises(SecurityError, opener.open_rtcp, junk)
        dressed = junk[:2].ljust(2, b"\x80") + junk[2:8].ljust(6, b"0") + SSRC.to_bytes(4) + junk[12:]
        self.assertRaises(SecurityError, opener.open_rtp, b"\x80" + dressed[1:].ljust(24, b"0"))

    def test_short_and_wrong_lengths(self) -> None:
        """Too short is Malformed; keys of a wrong length are a programming error."""
        self.assertRaises(MalformedError, self.opener.open_rtp, bytes(21))
        self.assertRaises(MalformedError, self.opener.open_rtcp, bytes(21))
        self.assertRaises(ValueError, Sealer, KEY, bytes(13), SSRC)

    def test_the_key_wears_out(self) -> None:
        """The last index is used, then the sealer refuses."""
        self.sealer._rtcp_index = crypto.MAX_RTCP_INDEX
        report = serialise_rtcp([ReceiverReport(SSRC)])
        self.sealer.seal_rtcp(report)
        self.assertRaises(crypto.KeyExhaustedError, self.sealer.seal_rtcp, report)
        self.sealer._highest = (1 << 48) - 1
        self.assertRaises(crypto.KeyExhaustedError, self.sealer.seal_rtp, rtp(0))
