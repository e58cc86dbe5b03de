"""Make the README's pictures from the real program: a registry, people in it, windows on a virtual screen.

Usage: ``python -m scripts.screenshots`` writes ``docs/pictures/*.png``. Needs Xvfb, xdotool and PulseAudio.
"""

from __future__ import annotations

import re
import struct
import subprocess
import sys
import tempfile
import time
import wave
import zlib
from contextlib import ExitStack
from pathlib import Path

import numpy as np

from kivy_client.session.settings import SettingsFile
from kivy_client.session.state import Settings
from kivy_client.session.vocabulary import Theme
from kivy_client.theme.palette import DARK, LIGHT, Palette, rgba
from registro.wire.messages import Estado
from tests.support import pulse, screen
from tests.support.daemon_process import DaemonProcess, PlainClient

ROOT = Path(__file__).resolve().parent.parent
PICTURES = ROOT / "docs" / "pictures"
SPEECH = ROOT / "tests" / "speech" / "portuguese_m.wav"
OUR_SPEECH = ROOT / "tests" / "speech" / "portuguese_f.wav"
SPEECH_TIME = 240.0
"""Seconds that the virtual microphone hears somebody; longer than a scene."""
PEOPLE = (
    ("antônio", "livre"),
    ("beatriz", "ausente"),
    ("césar.oliveira", "livre"),
    ("daniela", "nao-perturbe"),
    ("fátima", "livre"),
    ("helena", "ausente"),
)
"""Who is in the room beside the one who is called, and what they say to be."""
CALLED = "ana.lúcia"
OUR_LEVEL = (378, 100_000, 396)
"""Where the level of our own voice is in a window of 740 pixels: top, right, bottom."""
MARGIN = 28
"""Pixels between the windows of one picture."""


class Scene:
    """A registry with people in it, a sound server, and somebody who answers."""

    def __init__(self, stack: ExitStack) -> None:
        self.stack = stack
        self.folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="sala-fotos-")))
        self.registry = DaemonProcess(self.folder / "registro").start()
        stack.callback(self.registry.end)
        self.pulse = stack.enter_context(pulse.Pulse(self.folder / "som", ["fala", "ouve"]))
        self.speak()
        self.people = [PlainClient(self.registry.plain).register(name) for name, _state in PEOPLE]
        for client, (_name, state) in zip(self.people, PEOPLE, strict=True):
            client.say(Estado(state), 2)
        self.answerer = self.run("-m", "kivy_client.cli", *self.answer_arguments())

    def speak(self) -> None:
        """Somebody speaks into the virtual microphone, again and again."""
        spoken = self.folder / "fala.wav"
        with wave.open(str(OUR_SPEECH), "rb") as source, wave.open(str(spoken), "wb") as target:
            target.setparams(source.getparams())
            frames = source.readframes(source.getnframes())
            for _time in range(int(SPEECH_TIME * source.getframerate() / source.getnframes()) + 1):
                target.writeframes(frames)
        command = ["paplay", "--device=fala", str(spoken)]
        player = subprocess.Popen(command, env=self.pulse.environment(), stderr=subprocess.DEVNULL)
        self.stack.callback(self.end, player)

    def answer_arguments(self) -> list[str]:
        """Somebody at a terminal, who answers and lets a recording speak."""
        who = [
            "--servidor",
            self.link,
            "--nome",
            CALLED,
            "--estado",
            str(self.folder / "ana"),
            "--silencioso",
        ]
        return [
            *who,
            "atender",
            "--entrada",
            str(SPEECH),
            "--repetir",
            "--saida",
            str(self.folder / "ouvido.wav"),
        ]

    @property
    def link(self) -> str:
        """The registry's link on this machine."""
        found = re.search(r"sala://\S+:(\d+)/(#\S+)", self.registry.output)
        assert found is not None
        return f"sala://127.0.0.1:{found[1]}/{found[2]}"

    def run(self, *arguments: str, display: str = "") -> subprocess.Popen[bytes]:
        """Start a program of ours; it ends with the scene."""
        environment = self.pulse.environment() | {"PULSE_SINK": "ouve", "PULSE_SOURCE": "fala.monitor"}
        environment |= {"DISPLAY": display, "LIBGL_ALWAYS_SOFTWARE": "1", "LANG": "pt_BR.UTF-8"}
        quiet = subprocess.DEVNULL
        child = subprocess.Popen(
            [sys.executable, *arguments], cwd=ROOT, env=environment, stdout=quiet, stderr=quiet
        )
        self.stack.callback(self.end, child)
        return child

    def end(self, child: subprocess.Popen[bytes]) -> None:
        """End a program."""
        if child.poll() is None:
            child.terminate()
        try:
            child.wait(10)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()

    def window(self, name: str, theme: Theme, width: int, height: int) -> screen.VirtualScreen:
        """A window of that size and look, alone on a screen."""
        state = self.folder / name
        SettingsFile(state, lambda _trouble, _detail: None).save(Settings(theme=theme))
        shown = self.stack.enter_context(screen.VirtualScreen(self.folder / f"tela-{name}", width, height))
        start = ["-m", "kivy_client.app", self.link, "--nome", name, "--estado", str(state)]
        self.run(*start, "--janela", f"{width}x{height}", display=shown.display)
        return shown


