"""Two real windows call each other: a click on a name, a click on accept, speech heard, a click on end."""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
import wave
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import numpy.typing as npt
from twisted.trial.unittest import SynchronousTestCase

from kivy_client.theme.palette import LIGHT
from tests.support import pulse, screen
from tests.support.daemon_process import DaemonProcess, PlainClient

ROOT = Path(__file__).resolve().parents[2]
SPEECH = ROOT / "tests" / "speech" / "portuguese_f.wav"
ALIKE = 0.5
"""Least likeness of what was said and heard: a machine with more programs than cores drops some sound."""
LOUD = 100.0
"""Least loudness of what is heard (root mean square, of 32767); silence has less than 5."""
LIST_LEFT, LIST_RIGHT, LIST_TOP = 92, 480, 148
"""Where the rows of the room are in a window of 1100 x 740."""
PANE = 500
"""Where the right pane begins."""
Sound = npt.NDArray[np.float64]

missing = not (screen.available() and pulse.available() and SPEECH.exists())


class WindowTestCase(SynchronousTestCase):
    """The whole of it, with nothing faked but the hardware."""

    if missing:
        skip = "needs Xvfb, xdotool and PulseAudio"
    timeout = 300

    def setUp(self) -> None:
        """A registry and a sound server."""
        self.stack = ExitStack()
        self.addCleanup(self.stack.close)
        self.folder = Path(self.stack.enter_context(tempfile.TemporaryDirectory(prefix="sala-janela-")))
        self.registry = DaemonProcess(self.folder / "registro")
        self.registry.start()
        self.stack.callback(self.registry.end)
        sinks = [f"{way}_{name}" for way in ("fala", "ouve") for name in ("ana", "rui", "marta")]
        self.pulse = self.stack.enter_context(pulse.Pulse(self.folder / "pulse", sinks))

    def address(self) -> tuple[str, str]:
        """The registry's address on this machine, and the rest of its link."""
        found = re.search(r"sala://\S+:(\d+)/(#\S+)", self.registry.output)
        assert found is not None
        return f"sala://127.0.0.1:{found[1]}", f"/{found[2]}"

    def screen(self, name: str) -> screen.VirtualScreen:
        """A screen for one window."""
        return self.stack.enter_context(screen.VirtualScreen(self.folder / f"tela-{name}"))

    def open_window(self, name: str, where: screen.VirtualScreen, *arguments: str) -> None:
        """Start `sala` with the state of that name; it is ended with the test."""
        environment = where.environment() | self.pulse.environment() | {"DISPLAY": where.display}
        environment |= {"PULSE_SINK": f"ouve_{name}", "PULSE_SOURCE": f"fala_{name}.monitor"}
        command = [sys.executable, "-m", "kivy_client.app", *arguments, "--estado", str(self.folder / name)]
        log = self.stack.enter_context((self.folder / f"{name}.log").open("wb"))
        window = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log)
        self.stack.callback(self.end, window)

    def end(self, window: subprocess.Popen[bytes]) -> None:
        """Ask the window to close; it must be gone soon."""
        window.terminate()
        try:
            window.wait(10)
        except subprocess.TimeoutExpired:
            window.kill()
            window.wait(10)


