"""The devices without a card: the contract for each, and what is their own."""

from __future__ import annotations

import wave
from pathlib import Path

import numpy as np
from twisted.trial.unittest import TestCase

from tests.contracts.device import Stage, make_capture_tests, make_playback_tests
from voz.clock import BLOCK
from voz.codec import Sound
from voz.device import DeviceError, null, tone, wav
from voz.device import file as file_device
from voz.device.ring import BlockRing
from voz.reporting import alerts


def write(path: Path, data: bytes, *, rate: int = 48_000, channels: int = 1, width: int = 2) -> Path:
    """A WAV file of these bytes."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(width)
        file.setframerate(rate)
        file.writeframes(data)
    return path


def sine(rate: int, seconds: float, frequency: float = 500.0) -> np.ndarray:
    """A sine between -0.5 and 0.5."""
    return 0.5 * np.sin(2 * np.pi * frequency * np.arange(int(rate * seconds)) / rate)


def recording(test: TestCase) -> Path:
    """Half a second of a tone at 16 kHz."""
    return write(Path(test.mktemp()), (sine(16_000, 0.5) * 32767).astype("<i2").tobytes(), rate=16_000)


NullCapture = make_capture_tests("Null", lambda _: null.capture())
ToneCapture = make_capture_tests("Tone", lambda _: tone.capture())
FileCapture = make_capture_tests("File", lambda test: file_device.capture(recording(test)))
LoopCapture = make_capture_tests("Loop", lambda test: file_device.capture(recording(test), loop=True))
NullPlayback = make_playback_tests("Null", lambda _: null.playback())
FilePlayback = make_playback_tests("File", lambda test: file_device.playback(test.mktemp()))


class FileTests(TestCase):
    """WAV files in and out."""

    def heard(self, path: Path, seconds: float, *, loop: bool = False) -> Sound:
        """What a microphone that speaks this file delivers."""
        stage = Stage()
        blocks: list[Sound] = []
        file_device.capture(path, loop=loop)(stage.context).start(lambda block, _: blocks.append(block))
        stage.run(seconds)
        return np.concatenate(blocks)

    def test_any_format(self) -> None:
        """Any rate, one or two channels, 8 to 32 bits: the same tone comes out at 48 kHz."""
        encodings = {
            1: lambda wave_: (wave_ * 127 + 128).astype(np.uint8).tobytes(),
            2: lambda wave_: (wave_ * 32767).astype("<i2").tobytes(),
            3: lambda wave_: b"".join(int(x * 8388607).to_bytes(3, "little", signed=True) for x in wave_),
            4: lambda wave_: (wave_ * 2147483647).astype("<i4").tobytes(),
        }
        expected = sine(48_000, 0.4) * 32767
        for width, encode in encodings.items():
            for rate in (8_000, 44_100, 48_000):
                for channels in (1, 2):
                    samples = np.repeat(sine(rate, 0.5), channels)
                    path = write(
                        Path(self.mktemp()), encode(samples), rate=rate, channels=channels, width=width
                    )
                    heard = self.heard(path, 0.42)[:19_200]
                    error = np.abs(heard[500:-500] - expected[500:-500]).max()
                    self.assertLess(error, 400 if width == 1 else 60, (width, rate, channels))

    def test_starts_and_ends(self) -> None:
        """A recording is spoken once from its first sample, then there is silence; in a loop it begins
        again."""
        path = write(Path(self.mktemp()), np.arange(1, 1001, dtype="<i2").tobytes())
        once = self.heard(path, 0.05)
        self.assertEqual(list(once[:1000]), list(range(1, 1001)))
        self.assertFalse(once[1000:].any())
        again = self.heard(path, 0.05, loop=True)
        self.assertEqual(list(again[1440 : 1440 + 100]), list(range(1, 101)))

    def test_unreadable(self) -> None:
        """What cannot be read is refused with its name before a call begins."""
        text = Path(self.mktemp())
        text.write_text("no sound")
        short = Path(self.mktemp())
        short.write_bytes(b"RIFF")
        fast = write(Path(self.mktemp()), bytes(8), rate=500_000)
        for path in (Path("/nowhere.wav"), text, short, fast):
            error = self.assertRaises(DeviceError, file_device.capture, path)
            self.assertIn(str(path), str(error))
        empty = write(Path(self.mktemp()), b"")
        self.assertRaises(DeviceError, file_device.capture, empty, loop=True)

    def test_recording(self) -> None:
        """What is played is written to the sample; a place that cannot be written to is refused."""
        stage, path = Stage(), Path(self.mktemp())
        playback = file_device.playback(path)(stage.context)
        numbers = iter(range(1, 1000))
        playback.start(lambda: np.full(BLOCK, next(numbers), np.int16))
        stage.run(0.5)
        playback.stop()
        written = wav.read(path)
        self.assertEqual(list(written[::BLOCK]), list(range(1, len(written) // BLOCK + 1)))
        self.assertApproximates(len(written) / 48_000, 0.5, 0.011)
        self.assertRaises(DeviceError, file_device.playback("/nowhere/x.wav"), stage.context)

    def test_a_full_disk(self) -> None:
        """When the recording cannot go on the call does, and is told once."""
        stage = Stage()
        device = file_device.FilePlayback(stage.context, self.mktemp())
        writer = device._file
        assert writer is not None
        writer._file.close()
        writer._file = Path("/dev/full").open("wb", buffering=0)  # noqa: SIM115
        device.start(lambda: np.ones(BLOCK, np.int16))
        stage.run(2.0)
        device.stop()
        self.assertEqual(stage.troubles, [alerts.RECORDING_STOPPED])
        self.assertRaises(DeviceError, file_device.playback("/dev/full"), stage.context)

    def test_tone_is_steady(self) -> None:
        """A tone has no step between two blocks."""
        stage = Stage()
        blocks: list[Sound] = []
        tone.capture(440.0, 0.5)(stage.context).start(lambda block, _: blocks.append(block))
        stage.run(0.5)
        steps = np.abs(np.diff(np.concatenate(blocks).astype(int)))
        self.assertLess(steps.max(), 16384 * 2 * np.pi * 440 / 48_000 + 2)


class RingTests(TestCase):
    """The ring between two threads."""

    def test_order_and_bounds(self) -> None:
        """Blocks come out as they went in; a full ring takes none, an empty one gives silence."""
        ring = BlockRing(3)
        for number in range(1, 4):
            self.assertTrue(ring.put(np.full(BLOCK, number, np.int16)))
        self.assertFalse(ring.put(np.zeros(BLOCK, np.int16)))
        out = np.ones(BLOCK, np.int16)
        for number in range(1, 4):
            self.assertTrue(ring.get_into(out))
            self.assertTrue((out == number).all())
        self.assertFalse(ring.get_into(out))
        self.assertFalse(out.any())
        self.assertIsNone(ring.get())
        self.assertEqual(len(ring), 0)

    def test_round_and_round(self) -> None:
        """A thousand blocks go through a ring of four."""
        ring = BlockRing(4)
        for number in range(1000):
            ring.put(np.full(BLOCK, number, np.int16))
            block = ring.get()
            assert block is not None
            self.assertEqual(block[0], number)
