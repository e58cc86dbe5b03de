"""How good speech is after a call: PESQ (wideband, P.862.2) and STOI against what was spoken."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from pesq import NoUtterancesError, pesq
from pystoi import stoi

from voz.clock import SAMPLE_RATE
from voz.codec import Sound
from voz.measure import compare
from voz.resample import resample

RATE = 16_000


@dataclass(frozen=True)
class Score:
    """PESQ 1 to 4.64, STOI 0 to 1, delay from mouth to ear in ms."""

    pesq: float
    stoi: float
    delay_ms: float


def score(spoken: Sound, heard: Sound, offset: float = 0.0) -> Score:
    """Score `heard`, which may be later than `spoken` by up to two seconds; its recording began `offset` s
    later."""
    try:
        delay = compare(spoken, heard).delay_ms
    except ValueError:
        return Score(1.0, 0.0, float("nan"))
    lag = max(0, int(delay * SAMPLE_RATE / 1000))
    first = _narrow(spoken)
    second = _narrow(heard[lag : lag + len(spoken)])
    length = min(len(first), len(second))
    try:
        quality = float(pesq(RATE, first[:length], second[:length], "wb"))
    except NoUtterancesError:
        quality = 1.0
    return Score(quality, float(stoi(first[:length], second[:length], RATE)), delay + offset * 1000)


def _narrow(sound: Sound) -> Sound:
    narrow = resample(sound.astype(np.float64), SAMPLE_RATE, RATE)
    return np.clip(np.rint(narrow), -32768, 32767).astype(np.int16)