class CallTests(WindowTestCase):
    """Two people."""

    def setUp(self) -> None:
        """Two screens with a window each."""
        super().setUp()
        self.ana, self.rui = self.screen("ana"), self.screen("rui")
        link = "".join(self.address())
        self.open_window("ana", self.ana, link, "--nome", "ana")
        self.open_window("rui", self.rui, link, "--nome", "rui")

    def test_call(self) -> None:
        """A click calls, a click accepts, what one says the other hears, a click ends it on both screens."""
        row = self.ana.wait_for(
            screen.blob(LIGHT.accent_soft, 400, LIST_LEFT, LIST_TOP, LIST_RIGHT, 300), "the other one's name"
        )
        self.ana.click(row[0] + 100, row[1])
        accept = self.rui.wait_for(screen.blob(LIGHT.call, 3000, PANE), "the button that accepts")
        self.rui.click(*accept)
        end = self.ana.wait_for(self.end_button, "the button that ends")
        self.rui.wait_for(self.end_button, "the other one's button that ends")
        self.assert_heard("fala_ana", "ouve_rui")
        self.assert_heard("fala_rui", "ouve_ana")
        self.ana.click(*end)
        for side in (self.ana, self.rui):
            side.wait_for(screen.blob(LIGHT.call, 3000, PANE), "the button that calls again")

    def assert_heard(self, microphone: str, speaker: str) -> None:
        """What is said into the one comes out of the other; a busy machine may need a second hearing."""
        alike = 0.0
        for _hearing in range(6):
            heard = self.speak(microphone, speaker)
            alike = likeness(read(SPEECH), heard)
            if alike > ALIKE and loudness(heard) > LOUD:
                return
        self.fail(f"{microphone} was not heard at {speaker}: likeness {alike:.2f}")

    def end_button(self, picture: screen.Picture) -> tuple[int, int] | None:
        """The red button, once the words to compare are there above it."""
        words = screen.blob(LIGHT.accent_soft, 8000, PANE, 200, 1100, 460)(picture)
        return screen.blob(LIGHT.end, 3000, PANE)(picture) if words else None

    def speak(self, microphone: str, speaker: str) -> Sound:
        """Play the recording into a virtual microphone; what came out of a virtual speaker meanwhile."""
        target = self.folder / f"{speaker}.raw"
        environment = self.pulse.environment()
        record = ["parec", f"--device={speaker}.monitor", "--raw", "--rate=48000", "--channels=1"]
        with target.open("wb") as sink:
            recorder = subprocess.Popen([*record, "--format=s16le"], env=environment, stdout=sink)
            try:
                play = ["paplay", f"--device={microphone}", str(SPEECH)]
                subprocess.run(play, env=environment, check=True, timeout=60)
            finally:
                recorder.terminate()
                recorder.wait(10)
        return in_frames(np.fromfile(target, "<i2"), 48000)


class FirstStartTests(WindowTestCase):
    """A person who has never been here, without a mouse."""

    def test_keyboard_alone(self) -> None:
        """Name, server, the eight words, the check with a heard voice: then the room, all by keys."""
        somebody = PlainClient(self.registry.plain).register("rui")
        self.addCleanup(somebody.close)
        shown = self.screen("marta")
        self.open_window("marta", shown)
        shown.wait_for(screen.blob(LIGHT.accent, 9000, top=500), "the button that enters")
        shown.wait_for(screen.blob(LIGHT.accent, 300, top=200, bottom=300), "the focus on the name")
        shown.type("marta")
        shown.key("Tab")
        shown.type(self.address()[0])
        shown.key("Return")
        shown.wait_for(screen.blob(LIGHT.raised, 20_000), "the eight words")
        shown.key("Tab")
        shown.key("Return")
        shown.wait_for(screen.blob(LIGHT.good, 150), "a part of the check that is good")
        speaker = subprocess.Popen(
            ["paplay", "--device=fala_marta", str(SPEECH)], env=self.pulse.environment()
        )
        self.addCleanup(speaker.wait, 30)
        shown.wait_for(screen.blob(LIGHT.accent, 1500, top=100, bottom=250), "the level of the voice")
        for _stop in range(4):
            shown.key("Tab")
        shown.key("Return")
        row = screen.blob(LIGHT.accent_soft, 400, LIST_LEFT, LIST_TOP, LIST_RIGHT, 300)
        shown.wait_for(row, "the room with somebody in it")


def read(path: Path) -> Sound:
    """A mono 16-bit WAV file in frames of 20 ms."""
    with wave.open(str(path), "rb") as source:
        sound = np.frombuffer(source.readframes(source.getnframes()), "<i2")
        return in_frames(sound, source.getframerate())


def in_frames(sound: npt.NDArray[np.int16], rate: int) -> Sound:
    """Samples as rows of 20 ms."""
    step = rate // 50
    return sound[: len(sound) // step * step].astype(np.float64).reshape(-1, step)


def loudness(heard: Sound) -> float:
    """The loudness of all of it."""
    return float(np.sqrt((heard**2).mean()))


def levels(frames: Sound) -> npt.NDArray[np.float64]:
    """The loudness of each frame, on a logarithmic scale."""
    return np.log10(np.sqrt((frames**2).mean(axis=1)) + 10.0)


def likeness(said: Sound, heard: Sound) -> float:
    """How alike the loudness of two recordings rises and falls, at the best shift: at most 1."""
    one, other = (np.convolve(levels(frames), np.ones(10) / 10, "same") for frames in (said, heard))
    best = 0.0
    for shift in range(max(1, len(other) - len(one) // 2)):
        part = other[shift : shift + len(one)]
        if len(part) >= len(one) // 2 and part.std() > 0:
            best = max(best, float(np.corrcoef(one[: len(part)], part)[0, 1]))
    return best
