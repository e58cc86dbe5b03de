"""The loss matrix: whole calls of the real engine over impaired lines, under a simulated clock.

Each cell is a call of two engines for each recording and each seed of the line: first the recording over and
over for WARM_UP seconds, in which the ladder and the jitter buffer learn the line, then the recording once
more, which is scored. Beside it, for each line: plain sound with zeros for what is missing, and Opus with
libopus's concealment alone, each with a fixed buffer.
"""

from __future__ import annotations

import os
import statistics
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bench.voz.baseline import fixed_call
from bench.voz.cells import LINES
from bench.voz.score import score
from tests.support.line import Impairment
from tests.support.simulation import OFFSET, SimulatedCall
from voz.codec import Sound, codec
from voz.device import wav
from voz.engine import EngineOptions

SPEECH = Path(__file__).parents[2] / "tests" / "speech"
RECORDINGS = ("demo_a", "demo_b", "english_s", "portuguese_n")
"""What is scored. The engine's numbers were chosen with others: `TUNED_WITH`."""
TUNED_WITH = ("human_1", "human_2", "english_f", "english_m", "portuguese_f", "portuguese_m")
SHORT_RECORDINGS = ("demo_a", "portuguese_n")
FIRST_SEED = 2001
SEEDS = 3
WARM_UP = 20.0
MOST_RATE = 66_000


@dataclass(frozen=True)
class Cell:
    """Means over the recordings. `rate` is kbit/s of RTP payload, shares are per cent, delays ms."""

    pesq: float
    stoi: float
    rate: float
    delay_ms: float
    target_ms: float
    concealed: float
    late: float
    step: str


def speech(name: str) -> Sound:
    """A recording by name."""
    return wav.read(SPEECH / f"{name}.wav")


def engine_call(
    impairment: Impairment, name: str, seed: int, most_rate: float = MOST_RATE, warm_up: float = WARM_UP
) -> Cell:
    """One call of the real engine; `warm_up` seconds of it are not scored."""
    spoken = speech(name)
    warm = np.resize(spoken, int(warm_up * 48_000) // 480 * 480)
    call = SimulatedCall(impairment, seed=seed, options=EngineOptions(most_rate=most_rate))
    call.run(warm)
    before, octets = call.b.played(), call.a.sender.counters().octets
    padded = np.concatenate([spoken, np.zeros(48_000, np.int16)])
    heard = call.run(padded[: len(padded) // 480 * 480])
    after = call.b.played()
    result = score(spoken, heard, OFFSET)
    frames = after.frames + after.copies + after.recovered + after.concealed
    frames -= before.frames + before.copies + before.recovered + before.concealed
    sent = call.a.sender.counters().octets - octets
    return Cell(
        result.pesq,
        result.stoi,
        sent * 8 / (len(padded) / 48),
        result.delay_ms,
        after.target_ms,
        100 * (after.concealed - before.concealed) / max(1, frames),
        100 * (after.late - before.late) / max(1, frames),
        call.a.sender.step.name,
    )


def mean(cells: Iterable[Cell]) -> Cell:
    """The mean of cells; the step that was used most."""
    rows = list(cells)
    numbers = {
        name: statistics.fmean(getattr(row, name) for row in rows)
        for name in ("pesq", "stoi", "rate", "delay_ms", "target_ms", "concealed", "late")
    }
    return Cell(**numbers, step=statistics.mode(row.step for row in rows))


@dataclass(frozen=True)
class Row:
    """One line of the table: the mean of the engine's cells, the worst PESQ of a seed (mean over the
    recordings) and of a call, and the PESQ of plain sound with zeros and of concealment alone."""

    line: str
    cell: Cell
    worst_seed: float
    worst_call: float
    zeros: float
    concealment: float


def baselines(impairment: Impairment, name: str, seed: int) -> tuple[float, float]:
    """PESQ of plain sound with zeros, and of Opus with concealment alone."""
    spoken = speech(name)
    zeros, concealment = (fixed_call(codec(kind), impairment, spoken, seed).pesq for kind in ("pcm", "opus"))
    return zeros, concealment


def run(
    lines: Iterable[str],
    recordings: Iterable[str],
    seeds: int = SEEDS,
    first_seed: int = FIRST_SEED,
    workers: int | None = None,
) -> list[Row]:
    """The rows of the table, over all the recordings and so many seeds."""
    names = tuple(recordings)
    chosen = tuple(lines)
    jobs = [(line, names, first_seed + len(names) * seed) for line in chosen for seed in range(seeds)]
    with ProcessPoolExecutor(workers or os.cpu_count()) as pool:
        cells = list(pool.map(_calls, jobs))
        plain = list(pool.map(_baselines, jobs[::seeds]))
    return [
        _row(line, cells[seeds * index : seeds * (index + 1)], plain[index])
        for index, line in enumerate(chosen)
    ]


Job = tuple[str, tuple[str, ...], int]
"""A line, recordings, and the seed of the first of them; the next has the next one."""


def _row(line: str, by_seed: list[list[Cell]], plain: list[tuple[float, float]]) -> Row:
    calls = [cell for cells in by_seed for cell in cells]
    return Row(
        line,
        mean(calls),
        min(mean(cells).pesq for cells in by_seed),
        min(cell.pesq for cell in calls),
        statistics.fmean(zeros for zeros, _ in plain),
        statistics.fmean(alone for _, alone in plain),
    )


def _calls(job: Job) -> list[Cell]:
    line, names, seed = job
    return [engine_call(LINES[line], name, seed + index) for index, name in enumerate(names)]


def _baselines(job: Job) -> list[tuple[float, float]]:
    line, names, seed = job
    return [baselines(LINES[line], name, seed + index) for index, name in enumerate(names)]
