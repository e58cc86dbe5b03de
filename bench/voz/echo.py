"""How much echo is undone, and what is left of a voice that speaks at the same time."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import fmean

import numpy as np

from bench.voz.matrix import speech
from bench.voz.room import Room, erle
from bench.voz.score import score
from voz.clock import BLOCK
from voz.codec import Sound
from voz.device import null
from voz.setup import SoundSetup
from voz.treatment.echo import Treatment, treatment


@dataclass(frozen=True)
class EchoFigures:
    """ERLE in dB after 9 s; PESQ of the near voice in double talk, treated and untreated."""

    erle: float
    double_talk: float
    untreated: float


def run(rooms: int = 3) -> EchoFigures:
    """The mean over rooms."""
    results = [_room(seed) for seed in range(1, rooms + 1)]
    return EchoFigures(*(fmean(column) for column in zip(*results, strict=True)))


def _room(seed: int) -> tuple[float, float, float]:
    far = np.tile(speech("human_2"), 2)
    voice = speech("english_f")
    half = len(far) // 2 // BLOCK * BLOCK
    voice = voice[: len(far) - half - 4800]
    near = np.zeros(len(far), np.int16)
    near[half : half + len(voice)] = voice
    echo = Room(seed=seed).echo(far)
    mixed = np.clip(echo.astype(int) + near, -32768, 32767).astype(np.int16)
    left = _through(_engine(), echo, far)
    kept = _through(_engine(), mixed, far)
    during = slice(half, half + len(voice) + 4800)
    return (
        erle(echo[half : len(left)], left[half:]),
        score(voice, kept[during]).pesq,
        score(voice, mixed[during]).pesq,
    )


def _engine() -> Treatment:
    # What is measured is the canceller: the level is left alone.
    return treatment(SoundSetup(null.capture(), null.playback(), automatic_gain=False), print)


def _through(engine: Treatment, microphone: Sound, played: Sound) -> Sound:
    starts = range(0, len(microphone) // BLOCK * BLOCK, BLOCK)
    return np.concatenate(
        [engine.process(microphone[at : at + BLOCK], played[at : at + BLOCK]) for at in starts]
    )
