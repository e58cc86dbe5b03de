"""WAV files as devices: what is spoken comes from one, what is heard goes into another, in real time."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import numpy as np

from voz.clock import BLOCK
from voz.codec import Sound
from voz.device import CaptureFactory, DeviceContext, DeviceError, PlaybackFactory, wav
from voz.device.paced import PacedCapture, PacedPlayback
from voz.reporting import alerts


class FileCapture(PacedCapture):
    """Speaks a recording once from its start, or over and over with `loop`; silence after its end."""

    def __init__(self, context: DeviceContext, recording: Sound, *, loop: bool) -> None:
        super().__init__(context)
        self._recording = recording
        self._loop = loop
        self._at = 0

    def next_block(self) -> Sound:
        """The next 10 ms; the block in which the recording ends is filled up with silence."""
        block = self._recording[self._at : self._at + BLOCK]
        self._at += BLOCK
        if self._loop and self._at >= len(self._recording):
            self._at = 0
        missing = BLOCK - len(block)
        return np.concatenate([block, np.zeros(missing, np.int16)]) if missing else block


class FilePlayback(PacedPlayback):
    """Writes exactly what a loudspeaker would have played, to the sample."""

    def __init__(self, context: DeviceContext, path: str | Path) -> None:
        super().__init__(context)
        self._trouble = context.trouble
        self._file: wav.WavWriter | None = wav.WavWriter(path)

    def take_block(self, block: Sound) -> None:
        """Append the block; a full disk ends the recording and is told, the call goes on."""
        if self._file is None:
            return
        try:
            self._file.write(block)
        except OSError:
            self._stop_recording()

    def stop(self) -> None:
        """Complete the file."""
        super().stop()
        if self._file is None:
            return
        try:
            self._file.close()
        except OSError:
            self._trouble(alerts.RECORDING_STOPPED)
        self._file = None

    def _stop_recording(self) -> None:
        self._trouble(alerts.RECORDING_STOPPED)
        file, self._file = self._file, None
        if file is not None:
            with suppress(OSError):
                file.close()


def capture(path: str | Path, *, loop: bool = False) -> CaptureFactory:
    """A factory of microphones that speak the WAV file at `path`, which is read now; DeviceError if it
    cannot be."""
    recording = wav.read(path)
    if loop and not len(recording):
        raise DeviceError(f"«{path}» is empty")
    return lambda context: FileCapture(context, recording, loop=loop)


def playback(path: str | Path) -> PlaybackFactory:
    """A factory of loudspeakers that write to `path`; DeviceError, at the start of a call, if it cannot be
    written."""
    return lambda context: FilePlayback(context, path)
