"""From mouth to ear: real processes, virtual microphones and loudspeakers, our engine beside baresip.

    python -m bench.voz.mouth [--rounds N] [--seconds S]

Every contender speaks the same recording, one after the other, round by round, so that the load of the
machine is shared fairly. What is spoken and what is heard are recorded from PulseAudio's monitors by the
same means.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.voz.baresip import Baresip
from bench.voz.record import Recorder
from bench.voz.score import score
from tests.support.pulse import Pulse
from voz.device import wav

SPEECH = Path(__file__).parents[2] / "tests" / "speech" / "human_2.wav"
ROOT = Path(__file__).parents[2]
SETTLE = 6.0
SINKS = ("mouth_a", "ear_a", "mouth_b", "ear_b")


@dataclass(frozen=True)
class Figures:
    """One measured call: delay in ms, PESQ, share of a core of one end, underruns a minute where they are
    known."""

    delay_ms: float
    pesq: float
    cpu: float
    underruns: float | None = None


def free_port() -> int:
    """A UDP port that is free now."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def speak_and_listen(pulse: Pulse) -> tuple[float, float]:
    """Speak into mouth_a, listen at ear_b: delay in ms and PESQ."""
    environment = pulse.environment()
    mouth, ear = Recorder("mouth_a.monitor", environment), Recorder("ear_b.monitor", environment)
    time.sleep(0.5)
    subprocess.run(["paplay", "-d", "mouth_a", str(SPEECH)], env=environment, check=True, timeout=60)
    time.sleep(1.0)
    spoken, heard = mouth.stop(), ear.stop()
    result = score(spoken, heard, ear.began - mouth.began)
    return result.delay_ms, result.pesq


@contextmanager
def ours(pulse: Pulse, *options: str) -> Iterator[Callable[[], Figures]]:
    """A call of two of our processes."""
    ports = free_port(), free_port()
    seconds = SETTLE + len(wav.read(SPEECH)) / 48_000 + 6
    programs = [
        subprocess.Popen(
            [
                *(sys.executable, "-m", "bench.voz.peer", role, str(own), str(other)),
                *(f"mouth_{end}_mic", f"ear_{end}", str(seconds), *options),
            ],
            cwd=ROOT,
            env=pulse.environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        for role, own, other, end in (("caller", *ports, "a"), ("callee", *ports[::-1], "b"))
    ]
    time.sleep(SETTLE)

    def measure() -> Figures:
        delay, quality = speak_and_listen(pulse)
        output = [program.communicate(timeout=60)[0] for program in programs]
        figures = json.loads(output[1])
        last = figures["report"]["last"]
        minutes = figures["report"]["seconds"] / 60
        return Figures(delay, quality, figures["cpu"], last["sound"]["underruns"] / max(minutes, 0.01))

    try:
        yield measure
    finally:
        for program in programs:
            if program.poll() is None:
                program.kill()
                program.wait()


@contextmanager
def baresip(pulse: Pulse, folder: Path, buffer: str, ptime: int = 20) -> Iterator[Callable[[], Figures]]:
    """A call of two baresips."""
    environment = pulse.environment()
    ports = free_port(), free_port()
    callee = Baresip(folder / "b", environment, name="b", port=ports[1], buffer=buffer, ptime=ptime)
    caller = Baresip(folder / "a", environment, name="a", port=ports[0], buffer=buffer, ptime=ptime)
    callee.start("mouth_b_mic", "ear_b")
    time.sleep(1.5)
    caller.start("mouth_a_mic", "ear_a", f"sip:b@127.0.0.1:{ports[1]}")
    time.sleep(SETTLE)
    program = callee._program
    assert program is not None

    def measure() -> Figures:
        before, began = _cpu_of(program.pid), time.monotonic()
        delay, quality = speak_and_listen(pulse)
        return Figures(delay, quality, (_cpu_of(program.pid) - before) / (time.monotonic() - began))

    try:
        yield measure
    finally:
        caller.stop()
        callee.stop()


def _cpu_of(pid: int) -> float:
    """Processor seconds of a process."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def run(rounds: int) -> dict[str, list[Figures]]:
    """All contenders, `rounds` times in turn."""
    results: dict[str, list[Figures]] = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with Pulse(folder / "pulse", SINKS) as pulse:
            for number in range(rounds):
                for title, make in contenders(pulse, folder / str(number)).items():
                    with make() as measure:
                        results.setdefault(title, []).append(measure())
    return results


def contenders(pulse: Pulse, folder: Path) -> dict[str, Callable[[], object]]:
    """Who takes part, by title."""
    found: dict[str, Callable[[], object]] = {
        "sala": lambda: ours(pulse),
        "sala, low latency": lambda: ours(pulse, "--low-latency"),
    }
    if shutil.which("baresip") and Baresip.module_path():
        found["baresip, defaults"] = lambda: baresip(pulse, folder / "default", "5-10")
        found["baresip, least buffer, 10 ms"] = lambda: baresip(pulse, folder / "least", "1-2", 10)
    return found


def median(rows: list[Figures]) -> Figures:
    """The middle of each figure."""
    underruns = [row.underruns for row in rows if row.underruns is not None]
    return Figures(
        statistics.median(row.delay_ms for row in rows),
        statistics.median(row.pesq for row in rows),
        statistics.median(row.cpu for row in rows),
        statistics.median(underruns) if underruns else None,
    )
