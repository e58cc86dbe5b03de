"""Devices that are not there: a microphone that hears nothing and a loudspeaker that nobody hears."""

from __future__ import annotations

import numpy as np

from voz.clock import BLOCK
from voz.codec import Sound
from voz.device import CaptureFactory, PlaybackFactory
from voz.device.paced import PacedCapture, PacedPlayback


class NullCapture(PacedCapture):
    """Silence, at the pace of the media clock."""

    def next_block(self) -> Sound:
        """Zeros."""
        return np.zeros(BLOCK, np.int16)


class NullPlayback(PacedPlayback):
    """Pulls at the pace of the media clock and forgets."""

    def take_block(self, block: Sound) -> None:
        """Nothing."""


def capture() -> CaptureFactory:
    """A factory of silent microphones."""
    return NullCapture


def playback() -> PlaybackFactory:
    """A factory of deaf loudspeakers."""
    return NullPlayback
