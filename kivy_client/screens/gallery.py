"""Where each screen's class is: a screen's module (and its `.kv`) is loaded when it is first needed."""

from __future__ import annotations

from importlib import import_module

from kivy_client.screens.desk import Desk
from kivy_client.screens.screen import Screen

SCREENS = {
    "splash": ("splash", "Splash"),
    "room": ("room", "Room"),
    "nobody": ("nobody", "Nobody"),
    "contact": ("contact", "ContactDetails"),
    "history": ("history", "History"),
    "messages": ("messages", "Messages"),
    "settings": ("settings", "SettingsScreen"),
    "about": ("about", "About"),
    "share": ("share", "Share"),
    "welcome": ("welcome", "Welcome"),
    "question": ("question", "Question"),
    "check": ("check", "Check"),
    "alarm": ("alarm", "Alarm"),
    "outgoing": ("ring", "Outgoing"),
    "incoming": ("ring", "Incoming"),
    "talking": ("talking", "Talking"),
    "ended": ("ended", "Ended"),
}
"""Name → (module, class)."""


def build(key: str, desk: Desk) -> Screen:
    """Build the screen of that name."""
    module, name = SCREENS[key]
    screen: Screen = getattr(import_module(f"kivy_client.screens.{module}"), name)(desk)
    return screen
