"""A window is ended by its terminal or its session: soon, with every thread, and without a word."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from kivy_client.theme.palette import LIGHT
from tests.support import screen

ROOT = Path(__file__).resolve().parents[2]
SOON = 2.0
"""Seconds that every thread has to end."""


class SignalTests(SynchronousTestCase):
    """`sala` in a real window, told to end."""

    if not screen.available():
        skip = "needs Xvfb and xdotool"
    timeout = 120

    def setUp(self) -> None:
        """A window at its first start."""
        self.folder = Path(self.enterContext(tempfile.TemporaryDirectory(prefix="sala-sinal-")))
        self.shown = self.enterContext(screen.VirtualScreen(self.folder / "tela"))
        self.log = self.enterContext((self.folder / "sala.log").open("wb"))
        command = [sys.executable, "-m", "kivy_client.app", "--estado", str(self.folder / "estado")]
        environment = self.shown.environment() | {"DISPLAY": self.shown.display}
        self.window = subprocess.Popen(
            command, cwd=ROOT, env=environment, stdout=self.log, stderr=self.log, start_new_session=True
        )
        self.addCleanup(self.end)

    def end(self) -> None:
        """End it, whatever happened."""
        if self.window.poll() is None:
            os.killpg(self.window.pid, signal.SIGKILL)
        self.window.wait(10)

    def ends_by(self, number: signal.Signals) -> None:
        """Wait for the first start's button, send the signal, and see a quiet end in time."""
        self.shown.wait_for(screen.blob(LIGHT.accent, 8000), "the button of the first start")
        began = time.monotonic()
        self.window.send_signal(number)
        self.assertEqual(self.window.wait(20), 0)
        self.assertLess(time.monotonic() - began, SOON)
        self.assertEqual((self.folder / "sala.log").read_text(), "")
        self.assertFalse(Path(f"/proc/{self.window.pid}/task").exists())

    def test_interrupt(self) -> None:
        """Ctrl-C in its terminal ends the window with status 0 and without a traceback."""
        self.ends_by(signal.SIGINT)

    def test_terminate(self) -> None:
        """So does the end of the session."""
        self.ends_by(signal.SIGTERM)

    def test_at_once(self) -> None:
        """A signal that comes while the window is still opening is not lost, and is not answered with a
        traceback.
        """
        self.shown.wait_for(screen.blob(LIGHT.ground, 100_000), "the window's ground")
        self.window.send_signal(signal.SIGINT)
        self.assertEqual(self.window.wait(20), 0)
        self.assertEqual((self.folder / "sala.log").read_text(), "")
