"""The codecs: the contract for each, and what is Opus's own."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import TestCase

from tests.contracts.codec import make_codec_tests, tone
from voz.codec import CodecError, EncoderSettings, codec, libopus
from voz.codec.opus import OpusEncoder, duration, has_recovery
from voz.device import wav

OpusContract = make_codec_tests("opus", codec("opus"))
PcmContract = make_codec_tests("pcm", codec("pcm"))
SPEECH = Path(__file__).parent.parent / "speech" / "portuguese_m.wav"


class OpusTests(TestCase):
    """Opus alone."""

    def test_rate(self) -> None:
        """Speech at 32 and at 16 kbit/s takes no more than that, and the second much less than the first."""
        speech = wav.read(SPEECH)
        sizes = []
        for bitrate in (32_000, 16_000):
            encoder = codec().encoder()
            encoder.apply(EncoderSettings(bitrate=bitrate, complexity=5))
            frames = [speech[at : at + 960] for at in range(0, len(speech) - 959, 960)]
            size = sum(len(encoder.encode(frame)) for frame in frames)
            rate = size * 8 / (len(frames) * 0.02)
            self.assertLess(rate, 1.05 * bitrate)
            sizes.append(size)
        self.assertLess(sizes[1], 0.7 * sizes[0])

    def test_recovery(self) -> None:
        """With loss announced, speech carries the frame before, and recovering it beats concealing it."""
        speech = wav.read(SPEECH)[24_000:120_000]
        encoder = codec().encoder()
        encoder.apply(EncoderSettings(expected_loss=20))
        payloads = [encoder.encode(speech[at : at + 960]) for at in range(0, len(speech), 960)]
        self.assertGreater(sum(map(has_recovery, payloads)), len(payloads) // 2)
        straight, recovering, concealing = (codec().decoder() for _ in range(3))
        errors = np.zeros(2)
        for index in range(1, len(payloads) - 1):
            true = straight.decode(payloads[index - 1]).astype(float)
            if index % 5 or not has_recovery(payloads[index]):
                recovering.decode(payloads[index - 1])
                concealing.decode(payloads[index - 1])
                continue
            errors[0] += np.sum((recovering.recover(payloads[index], 960) - true) ** 2)
            errors[1] += np.sum((concealing.conceal(960) - true) ** 2)
        self.assertLess(errors[0], 0.7 * errors[1])

    def test_recovery_of_long_frames(self) -> None:
        """Frames of 40 and 60 ms carry the one before as well, whole, and recovering it beats concealing."""
        speech = wav.read(SPEECH)[24_000:312_000]
        for samples in (1920, 2880):
            encoder = codec().encoder()
            encoder.apply(EncoderSettings(bitrate=28_000, expected_loss=20))
            whole = range(0, len(speech) - samples + 1, samples)
            payloads = [encoder.encode(speech[at : at + samples]) for at in whole]
            self.assertEqual({duration(payload) for payload in payloads}, {samples})
            self.assertGreater(sum(map(has_recovery, payloads)), len(payloads) // 2)
            straight, recovering, concealing = (codec().decoder() for _ in range(3))
            errors = np.zeros(2)
            for index in range(1, len(payloads)):
                true = straight.decode(payloads[index - 1]).astype(float)
                if index % 4 or not has_recovery(payloads[index]):
                    recovering.decode(payloads[index - 1])
                    concealing.decode(payloads[index - 1])
                    continue
                errors[0] += np.sum((recovering.recover(payloads[index], samples) - true) ** 2)
                errors[1] += np.sum((concealing.conceal(samples) - true) ** 2)
            self.assertLess(errors[0], 0.7 * errors[1], samples)

    def test_no_recovery_announced(self) -> None:
        """Without expected loss nothing is carried twice."""
        encoder = codec().encoder()
        payloads = [encoder.encode(tone(960, 960 * index)) for index in range(20)]
        self.assertFalse(any(map(has_recovery, payloads)))

    def test_silence(self) -> None:
        """With DTX, silence soon takes no more than two bytes a frame; a tone does not."""
        encoder = codec().encoder()
        encoder.apply(EncoderSettings(dtx=True))
        payloads = [encoder.encode(np.zeros(960, np.int16)) for _ in range(50)]
        self.assertGreater(sum(codec().is_silence(payload) for payload in payloads), 25)
        self.assertFalse(codec().is_silence(encoder.encode(tone(960))))

    def test_durations(self) -> None:
        """The duration of a packet is read from its first bytes (RFC 6716 table 2)."""
        rows = {
            b"\x48x": 960,
            b"\x40x": 480,
            b"\xf8x": 960,
            b"\xe0x": 120,
            b"\x49xx": 1920,
            b"\x4b\x03x": 2880,
        }
        for payload, samples in rows.items():
            self.assertEqual(duration(payload), samples, payload)
        for payload in (b"", b"\x4b", b"\x5b\x3fx"):
            self.assertEqual(duration(payload), 0, payload)

    @settings(max_examples=200, deadline=None)
    @given(st.binary(max_size=100))
    def test_any_payload(self, junk: bytes) -> None:
        """Any bytes are decoded to their duration or refused with CodecError; recovery from them never
        fails."""
        decoder = codec().decoder()
        try:
            self.assertEqual(len(decoder.decode(junk)), duration(junk))
        except CodecError:
            return
        try:
            self.assertEqual(len(decoder.recover(junk, 960)), 960)
        except CodecError:
            return

    def test_lookahead(self) -> None:
        """The encoder looks 6.5 ms ahead."""
        self.assertEqual(OpusEncoder().lookahead(), 312)

    def test_unknown_codec(self) -> None:
        """A codec that does not exist is refused by name."""
        self.assertIn("mp3", str(self.assertRaises(CodecError, codec, "mp3")))

    def test_another_library(self) -> None:
        """SALA_LIBOPUS names another libopus; one that cannot be loaded is refused with its name."""
        kept = os.environ.pop(libopus.ENVIRONMENT, None)
        self.addCleanup(libopus.library.cache_clear)
        if kept is not None:
            self.addCleanup(os.environ.__setitem__, libopus.ENVIRONMENT, kept)
        else:
            self.addCleanup(os.environ.pop, libopus.ENVIRONMENT, None)
        os.environ[libopus.ENVIRONMENT] = "/nowhere/libopus.so"
        libopus.library.cache_clear()
        self.assertIn("/nowhere/libopus.so", str(self.assertRaises(CodecError, libopus.library)))
        libopus.library.cache_clear()
        del os.environ[libopus.ENVIRONMENT]
        self.assertTrue(libopus.version().startswith("libopus"))
