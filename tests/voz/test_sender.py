"""From blocks of sound to packets."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from twisted.trial.unittest import TestCase

from voz.adapt.ladder import LADDER, Step
from voz.codec import codec
from voz.packet import OPUS, RED, RtpPacket, parse_red
from voz.sender import MAX_PAYLOAD, SILENT_INTERVAL, Sender

VOICE = np.random.default_rng(1).normal(0, 3000, 480).astype(np.int16)
SILENCE = np.zeros(480, np.int16)


class SenderTests(TestCase):
    """One sender that starts just before both its counters wrap."""

    def setUp(self) -> None:
        """A sender that keeps its packets."""
        self.packets: list[RtpPacket] = []
        self.sender = self.make("opus")

    def make(self, name: str, frame_samples: int = 960, *, dtx: bool = True) -> Sender:
        """A sender with this codec."""
        return Sender(
            codec(name),
            self.packets.append,
            ssrc=7,
            first_sequence=65530,
            first_timestamp=2**32 - 3 * 960,
            frame_samples=frame_samples,
            dtx=dtx,
        )

    def speak(self, frames: int) -> None:
        """So many frames of 20 ms of noise."""
        for _ in range(2 * frames):
            self.sender.block(VOICE)

    def hush(self, frames: int) -> None:
        """So many of silence."""
        for _ in range(2 * frames):
            self.sender.block(SILENCE)

    def test_numbers(self) -> None:
        """Each frame is one packet; sequence and timestamp go up and wrap; the first one is marked."""
        self.speak(10)
        self.assertEqual(
            [packet.sequence for packet in self.packets], [(65530 + n) % 65536 for n in range(10)]
        )
        self.assertEqual(self.packets[3].timestamp, 0)
        self.assertEqual([packet.marker for packet in self.packets], [True] + [False] * 9)
        self.assertEqual({packet.payload_type for packet in self.packets}, {OPUS})
        self.assertEqual(self.sender.counters().packets, 10)

    def test_copies(self) -> None:
        """A step with copies sends RED: its own frame last, and exact copies of the frames of those ages."""
        self.sender.set_step(Step("x", 20_000, 0, (20, 60)))
        self.speak(10)
        own = {packet.timestamp: parse_red(packet.payload)[-1].payload for packet in self.packets[1:]}
        self.assertEqual(self.packets[0].payload_type, OPUS)
        for packet in self.packets[5:]:
            self.assertEqual(packet.payload_type, RED)
            blocks = parse_red(packet.payload)
            self.assertEqual([block.offset for block in blocks], [2880, 960, 0])
            for block in blocks[:-1]:
                self.assertEqual(block.payload, own[(packet.timestamp - block.offset) % 2**32])

    def test_never_too_long(self) -> None:
        """No payload exceeds what a relay leg carries, on any step."""
        for steps in LADDER:
            for step in steps:
                self.sender.set_step(step)
                self.speak(12)
        self.assertLessEqual(max(len(packet.payload) for packet in self.packets), MAX_PAYLOAD)

    def test_silence_is_not_sent(self) -> None:
        """In silence a packet comes often enough to show that the path lives, and time goes on without
        numbers."""
        self.speak(5)
        before = len(self.packets)
        self.hush(200)
        sent = self.packets[before + 20 :]
        gaps = {(later.timestamp - sooner.timestamp) / 48_000 for sooner, later in pairwise(sent)}
        self.assertLessEqual(max(gaps), SILENT_INTERVAL)
        self.assertLess(len(sent), 60)
        numbers = [packet.sequence for packet in self.packets]
        self.assertEqual(numbers, [(numbers[0] + index) % 65536 for index in range(len(numbers))])
        self.speak(1)
        self.assertTrue(self.packets[-1].marker)

    def test_the_last_word_gets_its_copies(self) -> None:
        """When silence begins, packets go on until the copies of the last frames were sent."""
        self.sender.set_step(Step("x", 20_000, 0, (20, 100)))
        self.speak(10)
        self.hush(60)
        carried = {
            (packet.timestamp - block.offset) % 2**32
            for packet in self.packets
            if packet.payload_type == RED
            for block in parse_red(packet.payload)[:-1]
        }
        last_voice = (2**32 - 3 * 960 + 9 * 960) % 2**32
        self.assertIn(last_voice, carried)

    def test_without_dtx(self) -> None:
        """Without DTX every frame is sent."""
        self.sender = self.make("opus", dtx=False)
        self.hush(100)
        self.assertEqual(len(self.packets), 100)

    def test_short_frames(self) -> None:
        """Frames of 10 ms make a hundred packets a second; the length changes while talking."""
        self.sender = self.make("opus", 480)
        self.speak(10)
        self.assertEqual(len(self.packets), 20)
        self.sender.set_frame_samples(960)
        self.speak(10)
        self.assertEqual(len(self.packets), 30)

    def test_the_step_asks_for_long_frames(self) -> None:
        """A step of 40 ms frames halves the packets; the length changes between frames only, both ways."""
        self.speak(2)
        self.sender.set_step(Step("long", 24_000, 0, (40,), 40))
        self.speak(8)
        lengths = [codec("opus").duration(self.newest(packet)) for packet in self.packets]
        self.assertEqual(lengths, [960, 960, 1920, 1920, 1920, 1920])
        self.assertEqual(parse_red(self.packets[-1].payload)[0].offset, 1920)
        self.sender.block(VOICE)
        self.sender.set_step(Step("short", 24_000))
        for _ in range(3 + 4):
            self.sender.block(VOICE)
        lengths = [codec("opus").duration(self.newest(packet)) for packet in self.packets[6:]]
        self.assertEqual(lengths, [1920, 960, 960])
        stamps = [packet.timestamp for packet in self.packets]
        spoken = [(later - sooner) % 2**32 for sooner, later in pairwise(stamps)]
        self.assertEqual(spoken, [960, 960, 1920, 1920, 1920, 1920, 1920, 960])

    def test_long_frames_and_low_latency(self) -> None:
        """Where 10 ms were chosen, a step that needs longer frames gets them; 10 ms come back after it."""
        self.sender.set_frame_samples(480)
        self.sender.set_step(Step("long", 24_000, 0, (), 40))
        self.speak(2)
        self.sender.set_step(Step("short", 24_000))
        self.speak(1)
        lengths = [codec("opus").duration(packet.payload) for packet in self.packets]
        self.assertEqual(lengths, [1920, 480, 480])

    def newest(self, packet: RtpPacket) -> bytes:
        """The packet's own frame."""
        return packet.payload if packet.payload_type == OPUS else parse_red(packet.payload)[-1].payload

    def test_sleep(self) -> None:
        """Sound that was never captured moves the timestamp on, not the numbers."""
        self.speak(2)
        self.sender.skip(48_000)
        self.speak(1)
        self.assertEqual((self.packets[2].timestamp - self.packets[1].timestamp) % 2**32, 48_000 + 960)
        self.assertEqual((self.packets[2].sequence - self.packets[1].sequence) % 65536, 1)
