"""Measure the first minute: from `make run` on a fresh clone, without `.venv`, to a heard echo.

Usage: ``python -m scripts.measure_echo [CHECKOUT]``. The checkout (this one if none is named) is cloned, and
`make run` is typed there with an empty home, on a virtual screen with virtual sound; then a name is typed,
«eco» is clicked, a recording is spoken into the microphone, and the loudspeaker is listened to. Prints the
seconds since the start at which each thing was there. Port 5000 must be free; system packages are taken as
they are. Needs git, Xvfb, xdotool, PulseAudio.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import numpy.typing as npt

from kivy_client.theme.palette import LIGHT
from scripts.programs import ROOT
from tests.support import pulse, screen
from voz.device import wav
from voz.measure import Comparison, compare

SPEECH = ROOT / "tests" / "speech" / "portuguese_f.wav"
RATE = 48_000
LOUD = 300
"""A sample (of 32767) that silence does not reach."""
SET_UP = 400.0
"""Seconds that the set-up may take."""
ROW = (92, 148, 480, 230)
"""Where the first name of the room is in a window of 1100 x 740: left, top, right, bottom."""
PANE = 500
"""Where the right pane begins."""
TABS_TO_THE_ROOM = 4
"""From the check's first button to the one that enters the room."""


class Minute:
    """One first minute: the clock, the screen, the sound, and what was started."""

    def __init__(self, stack: ExitStack, folder: Path) -> None:
        self._folder = folder
        self.screen = stack.enter_context(screen.VirtualScreen(folder / "tela"))
        self.pulse = stack.enter_context(pulse.Pulse(folder / "casa", ["fala", "ouve"]))
        self._began = time.monotonic()

    def mark(self, what: str) -> None:
        """Say that this is there now."""
        print(f"{time.monotonic() - self._began:7.1f} s  {what}", flush=True)

    def environment(self) -> dict[str, str]:
        """A person's, who has just logged in: an empty home, a screen, a microphone and a loudspeaker."""
        ours = ("XDG_", "PYTHON", "VIRTUAL_ENV", "MAKE", "PIP_CACHE")
        found = self.screen.environment() | self.pulse.environment()
        kept = {key: value for key, value in found.items() if not key.startswith(ours)}
        sound = {"PULSE_SINK": "ouve", "PULSE_SOURCE": "fala.monitor"}
        return kept | sound | {"DISPLAY": self.screen.display, "XDG_RUNTIME_DIR": str(self._folder / "casa")}

    def make_run(self, clone: Path) -> subprocess.Popen[bytes]:
        """Type it; its words go to a file."""
        self._began = time.monotonic()
        with (self._folder / "make.log").open("wb") as log:
            return subprocess.Popen(
                ["make", "run"],
                cwd=clone,
                env=self.environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def until(self, there: Path, make: subprocess.Popen[bytes]) -> None:
        """Wait for a file."""
        while not there.exists():
            if make.poll() is not None or time.monotonic() - self._began > SET_UP:
                raise SystemExit((self._folder / "make.log").read_text(errors="replace"))
            time.sleep(0.1)

    def enter(self) -> None:
        """Type a name, look at the check, and go in."""
        self.screen.wait_for(screen.blob(LIGHT.accent, 9000, top=500), "the button that enters")
        self.mark("the window asks for a name")
        self.screen.type("marta")
        self.screen.key("Return")
        self.screen.wait_for(screen.blob(LIGHT.good, 150), "a part of the check that is good")
        self.mark("connected; microphone, speaker and network are checked")
        for _stop in range(TABS_TO_THE_ROOM):
            self.screen.key("Tab")
        self.screen.key("Return")

    def call(self) -> None:
        """Click «eco», who is the only other name."""
        left, top, right, bottom = ROW
        row = self.screen.wait_for(screen.blob(LIGHT.accent_soft, 400, left, top, right, bottom), "«eco»")
        self.mark("«eco» is in the room")
        self.screen.click(row[0] + 90, row[1])
        self.screen.wait_for(self._words, "the three words of the call")
        self.mark("the call is on")

    @staticmethod
    def _words(picture: screen.Picture) -> tuple[int, int] | None:
        """The red button, once the words to compare are there above it."""
        words = screen.blob(LIGHT.accent_soft, 8000, PANE, 200, 1100, 460)(picture)
        return screen.blob(LIGHT.end, 3000, PANE)(picture) if words else None

    def speak(self) -> Comparison:
        """Speak, and listen to what comes back."""
        record = ["parec", "--device=ouve.monitor", "--raw", f"--rate={RATE}", "--channels=1"]
        said = wav.read(SPEECH)
        with (
            subprocess.Popen(
                [*record, "--format=s16le", "--latency-msec=20"],
                env=self.pulse.environment(),
                stdout=subprocess.PIPE,
            ) as recorder,
            subprocess.Popen(["paplay", "--device=fala", str(SPEECH)], env=self.pulse.environment()),
        ):
            try:
                heard = self._listen(recorder, len(said) + 3 * RATE)
            finally:
                recorder.terminate()
        return compare(said, heard)

    def _listen(self, recorder: subprocess.Popen[bytes], samples: int) -> npt.NDArray[np.int16]:
        """Return what is heard from just before its first sound on."""
        assert recorder.stdout is not None
        begun, blocks = False, []
        for _block in range(samples // 960):
            block = np.frombuffer(recorder.stdout.read(2 * 960), "<i2")
            if not begun and np.abs(block.astype(np.int32)).max(initial=0) > LOUD:
                begun = True
                self.mark("the echo is heard")
            blocks = [*blocks, block] if begun else [*blocks, block][-50:]
        return np.concatenate(blocks)


def port_is_free() -> bool:
    """Whether no registry runs here that `make run` would use as it is."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", 5000)) != 0


def end(make: subprocess.Popen[bytes]) -> None:
    """Ctrl-C, to all of it as a terminal does."""
    if make.poll() is None:
        os.killpg(make.pid, signal.SIGINT)
    try:
        make.wait(20)
    except subprocess.TimeoutExpired:
        os.killpg(make.pid, signal.SIGKILL)
        make.wait(20)


def main() -> int:
    """Measure once; exit status 0 if what came back is what was spoken."""
    if not port_is_free():
        print("something listens on port 5000", file=sys.stderr)
        return 1
    source = Path(sys.argv[1]).resolve() if len(sys.argv) > 1 else ROOT
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="sala-minuto-")))
        clone = folder / "sala-de-conversa"
        subprocess.run(["git", "clone", "--quiet", str(source), str(clone)], check=True)
        minute = Minute(stack, folder)
        make = minute.make_run(clone)
        stack.callback(end, make)
        minute.until(clone / ".venv" / ".ready-client", make)
        minute.mark("everything is installed")
        minute.enter()
        minute.call()
        result = minute.speak()
        print(f"{result.likeness:7.2f}    likeness of what was spoken and what came back")
        return 0 if result.heard else 1


if __name__ == "__main__":
    raise SystemExit(main())
