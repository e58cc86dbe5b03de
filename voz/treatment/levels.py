"""How loud it is: levels for the meters, and gain with a limit; pure."""

from __future__ import annotations

import numpy as np

from voz.codec import Sound
from voz.playout.wsola import loudness

FALL: float = 0.85
"""How much of the level is left after each quieter block."""


class Meter:
    """A level that rises at once and falls slowly: 0 to 1 of full scale, root mean square."""

    def __init__(self) -> None:
        self.level = 0.0

    def block(self, block: Sound) -> None:
        """Take 10 ms of sound."""
        self.level = max(loudness(block) / 32768, self.level * FALL)


class Gain:
    """A factor in decibels; peaks that would clip are bent instead of cut."""

    def __init__(self, decibels: float = 0.0) -> None:
        self._factor = 1.0
        self.set(decibels)

    def set(self, decibels: float) -> None:
        """Change the gain, from -40 to +30 dB."""
        self._factor = float(10 ** (max(-40.0, min(30.0, decibels)) / 20))

    def apply(self, block: Sound) -> Sound:
        """The block, louder or softer."""
        if self._factor == 1.0:
            return block
        wide = block.astype(np.float32) * (self._factor / 32768)
        if self._factor > 1.0:
            # Straight up to half of full scale, then ever flatter.
            over = np.abs(wide) > 0.5
            wide[over] = np.sign(wide[over]) * (0.5 + 0.5 * np.tanh((np.abs(wide[over]) - 0.5) * 2))
        out: Sound = np.rint(np.clip(wide, -1.0, 1.0) * 32767).astype(np.int16)
        return out
