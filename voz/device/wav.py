"""WAV files to 48 kHz mono and back."""

from __future__ import annotations

import struct
import wave
from pathlib import Path

import numpy as np

from voz.clock import SAMPLE_RATE
from voz.codec import Sound
from voz.device import DeviceError
from voz.resample import Signal, resample

MAX_SECONDS: int = 3600
"""A longer recording is refused rather than read into memory."""


def read(path: str | Path) -> Sound:
    """The recording as 48 kHz mono; any rate from 1 to 384 kHz, any number of channels, 8 to 32 bits of
    plain PCM."""
    try:
        with wave.open(str(path), "rb") as file:
            rate, channels, width, count = (
                file.getframerate(),
                file.getnchannels(),
                file.getsampwidth(),
                file.getnframes(),
            )
            if not 1000 <= rate <= 384_000 or count > MAX_SECONDS * rate:
                raise DeviceError(f"«{path}»: {count} samples at {rate} Hz is more than can be played")
            data = file.readframes(count)
    except (OSError, EOFError, wave.Error) as error:
        raise DeviceError(f"«{path}» cannot be read as a WAV file: {error}") from error
    data = data[: len(data) // (width * channels) * width * channels]
    mono = _samples(data, width).reshape(-1, channels).mean(axis=1)
    return to_sound(resample(mono, rate, SAMPLE_RATE))


def to_sound(signal: Signal) -> Sound:
    """A signal of -32768 to 32767 as int16, clipped."""
    return np.clip(np.rint(signal), -32768, 32767).astype(np.int16)


class WavWriter:
    """A new WAV file of 48 kHz mono, 16 bits.

    DeviceError if it cannot be created, OSError when it cannot grow.
    """

    def __init__(self, path: str | Path) -> None:
        try:
            # Unbuffered, so that a full disk is seen when it is full, and closed by `close`.
            self._file = open(path, "wb", buffering=0)  # noqa: SIM115, PTH123
        except OSError as error:
            raise DeviceError(f"«{path}» cannot be written: {error}") from error
        self._octets = 0
        try:
            self._file.write(_header(0))
        except OSError as error:
            self._file.close()
            raise DeviceError(f"«{path}» cannot be written: {error}") from error

    def write(self, sound: Sound) -> None:
        """Append the samples."""
        data = sound.astype("<i2").tobytes()
        if self._file.write(data) != len(data):
            raise OSError("the disk is full")
        self._octets += len(data)

    def close(self) -> None:
        """Complete the header and close the file, as far as that can be done."""
        with self._file:
            if self._file.seekable():
                self._file.seek(0)
                self._file.write(_header(self._octets))


def _header(octets: int) -> bytes:
    """The 44 bytes in front of so many octets of samples."""
    form = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 1, SAMPLE_RATE, 2 * SAMPLE_RATE, 2, 16)
    return struct.pack("<4sI4s", b"RIFF", 36 + octets, b"WAVE") + form + struct.pack("<4sI", b"data", octets)


def _samples(data: bytes, width: int) -> Signal:
    """The samples on the scale of int16."""
    if width == 1:
        return (np.frombuffer(data, np.uint8).astype(np.float64) - 128) * 256
    if width == 2:
        return np.frombuffer(data, "<i2").astype(np.float64)
    if width == 3:
        wide = np.zeros((len(data) // 3, 4), np.uint8)
        wide[:, 1:] = np.frombuffer(data, np.uint8).reshape(-1, 3)
        return wide.view("<i4")[:, 0].astype(np.float64) / 65536
    return np.frombuffer(data, "<i4").astype(np.float64) / 65536
