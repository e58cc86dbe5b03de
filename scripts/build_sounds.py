"""Synthesise the client's sounds: ringtones, ring-back tone, chime, end of call.

Usage: ``python scripts/build_sounds.py`` writes ``kivy_client/assets/sounds/*.wav`` (48 kHz, mono, 16 bits).
Needs numpy.  A sound is a list of notes: (start s, frequency Hz, length s, loudness 0 to 1).
"""

from __future__ import annotations

import wave
from pathlib import Path

import numpy as np
import numpy.typing as npt

FOLDER = Path(__file__).resolve().parent.parent / "kivy_client" / "assets" / "sounds"
RATE = 48000
PEAK = 0.6
Note = tuple[float, float, float, float]
Wave = npt.NDArray[np.float64]

E5, G5, A5, B5, C6, D6, E6, G6 = 659.26, 783.99, 880.0, 987.77, 1046.5, 1174.66, 1318.51, 1567.98


def bell(frequency: float, length: float) -> Wave:
    """A struck bell: a few partials that die at their own pace, with a soft attack of 4 ms."""
    t = np.arange(int(length * RATE)) / RATE
    partials = ((1.0, 1.0, 3.0), (2.0, 0.45, 5.0), (3.01, 0.2, 8.0), (4.2, 0.08, 12.0))
    tone = sum(
        level * np.sin(2 * np.pi * frequency * ratio * t) * np.exp(-decay * t)
        for ratio, level, decay in partials
    )
    return np.asarray(tone) * np.minimum(1.0, t / 0.004) * np.minimum(1.0, (length - t) / 0.03)


def wood(frequency: float, length: float) -> Wave:
    """A marimba's bar: short, with its fourth partial."""
    t = np.arange(int(length * RATE)) / RATE
    tone = np.sin(2 * np.pi * frequency * t) * np.exp(-7 * t)
    tone += 0.3 * np.sin(2 * np.pi * frequency * 3.93 * t) * np.exp(-22 * t)
    return tone * np.minimum(1.0, t / 0.003) * np.minimum(1.0, (length - t) / 0.03)


def steady(frequency: float, length: float) -> Wave:
    """A steady tone with soft edges of 20 ms."""
    t = np.arange(int(length * RATE)) / RATE
    return np.sin(2 * np.pi * frequency * t) * np.minimum(1.0, np.minimum(t, length - t) / 0.02)


def melody(total: float, notes: list[Note], voice: object) -> Wave:
    """Notes laid over each other on a silence of `total` seconds."""
    sound = np.zeros(int(total * RATE))
    for start, frequency, length, level in notes:
        note = level * voice(frequency, length)  # type: ignore[operator]  # one of the three above
        at = int(start * RATE)
        room = sound[at : at + len(note)]
        room += note[: len(room)]
    return sound


def trill(start: float, one: float, other: float, times: int, step: float) -> list[Note]:
    """Two notes in turn, as an electric bell does."""
    return [(start + i * step, one if i % 2 == 0 else other, step * 1.6, 0.8) for i in range(times)]


RISE = [(0.0, E5), (0.16, A5), (0.32, B5), (0.48, E6)]
SOUNDS: dict[str, Wave] = {
    "toque": melody(3.6, [(at + turn, f, 1.4, 0.8) for turn in (0.0, 0.95) for at, f in RISE], bell),
    "campainha": melody(3.0, trill(0.0, A5, C6, 14, 0.05) + trill(0.95, A5, C6, 14, 0.05), bell),
    "marimba": melody(
        3.2,
        [(i * 0.17, f, 0.6, 0.9) for i, f in enumerate((G5, C6, E6, D6, C6, G5, A5, C6))],
        wood,
    ),
    "discreto": melody(3.4, [(0.0, E5, 1.2, 0.6), (0.28, B5, 1.6, 0.5)], bell),
    "chamando": melody(5.0, [(0.0, 425.0, 1.0, 0.6)], steady),
    "ocupado": melody(1.75, [(i * 0.5, 425.0, 0.25, 0.5) for i in range(4)], steady),
    "teste": melody(1.6, [(0.0, C6, 1.2, 0.7), (0.18, E6, 1.2, 0.7), (0.36, G6, 1.2, 0.7)], bell),
}
"""File name → sound.  `chamando` and `ocupado` are the ring-back and busy tones of Brazil's telephone
(425 Hz; 1 s on and 4 s off; 0.25 s on and off)."""


def write(name: str, sound: Wave) -> None:
    """Write one WAV file at `PEAK` of full scale."""
    scaled = np.round(sound / np.abs(sound).max() * PEAK * 32767).astype("<i2")
    with wave.open(str(FOLDER / f"{name}.wav"), "wb") as target:
        target.setnchannels(1)
        target.setsampwidth(2)
        target.setframerate(RATE)
        target.writeframes(scaled.tobytes())


def main() -> None:
    """Write all of them."""
    for name, sound in SOUNDS.items():
        write(name, sound)


if __name__ == "__main__":
    main()
