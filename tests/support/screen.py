"""A screen that nobody sees: Xvfb with its picture in a file, and a mouse moved by xdotool."""

from __future__ import annotations

import os
import shutil
import struct
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType

import numpy as np
import numpy.typing as npt

Picture = npt.NDArray[np.uint8]
Finder = Callable[[Picture], tuple[int, int] | None]
PATIENCE = 30.0


def available() -> bool:
    """Whether the programs are installed."""
    return shutil.which("Xvfb") is not None and shutil.which("xdotool") is not None


class VirtualScreen:
    """One X server of its own; a context manager."""

    def __init__(self, folder: Path, width: int = 1100, height: int = 740) -> None:
        self._folder = folder
        self._size = f"{width}x{height}x24"
        self._server: subprocess.Popen[bytes] | None = None
        self.display = ""

    def __enter__(self) -> VirtualScreen:
        """Start it on a free display."""
        self._folder.mkdir(parents=True, exist_ok=True)
        reader, writer = os.pipe()
        command = ["Xvfb", "-displayfd", str(writer), "-screen", "0", self._size, "-fbdir", str(self._folder)]
        log = (self._folder / "xvfb.log").open("wb")
        command += ["-nolisten", "tcp"]
        self._server = subprocess.Popen(command, pass_fds=[writer], stdout=log, stderr=log)
        os.close(writer)
        with os.fdopen(reader) as told:
            self.display = ":" + told.readline().strip()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End it."""
        if self._server is not None:
            self._server.terminate()
            self._server.wait(10)

    def environment(self) -> dict[str, str]:
        """What a program needs to open its window here, drawn in software."""
        wanted = {"DISPLAY": self.display, "LIBGL_ALWAYS_SOFTWARE": "1", "LANG": "pt_BR.UTF-8"}
        refused = ("WAYLAND_DISPLAY", "SDL_VIDEODRIVER", "DBUS_SESSION_BUS_ADDRESS", "LC_ALL", "LC_MESSAGES")
        return {key: value for key, value in os.environ.items() if key not in refused} | wanted

    def picture(self) -> Picture:
        """What is on the screen: rows, columns, (red, green, blue). (XWD file format, version 7.)"""
        data = (self._folder / "Xvfb_screen0").read_bytes()
        words = struct.unpack(">25I", data[:100])
        header, width, height, line, colours = words[0], words[4], words[5], words[12], words[19]
        start = header + colours * 12
        rows = np.frombuffer(data, np.uint8, line * height, start).reshape(height, line)
        return rows[:, : width * 4].reshape(height, width, 4)[:, :, 2::-1]

    def click(self, x: int, y: int) -> None:
        """Press and release the left button there."""
        self._do("mousemove", str(x), str(y))
        self._do("mousedown", "1")
        time.sleep(0.05)  # a person's click lasts longer than a turn of the window's loop
        self._do("mouseup", "1")

    def key(self, *names: str) -> None:
        """Press keys by their X names."""
        self._do("key", *names)

    def type(self, text: str) -> None:
        """Type a text."""
        self._do("type", "--delay", "30", text)

    def wait_for(self, found: Finder, what: str) -> tuple[int, int]:
        """Look until it is there; where it is."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            place = found(self.picture())
            if place is not None:
                return place
            time.sleep(0.1)
        raise TimeoutError(f"{what} did not appear")

    def _do(self, *arguments: str) -> None:
        subprocess.run(["xdotool", *arguments], env=self.environment(), check=True, timeout=10)


def blob(
    colour: str, least: int, left: int = 0, top: int = 0, right: int = 100_000, bottom: int = 100_000
) -> Finder:
    """What finds the middle of the pixels of a colour (`#rrggbb`) in a part of the screen, if there are
    `least`.
    """
    wanted = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)], np.int16)

    def find(picture: Picture) -> tuple[int, int] | None:
        part = picture[top:bottom, left:right].astype(np.int16)
        rows, columns = np.nonzero((np.abs(part - wanted) <= 3).all(axis=2))
        if len(rows) < least:
            return None
        return left + int(np.median(columns)), top + int(np.median(rows))

    return find
