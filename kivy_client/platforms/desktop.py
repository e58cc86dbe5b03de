"""Desktop: the look by the system's own word, notifications by the session bus, dialogs by the system's
tools.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable

from kivy_client.platforms.facade import Answer, NoPlatform
from kivy_client.platforms.system_look import system_prefers_dark
from kivy_client.platforms.system_tools import DIALOGS, NOTES, Command

NOTES_AT_ONCE = 4
"""Programs of notifications that may run at a time; one more is not shown."""


class DesktopPlatform(NoPlatform):
    """Linux, macOS and Windows.  What the system does not have is silently not there."""

    def __init__(self) -> None:
        self._dialog = next((name for name in DIALOGS if shutil.which(name)), "")
        self._notes = next((name for name in NOTES if shutil.which(name)), "")
        self._bus = None
        if sys.platform == "linux":
            from kivy_client.platforms.session_bus import SessionBus

            self._bus = SessionBus.open()
        self._children: set[subprocess.Popen[str]] = set()
        self._shown: list[subprocess.Popen[str]] = []
        self._awake: subprocess.Popen[bytes] | None = None

    def prefers_dark(self) -> bool:
        """Ask the desktop's portal, else the system's own setting."""
        said = self._bus.prefers_dark() if self._bus else None
        return system_prefers_dark() if said is None else said

    def watch_dark(self, changed: Callable[[bool], None]) -> None:
        """Follow the portal's setting."""
        if self._bus:
            self._bus.watch_dark(changed)

    def notify(self, key: str, title: str, body: str, buttons: dict[str, str], answer: Answer) -> None:
        """Show a notification: with buttons where there is a session bus, else the system's plain one."""
        if self._bus:
            self._bus.notify(key, title, body, buttons, answer)
        elif self._notes:
            self._shown = [child for child in self._shown if child.poll() is None]
            if len(self._shown) < NOTES_AT_ONCE:
                self._shown.append(NOTES[self._notes](title, body).start(dict(os.environ)))

    def withdraw(self, key: str) -> None:
        """Take it back."""
        if self._bus:
            self._bus.withdraw(key)

    def keep_awake(self, on: bool) -> None:
        """Hold systemd's idle lock during a call, where there is one."""
        if on and self._awake is None and shutil.which("systemd-inhibit"):
            command = [
                "systemd-inhibit",
                "--what=idle",
                "--who=Sala de Conversa",
                "--why=Ligação",
                "sleep",
                "86400",
            ]
            self._awake = subprocess.Popen(command, stderr=subprocess.DEVNULL)  # noqa: S603 - a fixed command
        elif not on and self._awake is not None:
            self._awake.terminate()
            self._awake.wait(1)
            self._awake = None

    def has_file_dialog(self) -> bool:
        """Whether one of the known programs is installed."""
        return bool(self._dialog)

    def file_dialog(self, title: str, save: bool, suggestion: str, answer: Answer) -> None:
        """Run the dialog in a thread of its own; it may stay open for long."""
        command = DIALOGS[self._dialog](title.replace('"', ""), save, suggestion)
        threading.Thread(target=self._ask, args=(command, answer), name="dialog", daemon=True).start()

    def stop(self) -> None:
        """Close the bus, the dialogs and the lock."""
        self.keep_awake(False)
        for child in [*self._children, *self._shown]:
            child.terminate()
        for child in self._shown:
            child.wait(1)
        if self._bus:
            self._bus.close()

    def _ask(self, command: Command, answer: Answer) -> None:
        child = command.start(dict(os.environ), subprocess.PIPE)
        self._children.add(child)
        try:
            said, _errors = child.communicate()
        finally:
            self._children.discard(child)
        answer(said.strip() if child.returncode == 0 else "")
