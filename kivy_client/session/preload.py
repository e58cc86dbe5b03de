"""What a first call would else wait for: modules, shared libraries, PortAudio's first look.

Importing this module loads the voice engine; both may be done in a thread beside the reactor's.
"""

from contextlib import suppress

import voz.session
import voz.setup
from kivy_client.session import machine_ringer, machine_sounds
from kivy_client.session.machine_devices import SOUND_CARDS, of_this_machine
from voz.codec import CodecError, codec
from voz.device import DeviceError, null, portaudio
from voz.treatment.echo import treatment

__all__ = ["machine_ringer", "machine_sounds", "preload", "voz"]


def preload() -> None:
    """Load the libraries; one that is missing is told by the call that needs it."""
    with suppress(CodecError):
        codec()
    if of_this_machine() is SOUND_CARDS:
        with suppress(DeviceError):
            portaudio.sounddevice()
    treatment(voz.setup.SoundSetup(null.capture(), null.playback()), lambda _code: None)