def row(palette: Palette, left: int) -> screen.Finder:
    """What finds the first row of the room by its avatar."""
    return screen.blob(palette.accent_soft, 400, left, 148, left + 70, 230)


def talk(shown: screen.VirtualScreen, palette: Palette, left: int, pane: int) -> screen.Picture:
    """Call the first of the list, and wait until it is heard well; what the screen shows then. The call is
    right of `pane`.
    """
    place = shown.wait_for(row(palette, left), "the first name")
    time.sleep(1)
    shown.click(place[0] + 90, place[1])
    shown.wait_for(screen.blob(palette.end, 3000, pane), "the call")
    time.sleep(6)
    shown.wait_for(screen.blob(palette.good, 60, bottom=330, left=pane), "the bars of a good call")
    shown.wait_for(screen.blob(palette.accent, 300, pane, *OUR_LEVEL), "our own voice")
    return shown.picture()


def three(scene: Scene) -> screen.Picture:
    """The room, a call and its end, on a small telephone's width, side by side."""
    shown = scene.window("marta", Theme.LIGHT, 400, 740)
    shown.wait_for(row(LIGHT, 0), "the first name")
    time.sleep(2)
    room = shown.picture()
    call = talk(shown, LIGHT, 0, 0)
    shown.click(*shown.wait_for(screen.blob(LIGHT.end, 3000), "the red button"))
    shown.wait_for(screen.blob(LIGHT.call, 3000), "the button that calls again")
    time.sleep(1)
    return beside([room, call, shown.picture()])


def desk(scene: Scene) -> screen.Picture:
    """Two panes in the dark look, in a call."""
    return talk(scene.window("rui", Theme.DARK, 1100, 740), DARK, 92, 500)


def beside(pictures: list[screen.Picture]) -> screen.Picture:
    """Pictures in a row, on a quiet ground."""
    ground = np.array([round(part * 255) for part in rgba("#C9D4D0")[:3]], np.uint8)
    height = pictures[0].shape[0] + 2 * MARGIN
    width = sum(picture.shape[1] + MARGIN for picture in pictures) + MARGIN
    whole = np.full((height, width, 3), ground, np.uint8)
    left = MARGIN
    for picture in pictures:
        whole[MARGIN : MARGIN + picture.shape[0], left : left + picture.shape[1]] = picture
        left += picture.shape[1] + MARGIN
    return whole


def save(picture: screen.Picture, target: Path) -> None:
    """Write a PNG (RFC 2083): eight bits a colour, each row as the difference to the one above."""
    height, width, _three = picture.shape
    above = np.vstack([np.zeros((1, width, 3), np.uint8), picture[:-1]])
    rows = (picture - above).reshape(height, width * 3)
    data = np.hstack([np.full((height, 1), 2, np.uint8), rows]).tobytes()
    chunks = (
        (b"IHDR", struct.pack(">2I5B", width, height, 8, 2, 0, 0, 0)),
        (b"IDAT", zlib.compress(data, 9)),
        (b"IEND", b""),
    )
    body = b"".join(
        struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
        for kind, content in chunks
    )
    target.write_bytes(b"\x89PNG\r\n\x1a\n" + body)


def main() -> None:
    """Make the pictures."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    for name, make in (("sala", three), ("mesa", desk)):
        with ExitStack() as stack:
            save(make(Scene(stack)), PICTURES / f"{name}.png")


if __name__ == "__main__":
    main()
