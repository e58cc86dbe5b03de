"""From packets to blocks of sound."""

from __future__ import annotations

from random import Random

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import TestCase

from tests.contracts.codec import tone
from voz.clock import BLOCK
from voz.codec import Sound, codec
from voz.packet import OPUS, RED, RedBlock, RtpPacket, serialise_red
from voz.receiver import Receiver

START = 50.0


class ReceiverTests(TestCase):
    """A receiver of plain sound, so that every sample can be known."""

    def setUp(self) -> None:
        """A receiver that has heard nothing."""
        self.receiver = Receiver(codec("pcm"))
        self.now = START
        self.frames = [self.frame(number) for number in range(50)]

    def frame(self, number: int, **changes: int) -> RtpPacket:
        """The packet of a frame of a long tone."""
        payload = tone(960, 960 * number).astype("<i2").tobytes()
        fields = {"payload_type": OPUS, "sequence": number, "timestamp": 960 * number, "ssrc": 1} | changes
        return RtpPacket(payload=payload, **fields)

    def pull(self, seconds: float) -> Sound:
        """What is heard in so many seconds."""
        blocks = []
        for _ in range(round(seconds * 100)):
            self.now += 0.01
            blocks.append(self.receiver.pull(self.now))
        for block in blocks:
            self.assertEqual((len(block), block.dtype), (BLOCK, np.dtype(np.int16)))
        return np.concatenate(blocks)

    def test_silence_before_anything(self) -> None:
        """Before the first packet it gives silence, and counts nothing concealed."""
        self.assertFalse(self.pull(0.2).any())
        self.assertEqual(self.receiver.counters().concealed, 0)

    def test_every_sample(self) -> None:
        """On a clean line every sample is played once, in order; nothing is changed once the start is
        over."""
        heard = []
        for number in range(150):
            self.receiver.packet(self.frame(number), START + 0.02 * number)
            self.now = START + 0.02 * number
            heard.append(self.pull(0.02))
        last = np.concatenate(heard)[-48_000:]
        whole = tone(960 * 150)
        places = [at for at in range(60_000, 96_001, 1) if np.array_equal(whole[at : at + 480], last[:480])]
        self.assertTrue(places)
        self.assertTrue(np.array_equal(whole[places[-1] : places[-1] + 30_000], last[:30_000]))
        self.assertEqual(self.receiver.counters().concealed, 0)

    def test_copies(self) -> None:
        """Every second packet is lost and nothing is heard of it, thanks to copies."""
        for number in range(100):
            blocks = [RedBlock(OPUS, 0, self.frame(number).payload)]
            if number:
                blocks.insert(0, RedBlock(OPUS, 960, self.frame(number - 1).payload[:1000]))
            if number % 2 and number > 4:
                continue
            packet = RtpPacket(RED, number, 960 * number, 1, serialise_red(blocks))
            self.now = START + 0.02 * number
            self.receiver.packet(packet, self.now)
            self.pull(0.02)
        self.assertEqual(self.receiver.reception.lost, 47)

    def test_nonsense_is_counted(self) -> None:
        """Unknown payload types, broken RED and payloads that are no sound are counted, and harm nothing."""
        for packet in (
            self.frame(0, payload_type=0),
            RtpPacket(RED, 1, 960, 1, b"\xff"),
            RtpPacket(OPUS, 2, 1920, 1, b"odd"),
            RtpPacket(RED, 3, 2880, 1, serialise_red([RedBlock(5, 960, b"x"), RedBlock(OPUS, 0, b"y")])),
        ):
            self.receiver.packet(packet, self.now)
        self.assertEqual(self.receiver.counters().malformed, 5)
        self.pull(0.1)

    def test_the_delay_is_brought_back(self) -> None:
        """After a spike that made the delay long, it comes back to the target within five seconds."""
        for number in range(600):
            late = 0.150 if 200 <= number < 208 else 0.0
            arrival = START + 0.02 * number + late
            self.receiver.packet(self.frame(number), arrival)
            self.now = START + 0.02 * number
            self.pull(0.02)
            if number == 460:
                counters = self.receiver.counters()
                self.assertLess(abs(counters.delay_ms - counters.target_ms), 30)

    def test_drift(self) -> None:
        """A loudspeaker that is 200 ppm fast for half an hour, or slow, keeps its delay and drops nothing."""
        for drift, minutes in ((200e-6, 30), (-200e-6, 5)):
            receiver = Receiver(codec("pcm"))
            delays, pulled = [], 0
            for number in range(minutes * 3000):
                # One second of the tone, over and over: what it says does not matter here.
                packet = self.frames[number % 50]
                packet = RtpPacket(OPUS, number & 0xFFFF, 960 * number & 0xFFFFFFFF, 1, packet.payload)
                now = START + 0.02 * number
                receiver.packet(packet, now)
                while pulled * 0.01 / (1 + drift) <= 0.02 * number:
                    receiver.pull(START + pulled * 0.01 / (1 + drift) + 0.003)
                    pulled += 1
                if number > 1000 and not number % 500:
                    delays.append(receiver.counters().delay_ms)
            counters = receiver.counters()
            self.assertLess(max(delays) - min(delays), 45)
            self.assertLess(counters.concealed + counters.late, 20)

    @settings(max_examples=30, deadline=None)
    @given(st.integers(0, 2**32))
    def test_any_packets(self, seed: int) -> None:
        """Whatever authenticated packets hold, blocks of 10 ms go on coming."""
        random = Random(seed)
        receiver = Receiver(codec())
        now = START
        for _ in range(60):
            now += random.choice((0.0, 0.001, 0.02, 3.0))
            receiver.packet(
                RtpPacket(
                    random.choice((OPUS, RED, RED, 0, 127)),
                    random.getrandbits(16),
                    random.choice((random.getrandbits(32), random.getrandbits(12))),
                    1,
                    random.randbytes(random.choice((0, 1, 2, 3, 10, 60))),
                ),
                now,
            )
            self.assertEqual(len(receiver.pull(now)), BLOCK)
