"""How late and how like speech arrived: what was spoken against what was heard; pure, numpy alone.

Both recordings are 48 kHz mono and begin at the same moment; if they do not, `offset` says how many seconds
later the recording of what was heard began.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from voz.clock import SAMPLE_RATE
from voz.codec import Sound
from voz.resample import resample

LIKENESS: str = "log-mel correlation"
"""The measure of likeness: the correlation of both sounds' spectra in 24 mel bands of 20 ms, in decibels,
where there is speech. 1 is the same sound; above 0.9 it is the same speech, well transmitted; unrelated
speech has about 0.3."""
LONGEST: float = 2.0
"""Delays up to so many seconds are found."""
_RATE = 16_000
_FRAME = 320
_BANDS = 24
_SEGMENT = 1.0
_DRIFT = 0.2
_FLOOR_DB = 45.0

Signal = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Comparison:
    """`delay_ms` from the mouth to the ear (the median over the seconds with speech), the least and the most
    of it, and `likeness` as LIKENESS says; `heard` is whether it is the same speech at all."""

    delay_ms: float
    least_ms: float
    most_ms: float
    likeness: float

    @property
    def heard(self) -> bool:
        """Whether what was heard is what was spoken."""
        return self.likeness >= 0.6


def compare(spoken: Sound, heard: Sound, offset: float = 0.0) -> Comparison:
    """Compare what was spoken with what was heard; ValueError if one of them holds no sound."""
    if not np.any(spoken) or not np.any(heard):
        raise ValueError("there is nothing to be heard in one of the recordings")
    first, second = _narrow(spoken), _narrow(heard)
    whole = _lag(first, second, 0, int(LONGEST * _RATE))
    pieces = _pieces(first, second, whole)
    lags = np.sort([lag for _, lag in pieces]) if pieces else np.array([whole])
    delays = lags * 1000 / _RATE + offset * 1000
    likeness = _likeness(first, second, pieces)
    return Comparison(float(np.median(delays)), float(delays[0]), float(delays[-1]), likeness)


def _narrow(sound: Sound) -> Signal:
    """16 kHz, without what lies below speech."""
    signal = resample(sound.astype(np.float64), SAMPLE_RATE, _RATE)
    spectrum = np.fft.rfft(signal)
    spectrum[: int(100 * len(signal) / _RATE)] = 0
    return np.fft.irfft(spectrum, len(signal))


def _lag(first: Signal, second: Signal, least: int, most: int) -> int:
    """By how many samples `second` is later than `first`, between `least` and `most`."""
    size = 1 << (len(first) + len(second)).bit_length()
    product = np.fft.rfft(second, size) * np.conj(np.fft.rfft(first, size))
    correlation = np.fft.irfft(product, size)
    lags = np.arange(least, most + 1)
    return int(lags[np.argmax(correlation[lags % size])])


def _pieces(first: Signal, second: Signal, whole: int) -> list[tuple[int, int]]:
    """Where each second of speech begins and its lag, near the lag of the whole: a jitter buffer changes the
    delay in the course of a call."""
    length, slack = int(_SEGMENT * _RATE), int(_DRIFT * _RATE)
    loud = np.sqrt(np.mean(first**2)) * 0.5
    pieces = []
    for start in range(0, len(first) - length + 1, length):
        piece = first[start : start + length]
        begin = max(0, start + whole - slack)
        room = second[begin : start + whole + slack + length]
        if np.sqrt(np.mean(piece**2)) < loud or len(room) < length:
            continue
        pieces.append((start, begin - start + _lag(piece, room, 0, len(room) - length)))
    return pieces


def _likeness(first: Signal, second: Signal, pieces: list[tuple[int, int]]) -> float:
    """The correlation over all pieces, each laid upon what was heard of it."""
    length = int(_SEGMENT * _RATE)
    ones, others = [np.empty((0, _BANDS))], [np.empty((0, _BANDS))]
    for start, lag in pieces:
        ahead = second[start + lag : start + lag + length]
        ones.append(_mel(first[start : start + len(ahead)]))
        others.append(_mel(ahead))
    one, other = np.concatenate(ones), np.concatenate(others)
    if one.size < 2:
        return 0.0
    active = one.max(axis=1) > one.max() - _FLOOR_DB
    one, other = one[active], other[active]
    floor = one.max() - 2 * _FLOOR_DB
    one, other = np.maximum(one, floor), np.maximum(other, floor)
    if one.std() == 0 or other.std() == 0:
        return 0.0
    return float(np.corrcoef(one.ravel(), other.ravel())[0, 1])


def _mel(signal: Signal) -> Signal:
    """Decibels in 24 mel bands, one row for 20 ms."""
    count = len(signal) // _FRAME
    frames = signal[: count * _FRAME].reshape(count, _FRAME) * np.hanning(_FRAME)
    power = np.abs(np.fft.rfft(frames, axis=1)) ** 2
    frequencies = np.fft.rfftfreq(_FRAME, 1 / _RATE)
    edges = 700 * (np.exp(np.linspace(np.log1p(100 / 700), np.log1p(7000 / 700), _BANDS + 2)) - 1)
    rising = (frequencies - edges[:-2, None]) / (edges[1:-1] - edges[:-2])[:, None]
    falling = (edges[2:, None] - frequencies) / (edges[2:] - edges[1:-1])[:, None]
    weights = np.clip(np.minimum(rising, falling), 0, None)
    decibels: Signal = 10 * np.log10(power @ weights.T + 1.0)
    return decibels
