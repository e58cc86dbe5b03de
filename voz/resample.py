"""Change the sampling rate of a whole recording, with one windowed-sinc filter; pure."""

from __future__ import annotations

from math import gcd

import numpy as np
import numpy.typing as npt

_HALF_LOBES = 24
_BETA = 9.0
_ROLL_OFF = 0.95
_CHUNK = 1 << 15
Signal = npt.NDArray[np.float64]


def resample(signal: Signal, rate: int, target: int) -> Signal:
    """`signal` at `rate` as it would have been sampled at `target` Hz; same duration, no delay.

    Each sample of the output is a sum over 48 lobes of a Kaiser-windowed sinc (stop band below -80 dB); the
    filter's taps are tabled once for each of the target/gcd phases.
    """
    if rate == target or not len(signal):
        return signal.astype(np.float64)
    common = gcd(rate, target)
    up, down = target // common, rate // common
    taps = _taps(up, down)
    width = taps.shape[1]
    padded = np.concatenate([np.zeros(width), signal, np.zeros(width)])
    length = -(-len(signal) * up // down)
    out = np.empty(length)
    windows = np.lib.stride_tricks.sliding_window_view(padded, width)
    for start in range(0, length, _CHUNK):
        moments = np.arange(start, min(start + _CHUNK, length)) * down
        whole, phase = moments // up, moments % up
        first = whole + width - width // 2 + 1
        out[start : start + _CHUNK] = np.einsum("ij,ij->i", windows[first], taps[phase])
    return out


def _taps(up: int, down: int) -> Signal:
    """One row of filter taps a phase; each row sums to 1, so a constant stays what it is."""
    cutoff = _ROLL_OFF * min(1.0, up / down)
    half = int(np.ceil(_HALF_LOBES / cutoff))
    offsets = np.arange(-half + 1, half + 1)[None, :] - (np.arange(up) / up)[:, None]
    window = np.i0(_BETA * np.sqrt(np.clip(1 - (offsets / half) ** 2, 0, 1))) / np.i0(_BETA)
    rows: Signal = np.sinc(cutoff * offsets) * window
    rows /= rows.sum(axis=1, keepdims=True)
    return rows
