"""A microphone that hears a steady tone: for the sound check and for tests."""

from __future__ import annotations

import numpy as np

from voz.clock import BLOCK, SAMPLE_RATE
from voz.codec import Sound
from voz.device import CaptureFactory, DeviceContext
from voz.device.paced import PacedCapture
from voz.device.wav import to_sound


class ToneCapture(PacedCapture):
    """A sine of `frequency` Hz and `level` (0 to 1 of full scale), without a break between blocks."""

    def __init__(self, context: DeviceContext, frequency: float, level: float) -> None:
        super().__init__(context)
        self._step = 2 * np.pi * frequency / SAMPLE_RATE
        self._amplitude = 32767 * level
        self._phase = 0.0

    def next_block(self) -> Sound:
        """The next 10 ms of the sine."""
        phases = self._phase + self._step * np.arange(BLOCK)
        self._phase = float((self._phase + self._step * BLOCK) % (2 * np.pi))
        return to_sound(self._amplitude * np.sin(phases))


def capture(frequency: float = 440.0, level: float = 0.25) -> CaptureFactory:
    """A factory of microphones that hear this tone."""
    return lambda context: ToneCapture(context, frequency, level)
