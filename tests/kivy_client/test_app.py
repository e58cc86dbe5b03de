"""The command line of `sala`."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import cast

from twisted.trial.unittest import SynchronousTestCase

from kivy_client.app import begin, has_screen, parse
from kivy_client.session.boundary import RecordingCommands
from kivy_client.session.controller import Controller

ROOT = Path(__file__).resolve().parents[2]


class ParseTests(SynchronousTestCase):
    """Options and what they begin."""

    def begun(self, *arguments: str) -> list[tuple[str, tuple[object, ...]]]:
        """The commands that these arguments begin with."""
        recorder = RecordingCommands()
        remembered: list[tuple[str, tuple[object, ...]]] = []
        controller = cast(Controller, _WithBegin(recorder, remembered))
        begin(controller, parse(arguments))
        return recorder.calls + remembered

    def test_link_and_name(self) -> None:
        """A link and a name connect."""
        self.assertEqual(
            self.begun("sala://x:5000/#aa", "--nome", "ana"), [("connect", ("sala://x:5000/#aa", "ana"))]
        )

    def test_link_alone(self) -> None:
        """A link alone is opened under the name used last."""
        self.assertEqual(self.begun("sala://x:5000/#aa"), [("open_link", ("sala://x:5000/#aa",))])

    def test_server_and_name(self) -> None:
        """The options do the same as a link."""
        self.assertEqual(self.begun("--servidor", "x", "--nome", "ana"), [("connect", ("x", "ana"))])

    def test_nothing(self) -> None:
        """Without arguments the account used last is connected."""
        self.assertEqual(self.begun(), [("begin", ())])

    def test_window(self) -> None:
        """The window's size is two numbers; anything else is refused with exit status 2."""
        self.assertEqual(parse(["--janela", "400x740"]).janela, (400, 740))
        for wrong in ("400", "0x0", "ax740", "400x740x1"):
            self.assertEqual(self.assertRaises(SystemExit, parse, ["--janela", wrong]).code, 2)

    def test_state_folder(self) -> None:
        """The state's folder is a path."""
        self.assertEqual(parse(["--estado", "/tmp/x"]).estado, Path("/tmp/x"))


class _WithBegin:
    """Recording commands with the controller's `begin`."""

    def __init__(self, recorder: RecordingCommands, remembered: list[tuple[str, tuple[object, ...]]]) -> None:
        self._remembered = remembered
        self.connect = recorder.commands.connect
        self.open_link = recorder.commands.open_link

    def begin(self) -> None:
        """Note it."""
        self._remembered.append(("begin", ()))


class NoScreenTests(SynchronousTestCase):
    """A machine without a screen."""

    def test_displays(self) -> None:
        """X11, Wayland or a chosen driver is a screen; an empty environment is none."""
        self.assertFalse(has_screen({}))
        self.assertFalse(has_screen({"DISPLAY": ""}))
        for key in ("DISPLAY", "WAYLAND_DISPLAY", "SDL_VIDEODRIVER"):
            self.assertTrue(has_screen({key: "x"}))

    def test_says_so(self) -> None:
        """`sala` says it in one sentence, and its exit status is not zero."""
        hidden = ("DISPLAY", "WAYLAND_DISPLAY", "SDL_VIDEODRIVER")
        environment = {key: value for key, value in os.environ.items() if key not in hidden}
        command = [sys.executable, "-m", "kivy_client.app"]
        done = subprocess.run(
            command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=30, check=False
        )
        self.assertEqual(done.returncode, 2)
        self.assertEqual(done.stderr.strip(), "sala: não há tela aqui; no terminal use sala-cli.")
