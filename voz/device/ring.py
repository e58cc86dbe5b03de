"""A ring of blocks between one thread that writes and one that reads; made once, never waits, never grows."""

from __future__ import annotations

import numpy as np

from voz.clock import BLOCK
from voz.codec import Sound


class BlockRing:
    """Holds up to `capacity` blocks of 480 samples. One writer, one reader, no lock: each moves only its own
    counter."""

    def __init__(self, capacity: int) -> None:
        self._blocks = np.zeros((capacity, BLOCK), np.int16)
        self._capacity = capacity
        self._written = 0
        self._read = 0

    def __len__(self) -> int:
        """Blocks held."""
        return self._written - self._read

    def put(self, block: Sound) -> bool:
        """Copy a block in; False, and nothing is kept, if the ring is full."""
        if self._written - self._read >= self._capacity:
            return False
        self._blocks[self._written % self._capacity] = block
        self._written += 1
        return True

    def get_into(self, out: Sound) -> bool:
        """Copy the oldest block out; False, and `out` becomes silence, if there is none."""
        if self._written == self._read:
            out[:] = 0
            return False
        out[:] = self._blocks[self._read % self._capacity]
        self._read += 1
        return True

    def get(self) -> Sound | None:
        """The oldest block, or None."""
        out = np.empty(BLOCK, np.int16)
        return out if self.get_into(out) else None
