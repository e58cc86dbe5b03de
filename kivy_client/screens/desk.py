"""What a screen may do: send commands, go to a place, open a sheet. The window gives it; tests give their
own.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol, TypeVar

from kivy_client.platforms.facade import Platform
from kivy_client.screens.navigation import Place
from kivy_client.session.boundary import Commands
from kivy_client.session.state import ViewState

R = TypeVar("R")


class Desk(Protocol):
    """The screen's side of the window."""

    @property
    def state(self) -> ViewState:
        """The newest view state."""

    @property
    def contact(self) -> str:
        """Whose details are open."""

    @property
    def platform(self) -> Platform:
        """What the system offers: clipboard, notifications, vibration."""

    def now(self) -> float:
        """Unix seconds, for texts that depend on the time."""

    def do(self, action: Callable[[Commands], R], then: Callable[[R], None] | None = None) -> None:
        """Run a command in the reactor's thread; its answer comes back into the window's, some milliseconds
        later.
        """

    def go(self, place: Place, contact: str = "") -> None:
        """Show a place (with `contact`, whose details)."""

    def back(self) -> None:
        """Where Esc leads: out of the details, back to the room."""

    @property
    def offer(self) -> tuple[str, str]:
        """Server and name that the command line gave, to fill in."""

    def edit(self, on: bool) -> None:
        """Show name and server to be changed, or no longer."""

    def arrived(self) -> None:
        """The first start is over."""

    def check(self, on: bool) -> None:
        """Begin or end the check of sound and network."""

    def open(self, sheet: Any) -> None:
        """Show a sheet in front."""

    def close(self) -> None:
        """Take the sheet away."""

    def say(self, sentence: str) -> None:
        """Show a short sentence at the bottom for a few seconds."""
