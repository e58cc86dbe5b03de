"""What the registry counts, for people, the panel and the metrics. Numbers only grow."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from dataclasses import dataclass, field

SETUP_BOUNDS = (0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 45.0)
LAG_BOUNDS = (0.1, 0.25, 0.3, 0.5, 1.0, 2.0)


@dataclass(slots=True)
class Histogram:
    """How many values were at most each bound; the last count is of those above all of them."""

    bounds: tuple[float, ...]
    counts: list[int] = field(init=False)
    total: float = 0.0

    def __post_init__(self) -> None:
        self.counts = [0] * (len(self.bounds) + 1)

    def add(self, value: float) -> None:
        """Count one value."""
        self.counts[bisect_left(self.bounds, value)] += 1
        self.total += value


@dataclass(slots=True)
class Counters:
    """Everything since the start."""

    connections: int = 0
    messages_in: int = 0
    messages_out: int = 0
    found: int = 0
    missing: int = 0
    registrations: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    errors: Counter[str] = field(default_factory=Counter)
    setup: Histogram = field(default_factory=lambda: Histogram(SETUP_BOUNDS))
    lag: Histogram = field(default_factory=lambda: Histogram(LAG_BOUNDS))
