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
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.voz.baresip import Baresip
from bench.voz.record import Recorder
from bench.voz.score import score
from tests.support.pulse import Pulse
from voz.device import wav
from voz.stats import Played

SPEECH = Path(__file__).parents[2] / "tests" / "speech" / "human_2.wav"
ROOT = Path(__file__).parents[2]
SETTLE = 6.0
JITTER_MS = 20.0
SINKS = ("mouth_a", "ear_a", "mouth_b", "ear_b")


@dataclass(frozen=True)
class Figures:
    """One measured call: delay in ms, PESQ, share of a core of one end; and what only our own end tells:
    underruns and overruns a minute, how uneven the devices' calls were in ms, and the share of sound that was
    made up."""

    delay_ms: float
    pesq: float
    cpu: float
    underruns: float | None = None
    overruns: float | None = None
    callback_jitter_ms: float | None = None
    concealed: float | None = None


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
def impaired(jitter_ms: float, *arguments: str) -> Iterator[None]:
    """A line with jitter, if there is any, as a process of its own."""
    if not jitter_ms:
        yield
        return
    program = subprocess.Popen(
        [sys.executable, "-m", "bench.voz.impaired", str(jitter_ms), *arguments],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert program.stdin is not None
    assert program.stdout is not None
    program.stdout.readline()
    try:
        yield
    finally:
        program.stdin.close()
        program.stdout.close()
        program.wait(10)


@contextmanager
def ours(pulse: Pulse, *options: str, jitter_ms: float = 0.0) -> Iterator[Callable[[], Figures]]:
    """A call of two of our processes."""
    ports = free_port(), free_port()
    entries = (free_port(), free_port()) if jitter_ms else ports
    pairs = [f"{entry}:{port}" for entry, port in zip(entries, ports, strict=True)]
    with impaired(jitter_ms, "ports", *pairs), _two_of_ours(pulse, ports, entries, *options) as measure:
        yield measure


@contextmanager
def _two_of_ours(
    pulse: Pulse, ports: tuple[int, int], entries: tuple[int, int], *options: str
) -> Iterator[Callable[[], Figures]]:
    """Two of our processes that listen at `ports`, and reach each other at `entries`."""
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
        for role, own, other, end in (
            ("caller", ports[0], entries[1], "a"),
            ("callee", ports[1], entries[0], "b"),
        )
    ]
    time.sleep(SETTLE)

    def measure() -> Figures:
        delay, quality = speak_and_listen(pulse)
        output = [program.communicate(timeout=60)[0] for program in programs]
        return _told(delay, quality, json.loads(output[1]))

    try:
        yield measure
    finally:
        for program in programs:
            if program.poll() is None:
                program.kill()
                program.wait()


def _told(delay: float, quality: float, end: dict[str, Any]) -> Figures:
    """What was measured, and what one of our ends said of itself when the call was over."""
    last, minutes = end["report"]["last"], max(end["report"]["seconds"] / 60, 0.01)
    sound, played = last["sound"], Played(**last["played"])
    return Figures(
        delay,
        quality,
        end["cpu"],
        sound["underruns"] / minutes,
        sound["overruns"] / minutes,
        sound["callback_jitter_ms"],
        played.concealed_share,
    )


@contextmanager
def baresip(
    pulse: Pulse, folder: Path, buffer: str, ptime: int = 20, jitter_ms: float = 0.0
) -> Iterator[Callable[[], Figures]]:
    """A call of two baresips."""
    ports = free_port(), free_port()
    dialled = free_port() if jitter_ms else ports[1]
    with (
        impaired(jitter_ms, "sip", str(dialled), str(ports[1])),
        _two_baresips(pulse, folder, buffer, ptime, ports, dialled) as measure,
    ):
        yield measure


@contextmanager
def _two_baresips(
    pulse: Pulse, folder: Path, buffer: str, ptime: int, ports: tuple[int, int], dialled: int
) -> Iterator[Callable[[], Figures]]:
    """Two baresips that listen at `ports`; the caller dials `dialled`."""
    environment = pulse.environment()
    callee = Baresip(folder / "b", environment, name="b", port=ports[1], buffer=buffer, ptime=ptime)
    caller = Baresip(folder / "a", environment, name="a", port=ports[0], buffer=buffer, ptime=ptime)
    callee.start("mouth_b_mic", "ear_b")
    time.sleep(1.5)
    caller.start("mouth_a_mic", "ear_a", f"sip:b@127.0.0.1:{dialled}")
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


def run(rounds: int, before: dict[str, list[Figures]] | None = None) -> dict[str, list[Figures]]:
    """All contenders, `rounds` times in turn, after the rounds of an earlier sitting."""
    results = {title: list(rows) for title, rows in (before or {}).items()}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with Pulse(folder / "pulse", SINKS) as pulse:
            for number in range(rounds):
                for title, make in contenders(pulse, folder / str(number)).items():
                    with make() as measure:
                        results.setdefault(title, []).append(measure())
    return results


def contenders(
    pulse: Pulse, folder: Path
) -> dict[str, Callable[[], AbstractContextManager[Callable[[], Figures]]]]:
    """Who takes part, by title."""
    found: dict[str, Callable[[], AbstractContextManager[Callable[[], Figures]]]] = {
        "sala": lambda: ours(pulse),
        "sala, low latency": lambda: ours(pulse, "--low-latency"),
        "sala, echo, noise and gain treated": lambda: ours(pulse, "--treated"),
        f"sala, jitter {JITTER_MS:.0f} ms": lambda: ours(pulse, jitter_ms=JITTER_MS),
    }
    if shutil.which("baresip") and Baresip.module_path():
        found["baresip, defaults"] = lambda: baresip(pulse, folder / "default", "5-10")
        found["baresip, least buffer, 10 ms"] = lambda: baresip(pulse, folder / "least", "1-2", 10)
        found[f"baresip, jitter {JITTER_MS:.0f} ms"] = lambda: baresip(
            pulse, folder / "jitter", "5-10", jitter_ms=JITTER_MS
        )
    return found
