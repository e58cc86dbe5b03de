"""The cells of the loss matrix: lines by name, and what stands beside the engine for comparison."""

from __future__ import annotations

from tests.support.line import Impairment

LINES: dict[str, Impairment] = {
    "clean": Impairment(),
    "loss 1 %": Impairment(loss=0.01),
    "loss 5 %": Impairment(loss=0.05),
    "loss 10 %": Impairment(loss=0.10),
    "loss 20 %": Impairment(loss=0.20),
    "loss 30 %": Impairment(loss=0.30),
    "bursts of 3, 10 %": Impairment(loss=0.10, burst=3),
    "bursts of 3, 20 %": Impairment(loss=0.20, burst=3),
    "bursts of 3, 30 %": Impairment(loss=0.30, burst=3),
    "jitter 20 ms (gamma)": Impairment(jitter=0.020),
    "jitter 20 ms, in order": Impairment(jitter=0.020, ordered=True),
    "jitter 20 ms and loss 5 %": Impairment(jitter=0.020, loss=0.05),
    "reordering 10 %": Impairment(reorder=0.10),
    "duplication 10 %": Impairment(duplicate=0.10),
    "jump of 60 ms": Impairment(jump_at=1015.0, jump_by=0.060),
    "32 kbit/s": Impairment(rate=32_000, overhead=22),
    "32 kbit/s and loss 10 %": Impairment(rate=32_000, overhead=22, loss=0.10),
    "40 kbit/s with headers": Impairment(rate=40_000, overhead=-28),
    "40 kbit/s with headers and loss 10 %": Impairment(rate=40_000, overhead=-28, loss=0.10),
}
"""Rates are of RTP payload: header and tag (22 bytes) are not counted; «with headers» counts whole packets of
IPv4 (28 bytes more)."""

GOALS: dict[str, float] = {
    "clean": 4.2,
    "loss 5 %": 4.0,
    "loss 10 %": 3.8,
    "loss 20 %": 3.5,
    "loss 30 %": 3.1,
    "bursts of 3, 10 %": 3.1,
    "bursts of 3, 20 %": 2.4,
    "32 kbit/s and loss 10 %": 3.2,
}
"""PESQ that the engine must reach, means over the recordings."""
