"""Desktop: the look by the system's own word, notifications by the session bus, dialogs by the system's
tools.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import threading
from collections.abc import Callable

from kivy_client.platforms.facade import Answer, NoPlatform
from kivy_client.platforms.system_look import system_prefers_dark

DIALOGS: dict[str, Callable[[str, bool, str], list[str]]] = {
    "zenity": lambda title, save, name: (
        ["zenity", "--file-selection", f"--title={title}", f"--filename={name}"]
        + (["--save", "--confirm-overwrite"] if save else [])
    ),
    "kdialog": lambda title, save, name: (
        ["kdialog", "--title", title, "--getsavefilename" if save else "--getopenfilename", name or "."]
    ),
}
"""Programs that show a file dialog and print the path: name → its command."""


class DesktopPlatform(NoPlatform):
    """Linux, macOS and Windows.  What the system does not have is silently not there."""

    def __init__(self) -> None:
        self._dialog = next((name for name in DIALOGS if shutil.which(name)), "")
        self._bus = None
        if sys.platform == "linux":
            from kivy_client.platforms.session_bus import SessionBus

            self._bus = SessionBus.open()
        self._children: set[subprocess.Popen[str]] = set()
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
        """Show a notification where there is a session bus."""
        if self._bus:
            self._bus.notify(key, title, body, buttons, answer)

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
        for child in list(self._children):
            child.terminate()
        if self._bus:
            self._bus.close()

    def _ask(self, command: list[str], answer: Answer) -> None:
        child = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)  # noqa: S603 - a fixed program
        self._children.add(child)
        try:
            said, _errors = child.communicate()
        finally:
            self._children.discard(child)
        answer(said.strip() if child.returncode == 0 else "")
