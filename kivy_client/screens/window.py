"""Kivy's configuration, set before Kivy is imported: no files in the home folder, no log on the screen, no
red dots.
"""

from __future__ import annotations

import os

ENVIRONMENT = {
    "KIVY_NO_ARGS": "1",
    "KIVY_NO_CONFIG": "1",
    "KIVY_NO_FILELOG": "1",
    "KIVY_LOG_MODE": "PYTHON",
    "KIVY_WINDOW": "sdl2",
    "KIVY_TEXT": "sdl2",
    "KIVY_IMAGE": "sdl2",
    "KIVY_AUDIO": "null",
    "KIVY_VIDEO": "null",
    "KIVY_CLIPBOARD": "sdl2",
    "KIVY_SPELLING": "null",
    "KIVY_CAMERA": "null",
}
"""What Kivy reads from the environment; what the person set already stays."""


def configure(width: int = 1100, height: int = 740) -> None:
    """Choose Kivy's providers and the window's first size in dp; call before the first import of Kivy."""
    for key, value in ENVIRONMENT.items():
        os.environ.setdefault(key, value)
    from kivy.config import Config

    settings: dict[str, dict[str, object]] = {
        "graphics": {
            "width": width,
            "height": height,
            "minimum_width": 320,
            "minimum_height": 480,
            "multisamples": 0,
            "maxfps": 60,
            "resizable": 1,
        },
        "kivy": {"exit_on_escape": 0, "desktop": 1, "keyboard_mode": "", "log_level": "warning"},
    }
    for section, values in settings.items():
        for option, chosen in values.items():
            Config.set(section, option, str(chosen))
    Config.remove_section("input")
    Config.add_section("input")
    Config.set("input", "mouse", "mouse,disable_multitouch")
