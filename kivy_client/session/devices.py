"""The sound devices as the person sees them."""

from twisted.python.failure import Failure

from kivy_client.session.display import Display
from kivy_client.session.files import TroubleSink
from kivy_client.session.sounds import DeviceLists, SoundSystem
from kivy_client.session.vocabulary import Trouble
from kivy_client.session.voice import SoundError


class Devices:
    """Which microphones and speakers there are; looked for when asked, because that takes a moment."""

    def __init__(self, sounds: SoundSystem, display: Display, trouble: TroubleSink) -> None:
        self._sounds, self._display, self._trouble = sounds, display, trouble
        self._looking = False

    def refresh(self) -> bool:
        """Start to look; False if that is being done already."""
        if self._looking:
            return False
        self._looking = True
        self._sounds.look().addCallbacks(self._found, self._failed)
        return True

    def _found(self, lists: DeviceLists) -> None:
        self._looking = False
        self._display.put(microphones=lists.microphones, speakers=lists.speakers)

    def _failed(self, failure: Failure) -> None:
        self._looking = False
        if not isinstance(failure.value, SoundError):
            failure.raiseException()
        self._trouble(Trouble.SOUND, str(failure.value))
