"""The engine as a whole, under a simulated clock: lines of all kinds, and everything that may come from
them."""

from __future__ import annotations

from random import Random

import numpy as np
from twisted.trial.unittest import TestCase

from tests.support.line import Impairment
from tests.support.simulation import A, B, SimulatedCall
from voz.adapt.ladder import CLEAN
from voz.codec import codec
from voz.crypto import Sealer
from voz.engine import Engine, EngineOptions
from voz.packet import OPUS, RED, RtpPacket
from voz.playout.wsola import loudness

NOISE = np.random.default_rng(2).normal(0, 2500, 48_000).astype(np.int16)


def speech(seconds: float) -> np.ndarray:
    """Noise in syllables, which is neither silence nor steady."""
    count = int(seconds * 48_000)
    syllables = np.abs(np.sin(np.arange(count) * 2 * np.pi * 2.5 / 48_000))
    return (np.resize(NOISE, count) * syllables).astype(np.int16)


class CallTests(TestCase):
    """Whole calls."""

    def test_clean(self) -> None:
        """On a clean line nothing is lost, concealed or refused, and the buffer is short."""
        call = SimulatedCall(Impairment())
        heard = call.run(speech(8))
        played = call.b.played()
        self.assertEqual((call.b.received().lost, played.late, call.b.refused().altered), (0, 0, 0))
        self.assertLess(played.target_ms, 15)
        self.assertGreater(loudness(heard[96_000:]), 500)
        self.assertEqual(call.a.sender.step.name, "clean-32")

    def test_loss_climbs_the_ladder(self) -> None:
        """Under 20 % of loss copies are sent within seconds and save nearly everything."""
        call = SimulatedCall(Impairment(loss=0.2), seed=3)
        call.run(speech(5))
        self.assertGreaterEqual(call.a.ladder.level, 3)
        before = call.b.played()
        call.run(speech(10))
        after = call.b.played()
        frames = after.frames + after.copies + after.recovered + after.concealed
        frames -= before.frames + before.copies + before.recovered + before.concealed
        self.assertLess((after.concealed - before.concealed) / frames, 0.035)
        self.assertGreater(after.copies - before.copies, 50)
        self.assertApproximates(call.a.sent().loss, 0.2, 0.12)

    def test_only_one_way(self) -> None:
        """Loss in one direction changes how that direction is sent, not the other."""
        call = SimulatedCall(Impairment(loss=0.15))
        call.run(speech(5))
        self.assertGreaterEqual(call.a.ladder.level, 2)
        self.assertEqual(call.b.ladder.level, 0)

    def test_a_line_narrower_than_the_first_step(self) -> None:
        """A line of 36 kbit/s, headers counted, is found out by what the other side reports: frames get
        longer, the rate stays below the line's, nothing is dropped any more, and the voice is whole."""
        rate = 36_000
        self.assertGreater(CLEAN.line(), rate)
        call = SimulatedCall(Impairment(rate=rate, overhead=-28))
        call.run(speech(10))
        self.assertTrue(call.a.congestion.full)
        self.assertLess(call.a.congestion.allowed, CLEAN.line())
        self.assertEqual(call.a.sender.frame_samples, 1920)
        sent, octets, dropped = call.forth.sent, call.forth.octets, call.forth.dropped
        before = call.b.played()
        call.run(speech(10))
        used = 8 * (call.forth.octets - octets + 28 * (call.forth.sent - sent)) / 10
        self.assertTrue(0.7 * rate <= used <= rate, used)
        self.assertEqual(call.forth.dropped, dropped)
        self.assertLessEqual(call.b.played().concealed - before.concealed, 5)
        self.assertLess(call.a.congestion._excess, 0.120)

    def test_the_setting_limits_too(self) -> None:
        """However much is lost, no more payload is sent than the setting allows."""
        call = SimulatedCall(Impairment(loss=0.2), options=EngineOptions(most_rate=24_000))
        call.run(speech(6))
        self.assertGreaterEqual(call.a.ladder.level, 3)
        before = call.a.sender.counters().octets
        call.run(speech(6))
        self.assertLessEqual((call.a.sender.counters().octets - before) * 8 / 6, 24_000)

    def test_a_jump_in_delay(self) -> None:
        """When the line takes 60 ms more, the buffer is within 10 ms of its target 5 s later."""
        call = SimulatedCall(Impairment(jump_at=1005.0, jump_by=0.060))
        call.run(speech(10))
        played = call.b.played()
        self.assertLess(abs(played.delay_ms - played.target_ms), 10)
        self.assertLess(played.target_ms, 25)

    def test_peer_sleeps(self) -> None:
        """A laptop that sleeps for 10 s in a call goes on talking: its voice is back within a second."""
        call = SimulatedCall(Impairment())
        call.run(speech(4))
        call.a.sender.skip(10 * 48_000)
        for _ in range(1000):
            call.clock.advance(0.01)
            call.b.pull(call.clock.seconds())
        call.run(speech(1))
        self.assertGreater(loudness(call.run(speech(1))), 500)

    def test_we_sleep(self) -> None:
        """When we slept 10 s while packets came, what is old is skipped and the delay is short again soon."""
        call = SimulatedCall(Impairment())
        call.run(speech(4))
        for index in range(1000):
            call.a.captured(NOISE[:480] if index % 7 else NOISE[480:960])
        call.clock.advance(10.0)
        call.run(speech(6))
        self.assertLess(call.b.played().delay_ms, 120)


