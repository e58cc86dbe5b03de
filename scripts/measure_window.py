"""Measure the window: time to the first picture, memory, CPU at rest and in a call, time to stop.

Usage: ``python -m scripts.measure_window [SECONDS]`` prints a figure a line. A registry, one who answers and
the window run on this machine; it is drawn in software on a virtual screen. Needs Xvfb, xdotool, PulseAudio.
"""

from __future__ import annotations

import os
import re
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from kivy_client.theme.palette import LIGHT
from scripts.screenshots import Scene
from tests.support import screen

TICK = os.sysconf("SC_CLK_TCK")


def first_picture(shown: screen.VirtualScreen, start: Callable[[], object]) -> float:
    """Seconds from the start of the program until its ground is on the screen."""
    ground = screen.blob(LIGHT.ground, 100_000)
    began = time.perf_counter()
    start()
    while ground(shown.picture()) is None:
        if time.perf_counter() - began > 60:
            raise TimeoutError("no picture")
        time.sleep(0.01)
    return time.perf_counter() - began


def processor(pid: int) -> float:
    """Seconds of CPU that the program has used so far: what the start costs, whatever else runs here."""
    return sum(seconds for _name, seconds in spent(pid).values())


def memory(pid: int) -> dict[str, float]:
    """MiB by kind: resident, of it anonymous (the program's own) and of files (libraries, shared)."""
    status = Path(f"/proc/{pid}/status").read_text()
    wanted = {"VmRSS": "resident", "RssAnon": "anonymous", "RssFile": "files"}
    return {text: int(re.search(rf"{key}:\s+(\d+)", status)[1]) / 1024 for key, text in wanted.items()}  # type: ignore[index]


def spent(pid: int) -> dict[int, tuple[str, float]]:
    """CPU seconds of every thread: number → (name, seconds)."""
    threads = {}
    for task in Path(f"/proc/{pid}/task").iterdir():
        name, _, rest = task.joinpath("stat").read_text().partition("(")[2].rpartition(")")
        fields = rest.split()
        threads[int(task.name)] = (name, (int(fields[11]) + int(fields[12])) / TICK)
    return threads


def cpu(pid: int, seconds: float) -> tuple[float, float]:
    """Per cent of a core over some seconds: (all threads, those that draw)."""
    before = spent(pid)
    time.sleep(seconds)
    after = spent(pid)
    used = {n: (name, total - before.get(n, (name, 0.0))[1]) for n, (name, total) in after.items()}
    drawing = sum(part for number, (name, part) in used.items() if number == pid or "llvmpipe" in name)
    return sum(part for _name, part in used.values()) / seconds * 100, drawing / seconds * 100


def main() -> None:
    """Measure and print."""
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 15.0
    with ExitStack() as stack:
        scene = Scene(stack)
        shown = stack.enter_context(screen.VirtualScreen(scene.folder / "tela"))
        start = [
            "-m",
            "kivy_client.app",
            scene.link,
            "--nome",
            "marta",
            "--estado",
            str(scene.folder / "marta"),
        ]
        for run in ("first", "warm"):
            child = None

            def begin() -> None:
                nonlocal child
                child = scene.run(*start, display=shown.display)

            seconds_to_picture = first_picture(shown, begin)
            assert child is not None
            print(
                f"first picture, {run} start: {seconds_to_picture:.2f} s, {processor(child.pid):.2f} s of CPU"
            )
            if run == "first":
                time.sleep(3)
                scene.end(child)
                time.sleep(1)
        row = shown.wait_for(screen.blob(LIGHT.accent_soft, 400, 92, 148, 480, 230), "the first name")
        time.sleep(5)
        print("at rest:", ", ".join(f"{text} {size:.0f} MiB" for text, size in memory(child.pid).items()))
        print("at rest: CPU all {:.1f} %, drawing {:.1f} %".format(*cpu(child.pid, seconds)))
        shown.click(row[0] + 90, row[1])
        shown.wait_for(screen.blob(LIGHT.end, 3000, 500), "the call")
        time.sleep(8)
        print("in a call: CPU all {:.1f} %, drawing {:.1f} %".format(*cpu(child.pid, seconds)))
        print("in a call:", ", ".join(f"{text} {size:.0f} MiB" for text, size in memory(child.pid).items()))
        for name, part in sorted(spent(child.pid).values(), key=lambda pair: -pair[1])[:6]:
            print(f"    {name}: {part:.2f} s of CPU so far")
        asked = time.perf_counter()
        child.terminate()
        child.wait(20)
        print(f"stop in a call: {time.perf_counter() - asked:.2f} s")


if __name__ == "__main__":
    main()
