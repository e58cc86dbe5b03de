"""Whether the system asks for a dark look, where no desktop portal answers."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable

PATIENCE = 0.4
"""Seconds that a system's tool may take."""


def system_prefers_dark() -> bool:
    """The system's word; light where it has none."""
    ask = _ASK.get(sys.platform)
    return ask() if ask else False


def _said(*command: str) -> str:
    """What a short command printed; empty when it is missing, fails or takes too long."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=False)  # noqa: S603 - fixed commands
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout if done.returncode == 0 else ""


def _linux() -> bool:
    return "dark" in _said("gsettings", "get", "org.gnome.desktop.interface", "color-scheme")


def _mac() -> bool:
    return "Dark" in _said("defaults", "read", "-g", "AppleInterfaceStyle")


def _windows() -> bool:
    key = r"HKCU\Software\Microsoft\Windows\CurrentVersion\Themes\Personalize"
    return "0x0" in _said("reg", "query", key, "/v", "AppsUseLightTheme")


_ASK: dict[str, Callable[[], bool]] = {"linux": _linux, "darwin": _mac, "win32": _windows}
