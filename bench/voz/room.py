"""A simulated room: what a microphone hears of a loudspeaker, and how well that is undone."""

from __future__ import annotations

import numpy as np

from voz.codec import Sound


class Room:
    """An impulse response of `reverberation` seconds (-60 dB), the direct sound after `delay_ms`, at
    `gain`."""

    def __init__(
        self, *, seed: int = 1, delay_ms: float = 25.0, reverberation: float = 0.2, gain: float = 0.35
    ) -> None:
        random = np.random.default_rng(seed)
        count = int(reverberation * 48_000)
        tail = random.normal(size=count) * 10 ** (-3 * np.arange(count) / count)
        tail[: count // 8] *= random.random(count // 8) < 0.02
        tail[0] = 3.0
        self._response = (
            np.concatenate([np.zeros(int(delay_ms * 48)), tail / np.sqrt(np.sum(tail**2))]) * gain
        )
        self._random = random

    def echo(self, played: Sound) -> Sound:
        """What the microphone hears, as long as what was played; the loudspeaker bends loud peaks a
        little."""
        bent = np.tanh(played / 32768 * 1.2) / 1.2 * 32768
        size = 1 << (len(played) + len(self._response)).bit_length()
        heard = np.fft.irfft(np.fft.rfft(bent, size) * np.fft.rfft(self._response, size), size)[: len(played)]
        hiss = self._random.normal(0, 8, len(played))
        return np.clip(heard + hiss, -32768, 32767).astype(np.int16)


def erle(heard: Sound, left: Sound) -> float:
    """Echo return loss enhancement: how many dB weaker the echo is after treatment."""
    before = float(np.mean(heard.astype(float) ** 2)) + 1e-9
    after = float(np.mean(left.astype(float) ** 2)) + 1e-9
    return 10 * float(np.log10(before / after))
