"""Shorten or lengthen speech by one pitch period without being heard (WSOLA); pure, on pieces of 10 to 60 ms.

The period is where the sound is most like itself; two periods are laid over each other, or one is said
twice, with a cross-fade. In silence any length is a period.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from voz.clock import SAMPLE_RATE
from voz.codec import Sound

SHORTEST: int = SAMPLE_RATE // 400
"""2.5 ms, the shortest period that is looked for."""
LONGEST: int = SAMPLE_RATE // 80
"""12.5 ms, the longest."""
LIKE_ENOUGH: float = 0.55
"""Correlation from which on two periods may be laid over each other."""
SILENT: float = 90.0
"""Root mean square below which a piece counts as silence (about -51 dB of full scale)."""
_STEP = 4


def is_silent(sound: Sound) -> bool:
    """Whether the piece is so quiet that it may be cut anywhere."""
    return loudness(sound) < SILENT


def loudness(sound: Sound) -> float:
    """Root mean square on the scale of int16."""
    if not len(sound):
        return 0.0
    wide = sound.astype(np.float32)
    return float(np.sqrt(np.dot(wide, wide) / len(wide)))


def shorten(sound: Sound, longest: int = LONGEST, *, insist: bool = False) -> Sound:
    """The piece with one period of at most `longest` samples taken out; unchanged where none fits.

    `insist` takes the best there is, also of sound that has no period.
    """
    period = _period(sound, longest, insist=insist)
    if not period:
        return sound
    return np.concatenate([_fade(sound[:period], sound[period : 2 * period]), sound[2 * period :]])


def lengthen(sound: Sound, longest: int = LONGEST, *, insist: bool = False) -> Sound:
    """The piece with one period of at most `longest` samples said twice; `insist` as above."""
    period = _period(sound, longest, insist=insist)
    if not period:
        return sound
    return np.concatenate([sound[:period], _fade(sound[period : 2 * period], sound[:period]), sound[period:]])


def _fade(out: Sound, into: Sound) -> Sound:
    ramp = np.linspace(0.0, 1.0, len(out), dtype=np.float32)
    return np.rint(out * (1 - ramp) + into * ramp).astype(np.int16)


def _period(sound: Sound, longest: int, *, insist: bool) -> int:
    """The best period in samples, 0 if the piece is not periodic or too short."""
    longest = min(longest, LONGEST, len(sound) // 2)
    if longest < SHORTEST:
        return 0
    if is_silent(sound):
        return longest
    coarse = sound[::_STEP].astype(np.float32)
    enough = -1.0 if insist else LIKE_ENOUGH
    best = _best(coarse, SHORTEST // _STEP, longest // _STEP, enough)
    if best is None:
        return 0
    fine = sound.astype(np.float32)
    low, high = max(SHORTEST, (best - 1) * _STEP), min(longest, (best + 1) * _STEP)
    return _best(fine, low, high, enough) or 0


def _best(wide: npt.NDArray[np.float32], low: int, high: int, enough: float) -> int | None:
    """The lag from `low` to `high` with the highest normalised correlation, None if none is
    above `enough`."""
    best, found = enough, None
    for lag in range(low, high + 1):
        first, second = wide[:lag], wide[lag : 2 * lag]
        energy = float(np.dot(first, first)) * float(np.dot(second, second))
        likeness = float(np.dot(first, second)) / (energy**0.5 + 1e-9)
        if likeness > best:
            best, found = likeness, lag
    return found
