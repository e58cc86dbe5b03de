"""Ringtone, ring-back tone and chime on the devices of this machine."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
from twisted.internet.interfaces import IReactorTime

from kivy_client.session.machine_devices import of_this_machine
from kivy_client.session.machine_sounds import open_context
from kivy_client.session.ringer import Tune
from kivy_client.session.state import Settings
from voz.clock import BLOCK, SAMPLE_RATE
from voz.codec import Sound
from voz.device import DeviceContext, DeviceError, Playback, PlaybackFactory, wav

TAIL = 0.3
"""Seconds of silence after a tune that is played once, so that the device plays its end."""


class _Player:
    """Gives one tune to a device, block by block."""

    def __init__(self, tune: Sound, once: bool) -> None:
        self._tune, self._once, self._at = tune, once, 0

    @property
    def over(self) -> bool:
        """The tune and its tail were given away."""
        return self._once and self._at > len(self._tune) + TAIL * SAMPLE_RATE

    def block(self) -> Sound:
        """Return the next 10 ms."""
        part = self._tune[self._at : self._at + BLOCK]
        self._at += BLOCK
        if not self._once and self._at >= len(self._tune):
            self._at = 0
        missing = BLOCK - len(part)
        return np.concatenate([part, np.zeros(missing, np.int16)]) if missing else part


class MachineRinger:
    """Plays the WAV files of a folder: the ringtone on the ringer, all else on the speaker."""

    def __init__(
        self,
        reactor: IReactorTime,
        folder: Path,
        settings: Callable[[], Settings],
        playback: Callable[[str | None], PlaybackFactory] | None = None,
    ) -> None:
        self._reactor, self._folder, self._settings = reactor, folder, settings
        self._playback = playback or (lambda name: of_this_machine().speaker(name, False))
        self._playing: tuple[_Player, DeviceContext, Playback] | None = None
        self._cache: dict[str, Sound] = {}

    def play(self, tune: Tune, once: bool = False) -> bool:
        """Play this instead of what plays now; False if the file or the device cannot be opened."""
        self.stop()
        settings = self._settings()
        name = settings.ringer if tune is Tune.RINGTONE else settings.speaker
        try:
            player = _Player(self._loudness(tune, settings), once)
            context = open_context(self._reactor)
            device = self._playback(name or None)(context)
            device.start(lambda: self._next(player))
        except DeviceError:
            return False
        context.clock.start()
        self._playing = (player, context, device)
        return True

    def _loudness(self, tune: Tune, settings: Settings) -> Sound:
        file = settings.ringtone if tune is Tune.RINGTONE else tune.value
        if file not in self._cache:
            path = self._folder / f"{file}.wav"
            self._cache[file] = wav.read(path if path.exists() else self._folder / f"{tune.value}.wav")
        if tune is not Tune.RINGTONE:
            return self._cache[file]
        return (self._cache[file] * settings.ring_volume).astype(np.int16)

    def _next(self, player: _Player) -> Sound:
        if player.over:
            self._reactor.callLater(0, self._stop_if, player)
        return player.block()

    def _stop_if(self, player: _Player) -> None:
        if self._playing is not None and self._playing[0] is player:
            self.stop()

    def stop(self) -> None:
        """Play nothing."""
        playing, self._playing = self._playing, None
        if playing is not None:
            _, context, device = playing
            context.clock.stop()
            device.stop()
