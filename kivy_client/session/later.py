"""Sounds and ringer that are made when they are first needed.

The voice engine and NumPy are a sixth of the program's memory and a third of the client's start; a client
that waits in the room needs neither. A call loads them beside its first question to the registry.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from twisted.internet.defer import Deferred, succeed
from twisted.logger import Logger
from twisted.python.failure import Failure

from kivy_client.session.ringer import Ringer, Tune
from kivy_client.session.sounds import DeviceLists, Listening, SoundSystem
from kivy_client.session.state import Settings
from kivy_client.session.voice import VoiceRequest

if TYPE_CHECKING:
    from voz.setup import SoundSetup


class LaterEngine:
    """Has `load` called once, by `in_thread`, so that the thread of the calls goes on meanwhile."""

    def __init__(
        self, in_thread: Callable[[Callable[[], None]], Deferred[Any]], load: Callable[[], None]
    ) -> None:
        self._in_thread, self._load = in_thread, load
        self._waiting: list[Deferred[None]] = []
        self._begun = self._done = False

    def ready(self) -> Deferred[None]:
        """Fires when what a call needs is loaded, or cannot be: then whoever uses it says what is missing."""
        if self._done:
            return succeed(None)
        waiting: Deferred[None] = Deferred()
        self._waiting.append(waiting)
        if not self._begun:
            self._begun = True
            self._in_thread(self._load).addErrback(_log).addCallback(self._loaded)
        return waiting

    def _loaded(self, _: object) -> None:
        self._done = True
        waiting, self._waiting = self._waiting, []
        for one in waiting:
            one.callback(None)


def _log(failure: Failure) -> None:
    Logger().failure("The voice engine was not loaded ahead.", failure=failure)


class LaterSounds:
    """A `SoundSystem` that `make` gives at the first wish."""

    def __init__(self, make: Callable[[], SoundSystem]) -> None:
        self._make = make
        self._made: SoundSystem | None = None

    @property
    def _sounds(self) -> SoundSystem:
        if self._made is None:
            self._made = self._make()
        return self._made

    def look(self) -> Deferred[DeviceLists]:
        """Look which devices there are now; fails with SoundError."""
        return self._sounds.look()

    def listen(self, settings: Settings, heard: Callable[[float], None]) -> Listening:
        """Open the microphone and tell its level (0 to 1); raises SoundError."""
        return self._sounds.listen(settings, heard)

    def setup(self, settings: Settings, request: VoiceRequest) -> SoundSetup:
        """Return the devices and switches of a call; raises SoundError."""
        return self._sounds.setup(settings, request)

    def exchange(self, settings: Settings) -> bool:
        """The person chose other devices in a call: use them; False if one cannot be opened."""
        return self._sounds.exchange(settings)


class LaterRinger:
    """A `Ringer` that `make` gives when something is to be played."""

    def __init__(self, make: Callable[[], Ringer]) -> None:
        self._make = make
        self._made: Ringer | None = None

    def play(self, tune: Tune, once: bool = False) -> bool:
        """Play this instead of what plays now; False if the device cannot be opened."""
        if self._made is None:
            self._made = self._make()
        return self._made.play(tune, once)

    def stop(self) -> None:
        """Play nothing; what never played is not made for that."""
        if self._made is not None:
            self._made.stop()
