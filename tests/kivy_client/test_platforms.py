"""What the desktop offers, with programs made for the test."""

from __future__ import annotations

import os
import queue
import sys
import tempfile
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from kivy_client.platforms.desktop import NOTES_AT_ONCE, DesktopPlatform
from kivy_client.platforms.facade import NoPlatform, choose
from kivy_client.platforms.system_look import system_prefers_dark

PATIENCE = 20.0


class DesktopTests(SynchronousTestCase):
    """A desktop whose programs are scripts in a folder of the test."""

    if sys.platform != "linux":
        skip = "the programs are those of a Linux desktop"

    def setUp(self) -> None:
        """An empty folder as the only place of programs, and no session bus."""
        self.programs = Path(self.enterContext(tempfile.TemporaryDirectory(prefix="sala-programas-")))
        self.patch(os, "environ", {"PATH": str(self.programs)})

    def install(self, name: str, script: str) -> None:
        """Put a program there."""
        path = self.programs / name
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)

    def ask(self, save: bool = False) -> str:
        """What the file dialog answers."""
        platform = DesktopPlatform()
        self.addCleanup(platform.stop)
        answers: queue.Queue[str] = queue.Queue()
        platform.file_dialog("Abrir", save, "/tmp/x", answers.put)
        return answers.get(timeout=PATIENCE)

    def test_no_dialog(self) -> None:
        """Without a program for it there is no dialog; the screens then ask for a path."""
        self.assertFalse(DesktopPlatform().has_file_dialog())

    def test_dialog(self) -> None:
        """The path that the dialog prints is the answer."""
        self.install("zenity", 'echo "/home/ana/foto $*"')
        self.assertTrue(DesktopPlatform().has_file_dialog())
        self.assertTrue(self.ask().startswith("/home/ana/foto --file-selection"))
        self.assertIn("--save", self.ask(save=True))

    def test_macs_dialog(self) -> None:
        """On a Mac the title is an argument of the script, not a part of it."""
        self.install("osascript", 'while [ "$1" = -e ]; do shift 2; done; echo "/Users/ana/$1/$2"')
        self.assertEqual(self.ask(), "/Users/ana/Abrir/x")
        self.assertEqual(self.ask(save=True), "/Users/ana/Abrir/x")

    def test_windows_dialog(self) -> None:
        """On Windows title and suggestion are in the environment of the script."""
        self.install("powershell", 'case "$*" in *Abrir*) exit 1;; esac; echo "$SALA_TITLE $SALA_NAME"')
        self.assertEqual(self.ask(), "Abrir /tmp/x")

    def test_notifications_without_a_bus(self) -> None:
        """Where there is no session bus the system's program is given the words, as they are."""
        said = self.programs / "said"
        for name, script in (
            ("powershell", 'echo "$SALA_TITLE|$SALA_BODY"'),
            ("osascript", 'while [ "$1" = -e ]; do shift 2; done; echo "$1|$2"'),
        ):
            self.install(name, f"{{ {script}; }} > {said}.tmp; /bin/mv {said}.tmp {said}")
            platform = DesktopPlatform()
            platform.notify("x", "joão", '"; calc; $(id) está ligando', {}, lambda _key: None)
            (child,) = platform._shown
            child.wait(PATIENCE)
            self.assertEqual(said.read_text(), 'joão|"; calc; $(id) está ligando\n')
            platform.stop()

    def test_few_notifications_at_a_time(self) -> None:
        """A flood of them starts no flood of programs, and none outlives the window."""
        self.install("powershell", "exec /bin/sleep 60")
        platform = DesktopPlatform()
        for number in range(3 * NOTES_AT_ONCE):
            platform.notify(str(number), "joão", "está ligando", {}, lambda _key: None)
        started = list(platform._shown)
        self.assertEqual(len(started), NOTES_AT_ONCE)
        platform.stop()
        self.assertTrue(all(child.poll() is not None for child in started))

    def test_cancelled_dialog(self) -> None:
        """A dialog that was cancelled answers nothing."""
        self.install("kdialog", "echo /etc/passwd; exit 1")
        self.assertEqual(self.ask(), "")

    def test_dark(self) -> None:
        """Without a portal the desktop's own setting is asked; without that it is light."""
        self.assertFalse(DesktopPlatform().prefers_dark())
        self.install("gsettings", "echo \\'prefer-dark\\'")
        self.assertTrue(DesktopPlatform().prefers_dark())

    def test_slow_setting(self) -> None:
        """A tool that hangs does not hold the window up: it counts as light."""
        self.install("gsettings", "read forever < /dev/zero; echo dark")
        self.assertFalse(system_prefers_dark())

    def test_awake(self) -> None:
        """The idle lock is held during a call, and let go of with the platform."""
        self.install("systemd-inhibit", "exec /bin/sleep 60")
        platform = DesktopPlatform()
        platform.keep_awake(True)
        platform.keep_awake(True)
        lock = platform._awake
        assert lock is not None
        self.assertIsNone(lock.poll())
        platform.stop()
        self.assertIsNotNone(lock.poll())

    def test_chosen(self) -> None:
        """On a desktop the desktop is chosen, and it can do all that a platform can."""
        platform = choose()
        self.addCleanup(platform.stop)
        self.assertIsInstance(platform, DesktopPlatform)
        self.assertIsInstance(platform, NoPlatform)
