"""File dialogs and notifications by the programs that a desktop has: zenity, kdialog, osascript, PowerShell.

What people and the network say goes to a program as arguments or in its environment, never into the text of a
script: no title can become a command.
"""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

_WINDOWS_FILES = (
    "Add-Type -AssemblyName System.Windows.Forms;"
    "[Console]::OutputEncoding = [Text.Encoding]::UTF8;"
    "$d = New-Object System.Windows.Forms.{kind};"
    "$d.Title = $env:SALA_TITLE; $d.FileName = $env:SALA_NAME;"
    "if ($d.ShowDialog() -eq 'OK') {{ $d.FileName }} else {{ exit 1 }}"
)
_WINDOWS_TOAST = (
    "$null = [Windows.UI.Notifications.ToastNotificationManager,"
    " Windows.UI.Notifications, ContentType = WindowsRuntime];"
    "$kind = [Windows.UI.Notifications.ToastTemplateType]::ToastText02;"
    "$page = [Windows.UI.Notifications.ToastNotificationManager]::GetTemplateContent($kind);"
    "$lines = $page.GetElementsByTagName('text');"
    "$null = $lines[0].AppendChild($page.CreateTextNode($env:SALA_TITLE));"
    "$null = $lines[1].AppendChild($page.CreateTextNode($env:SALA_BODY));"
    "$toast = New-Object Windows.UI.Notifications.ToastNotification $page;"
    "$shower = [Windows.UI.Notifications.ToastNotificationManager]::CreateToastNotifier('Sala de Conversa');"
    "$shower.Show($toast)"
)
_MAC_OPEN = "POSIX path of (choose file with prompt (item 1 of argv))"
_MAC_SAVE = "POSIX path of (choose file name with prompt (item 1 of argv) default name (item 2 of argv))"
_MAC_NOTE = "display notification (item 2 of argv) with title (item 1 of argv)"


@dataclass(frozen=True, slots=True)
class Command:
    """A program with its arguments, and what is added to its environment."""

    words: tuple[str, ...]
    environment: dict[str, str] = field(default_factory=dict)

    def start(self, environment: dict[str, str], output: int = subprocess.DEVNULL) -> subprocess.Popen[str]:
        """Run it; its output is text."""
        return subprocess.Popen(  # noqa: S603 - one of the programs below, without a shell
            self.words,
            env=environment | self.environment,
            stdout=output,
            stderr=subprocess.DEVNULL,
            text=True,
            encoding="utf-8",
        )


def _zenity(title: str, save: bool, name: str) -> Command:
    more = ("--save", "--confirm-overwrite") if save else ()
    return Command(("zenity", "--file-selection", f"--title={title}", f"--filename={name}", *more))


def _kdialog(title: str, save: bool, name: str) -> Command:
    kind = "--getsavefilename" if save else "--getopenfilename"
    return Command(("kdialog", "--title", title, kind, name or "."))


def _mac(script: str, *arguments: str) -> Command:
    lines = ("on run argv", script, "end run")
    return Command(("osascript", *(word for line in lines for word in ("-e", line)), *arguments))


def _mac_dialog(title: str, save: bool, name: str) -> Command:
    return _mac(_MAC_SAVE if save else _MAC_OPEN, title, Path(name).name)


def _windows(script: str, **said: str) -> Command:
    return Command(("powershell", "-NoProfile", "-NonInteractive", "-STA", "-Command", script), said)


def _windows_dialog(title: str, save: bool, name: str) -> Command:
    kind = "SaveFileDialog" if save else "OpenFileDialog"
    return _windows(_WINDOWS_FILES.format(kind=kind), SALA_TITLE=title, SALA_NAME=name)


DIALOGS: dict[str, Callable[[str, bool, str], Command]] = {
    "zenity": _zenity,
    "kdialog": _kdialog,
    "osascript": _mac_dialog,
    "powershell": _windows_dialog,
}
"""Programs that show a file dialog and print the path: name → its command for (title, save, suggestion)."""
NOTES: dict[str, Callable[[str, str], Command]] = {
    "osascript": lambda title, body: _mac(_MAC_NOTE, title, body),
    "powershell": lambda title, body: _windows(_WINDOWS_TOAST, SALA_TITLE=title, SALA_BODY=body),
}
"""Programs that show a notification where there is no session bus: name → its command for (title, body)."""