class HostileTests(TestCase):
    """Whatever comes in."""

    def setUp(self) -> None:
        """One engine, and the other side's sealer in the hands of somebody mad."""
        self.sent: list[bytes] = []
        self.engine = Engine(codec(), A, B, self.sent.append)
        self.sealer = Sealer(B.key, B.salt, B.ssrc)

    def test_refused(self) -> None:
        """Altered, replayed, foreign and malformed datagrams are counted by kind and not believed."""
        packet = RtpPacket(OPUS, 1, 960, B.ssrc, b"\x48" * 20).serialise()
        sealed = self.sealer.seal_rtp(packet)
        self.assertTrue(self.engine.datagram(sealed, 1.0))
        foreign = Sealer(B.key, B.salt, 9).seal_rtp(RtpPacket(OPUS, 1, 960, 9, b"x").serialise())
        altered = self.sealer.seal_rtp(RtpPacket(OPUS, 2, 960, B.ssrc, b"x").serialise())
        altered = altered[:-1] + bytes([altered[-1] ^ 1])
        for data in (sealed, foreign, altered, b"", b"\x80"):
            self.assertFalse(self.engine.datagram(data, 1.0))
        refused = self.engine.refused()
        self.assertEqual(
            (refused.replayed, refused.foreign, refused.altered, refused.malformed), (1, 1, 1, 2)
        )

    def test_a_peer_gone_mad(self) -> None:
        """Packets with right keys and mad contents never raise, and memory stays bounded."""
        random = Random(7)
        now = 1.0
        for index in range(4000):
            now += random.choice((0.0, 0.0, 0.01, 0.02, 0.02, 1.0))
            payload = random.randbytes(random.choice((0, 1, 2, 5, 40, 200)))
            if random.random() < 0.2:
                kind = random.choice((200, 201, 202, 203, 204, 207))
                body = random.randbytes(4 * random.randrange(0, 20))
                head = bytes([0x80 | random.randrange(4), kind, 0, len(body) // 4 + 1])
                sealed = self.sealer.seal_rtcp(head + B.ssrc.to_bytes(4) + body)
            else:
                mad = random.random() < 0.1
                number = random.getrandbits(15) if mad else index & 0xFFFF
                stamp = random.getrandbits(32) if mad else index * 960 & 0xFFFFFFFF
                kind = random.choice((OPUS, OPUS, RED, 3))
                sealed = self.sealer.seal_rtp(RtpPacket(kind, number, stamp, B.ssrc, payload).serialise())
            self.engine.datagram(sealed, now)
            self.assertEqual(len(self.engine.pull(now)), 480)
            if index % 50 == 0:
                self.engine.report(now)
        self.assertLessEqual(len(self.engine.receiver._buffer), 256)
