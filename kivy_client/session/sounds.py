"""The seam to the sound devices of this machine, as the session needs them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from twisted.internet.defer import Deferred

from kivy_client.session.state import DeviceView, Settings
from kivy_client.session.voice import VoiceRequest

if TYPE_CHECKING:
    from voz.setup import SoundSetup


class Listening(Protocol):
    """A microphone that is open for a check."""

    def stop(self) -> None:
        """Close it."""


@dataclass(frozen=True, slots=True)
class DeviceLists:
    """The devices there are now."""

    microphones: tuple[DeviceView, ...] = ()
    speakers: tuple[DeviceView, ...] = ()


class SoundSystem(Protocol):
    """Which devices there are, and how a call is to sound."""

    def look(self) -> Deferred[DeviceLists]:
        """Look which devices there are now; fails with SoundError."""

    def listen(self, settings: Settings, heard: Callable[[float], None]) -> Listening:
        """Open the microphone and tell its level (0 to 1) a hundred times a second; raises SoundError."""

    def setup(self, settings: Settings, request: VoiceRequest) -> SoundSetup:
        """Return the devices and switches of a call; raises SoundError."""

    def exchange(self, settings: Settings) -> bool:
        """The person chose other devices in a call: use them; False if one cannot be opened."""
