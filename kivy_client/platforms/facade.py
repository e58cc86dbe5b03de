"""What the window asks of the system it runs on; `choose()` takes the implementation once, at the start."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Protocol

__all__ = ["NoPlatform", "Platform", "choose"]

Answer = Callable[[str], None]
"""Called with the key of the button that was pressed, or with the path that was chosen, in any thread."""


class Platform(Protocol):
    """One system.  No method waits, and none raises because the system lacks something."""

    def prefers_dark(self) -> bool:
        """Whether the system asks for a dark look."""

    def watch_dark(self, changed: Callable[[bool], None]) -> None:
        """Call `changed`, in any thread, whenever the system's wish changes."""

    def notify(self, key: str, title: str, body: str, buttons: dict[str, str], answer: Answer) -> None:
        """Show a notification (replacing the one of the same key) with buttons: key → text."""

    def withdraw(self, key: str) -> None:
        """Take a notification back."""

    def vibrate(self, on: bool) -> None:
        """Vibrate in the rhythm of a telephone until told to stop."""

    def keep_awake(self, on: bool) -> None:
        """Keep the machine (and on a tablet the sound) running during a call."""

    def ask_permissions(self) -> None:
        """Ask the person for the microphone and notifications where the system wants that."""

    def speaker_routes(self) -> tuple[str, ...]:
        """The audio routes a person can choose between (`earpiece`, `speaker`, `bluetooth`); empty on a
        desktop.
        """

    def choose_route(self, route: str) -> None:
        """Send the call's sound there."""

    def has_file_dialog(self) -> bool:
        """Whether the system has a dialog of its own for choosing a file."""

    def file_dialog(self, title: str, save: bool, suggestion: str, answer: Answer) -> None:
        """Show that dialog; `answer(path)` comes later, in any thread, empty when nothing was chosen."""

    def stop(self) -> None:
        """End every thread and process that this facade started, within a second."""


class NoPlatform:
    """A system that offers nothing; for tests and as the base of the real ones."""

    def prefers_dark(self) -> bool:
        """Light."""
        return False

    def watch_dark(self, changed: Callable[[bool], None]) -> None:
        """Nothing ever changes."""

    def notify(self, key: str, title: str, body: str, buttons: dict[str, str], answer: Answer) -> None:
        """Nothing is shown."""

    def withdraw(self, key: str) -> None:
        """Nothing is there."""

    def vibrate(self, on: bool) -> None:
        """Nothing moves."""

    def keep_awake(self, on: bool) -> None:
        """Nothing sleeps."""

    def ask_permissions(self) -> None:
        """Nothing to ask."""

    def speaker_routes(self) -> tuple[str, ...]:
        """None."""
        return ()

    def choose_route(self, route: str) -> None:
        """None to choose."""

    def has_file_dialog(self) -> bool:
        """No."""
        return False

    def file_dialog(self, title: str, save: bool, suggestion: str, answer: Answer) -> None:
        """Nothing was chosen."""
        answer("")

    def stop(self) -> None:
        """Nothing runs."""


def choose() -> Platform:
    """The implementation for this system."""
    if hasattr(sys, "getandroidapilevel"):
        from kivy_client.platforms.android import AndroidPlatform

        return AndroidPlatform()
    from kivy_client.platforms.desktop import DesktopPlatform

    return DesktopPlatform()
