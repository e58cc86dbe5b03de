"""How hard the encoder works, by how long it takes on this machine; pure."""

from __future__ import annotations

HIGHEST: int = 10
LOWEST: int = 1
DEAR: float = 0.15
"""Share of the time that encoding may take before it is made simpler …"""
CHEAP: float = 0.04
"""… and below which it is tried harder."""
PATIENCE: int = 250
"""Frames between two changes up; going down needs a tenth of it."""


class ComplexityControl:
    """Chooses the complexity, 1 to 10, from the time that frames took to encode."""

    def __init__(self) -> None:
        self.value = HIGHEST
        self.load = 0.0
        self._since_change = 0

    def encoded(self, share: float) -> bool:
        """A frame took `share` of its own duration to encode; True if the complexity is another one now."""
        self.load += (share - self.load) / 25
        self._since_change += 1
        if self.load > DEAR and self.value > LOWEST and self._since_change >= PATIENCE // 10:
            return self._change(-2)
        if self.load < CHEAP and self.value < HIGHEST and self._since_change >= PATIENCE:
            return self._change(1)
        return False

    def _change(self, by: int) -> bool:
        self.value = max(LOWEST, min(HIGHEST, self.value + by))
        self._since_change = 0
        return True
