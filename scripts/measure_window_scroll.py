"""Measure how smoothly five thousand names scroll: frames a second under software GL.

Usage: ``python -m scripts.measure_window_scroll [WxH] [FRAMES]`` prints a figure a line. The window is the
real stage with the example of 5,000 names (`tests/screens/examples.py`), drawn in software, seen by nobody;
each frame moves the list by a part of a row, as a finger does, lays it out, draws it and waits until it is
drawn.
"""

from __future__ import annotations

import os
import sys
import time
from statistics import median
from typing import Any

STEPS = (("slow", 0.15), ("finger", 0.6), ("fling", 2.5))
"""What is measured: rows that pass in one frame."""


def frames(listing: Any, rows: float, number: int) -> list[float]:
    """Seconds that each of so many frames took."""
    from kivy.clock import Clock
    from kivy.core.window import Window
    from kivy.graphics.opengl import glFinish
    from kivy.lang import Builder

    spare = len(listing.data) * listing.row_height - listing.height
    taken = []
    for _frame in range(number):
        began = time.perf_counter()
        listing.scroll_y -= rows * listing.row_height / spare
        Clock.tick()
        Builder.sync()
        Clock.tick_draw()
        Builder.sync()
        Window.dispatch("on_draw")
        glFinish()
        Window.dispatch("on_flip")
        taken.append(time.perf_counter() - began)
    return taken


def main() -> None:
    """Measure and print."""
    size = sys.argv[1] if len(sys.argv) > 1 else "360x720"
    number = int(sys.argv[2]) if len(sys.argv) > 2 else 200
    os.environ.setdefault("SDL_VIDEODRIVER", "offscreen")
    from kivy_client.screens.window import configure

    configure(*(int(side) for side in size.split("x")))
    from kivy.clock import Clock

    from tests.screens.scenes import make_stage, set_scene, settle

    Clock._max_fps = 0  # as fast as it goes
    stage = make_stage()
    set_scene(stage, "room-crowd")
    settle(draw=True)
    listing = stage.screens["room"].ids.list
    for name, rows in STEPS:
        listing.scroll_y = 1
        frames(listing, rows, 20)
        used = time.process_time()
        taken = sorted(frames(listing, rows, number))
        used = (time.process_time() - used) / number
        slow = taken[int(number * 0.95)]
        print(
            f"{size}, {name} ({rows} rows a frame): {number / sum(taken):.0f} frames/s, "
            f"median {median(taken) * 1000:.1f} ms, 95 % within {slow * 1000:.1f} ms, "
            f"{used * 1000:.1f} ms of CPU a frame"
        )


if __name__ == "__main__":
    main()
