"""What every codec must do, whichever it is."""

from __future__ import annotations

import numpy as np
from twisted.trial.unittest import TestCase

from voz.codec import Codec, CodecError, EncoderSettings, Sound
from voz.packet import MAX_DATAGRAM

JUNK = (b"", b"\xff", b"\x00\xff\x03", bytes(7), b"\xfb" * 9, bytes(range(250)))


def tone(samples: int, start: int = 0) -> Sound:
    """A loud tone of 440 Hz."""
    return np.rint(9000 * np.sin(2 * np.pi * 440 / 48_000 * np.arange(start, start + samples))).astype(
        np.int16
    )


def make_codec_tests(name: str, codec: Codec) -> type[TestCase]:
    """The contract's tests for one codec."""

    class CodecContract(TestCase):
        """The contract of the codec."""

        def test_round_trip(self) -> None:
            """A tone comes out as the same tone, frame by frame, in 10 and 20 ms; the longest frame fits one
            packet."""
            for samples in (480, 960):
                encoder, decoder = codec.encoder(), codec.decoder()
                heard = []
                for index in range(40):
                    payload = encoder.encode(tone(samples, index * samples))
                    self.assertEqual(codec.duration(payload), samples)
                    heard.append(decoder.decode(payload))
                    self.assertEqual((heard[-1].dtype, len(heard[-1])), (np.dtype(np.int16), samples))
                spectrum = np.abs(np.fft.rfft(np.concatenate(heard[-20:]).astype(float)))
                strongest = int(np.argmax(spectrum)) * 48_000 / (20 * samples)
                self.assertApproximates(strongest, 440, 10)
                self.assertLess(len(encoder.encode(tone(codec.longest))), MAX_DATAGRAM - 22)

        def test_holes(self) -> None:
            """Concealment and recovery give exactly as many samples as are missing, whenever they are
            asked."""
            decoder, encoder = codec.decoder(), codec.encoder()
            encoder.apply(EncoderSettings(expected_loss=20))
            self.assertEqual(len(decoder.conceal(960)), 960)
            payloads = [encoder.encode(tone(960, index * 960)) for index in range(10)]
            decoder.decode(payloads[0])
            self.assertEqual(len(decoder.recover(payloads[2], 960)), 960)
            self.assertEqual(len(decoder.conceal(480)), 480)
            self.assertEqual(len(decoder.decode(payloads[3])), 960)

        def test_junk(self) -> None:
            """What is no payload has no duration, is refused with CodecError, and spoils nothing after it."""
            decoder = codec.decoder()
            for junk in JUNK:
                try:
                    sound = decoder.decode(junk)
                except CodecError:
                    continue
                self.assertEqual(len(sound), codec.duration(junk))
                codec.has_recovery(junk)
                codec.is_silence(junk)
            self.assertEqual(len(decoder.decode(codec.encoder().encode(tone(960)))), 960)

        def test_settings(self) -> None:
            """Settings may change between any two frames."""
            encoder = codec.encoder()
            for settings in (
                EncoderSettings(),
                EncoderSettings(bitrate=12_000, expected_loss=20),
                EncoderSettings(complexity=0, dtx=True),
                EncoderSettings(bitrate=64_000),
            ):
                encoder.apply(settings)
                self.assertTrue(encoder.encode(tone(960)))

    CodecContract.__name__ = CodecContract.__qualname__ = f"{name.capitalize()}Contract"
    return CodecContract
