"""WAV files, or nothing at all, in the place of sound devices: for the terminal, scripts and tests."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from twisted.internet.defer import Deferred, succeed

from kivy_client.session.sounds import DeviceLists, Listening, SoundSystem
from kivy_client.session.state import Settings
from kivy_client.session.voice import SoundError, VoiceRequest
from voz.device import DeviceError, file, null
from voz.setup import SoundSetup


class FileSounds:
    """Speaks `spoken` and writes what is heard to `heard`; what is None comes from `beside`, or is silent."""

    def __init__(
        self, spoken: Path | None, heard: Path | None, beside: SoundSystem | None = None, loop: bool = False
    ) -> None:
        self._spoken, self._heard, self._beside, self._loop = spoken, heard, beside, loop

    def look(self) -> Deferred[DeviceLists]:
        """Files are no devices."""
        return self._beside.look() if self._beside is not None else succeed(DeviceLists())

    def listen(self, settings: Settings, heard: Callable[[float], None]) -> Listening:
        """Only a microphone can be listened to."""
        if self._beside is None:
            raise SoundError("nenhum microfone")
        return self._beside.listen(settings, heard)

    def exchange(self, settings: Settings) -> bool:
        """Files stay; what is a device may become another one."""
        return self._beside is None or self._beside.exchange(settings)

    def setup(self, settings: Settings, request: VoiceRequest) -> SoundSetup:
        """Return the files as devices."""
        if self._beside is None:
            plain = SoundSetup(null.capture(), null.playback(), volume_db=request.gain_db)
        else:
            plain = self._beside.setup(settings, request)
        try:
            if self._spoken is not None:
                plain = replace(plain, capture=file.capture(self._spoken, loop=self._loop))
            if self._heard is not None:
                plain = replace(plain, playback=file.playback(self._heard))
        except DeviceError as error:
            raise SoundError(str(error)) from error
        return plain
