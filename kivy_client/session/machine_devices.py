"""The microphones and loudspeakers of this machine: PortAudio's by name, or Android's one of each."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass

from twisted.internet.defer import Deferred, succeed
from twisted.internet.interfaces import IReactorTime
from twisted.python.failure import Failure

from kivy_client.session.sounds import DeviceLists
from kivy_client.session.state import DeviceView
from kivy_client.session.voice import SoundError
from voz.device import CaptureFactory, PlaybackFactory, android, portaudio, sound
from voz.device.portaudio import DeviceInfo


@dataclass(frozen=True, slots=True)
class Devices:
    """How devices are opened and looked for; a name of None is the system's default."""

    microphone: Callable[[str | None, bool], CaptureFactory]
    """(name, low latency) → the microphone."""
    speaker: Callable[[str | None, bool], PlaybackFactory]
    """(name, low latency) → the loudspeaker."""
    look: Callable[[IReactorTime], Deferred[DeviceLists]]
    """Which there are; fails with SoundError."""


def _look_afresh(reactor: IReactorTime) -> Deferred[DeviceLists]:
    """Ask a fresh process, because PortAudio never looks twice."""
    return portaudio.list_afresh(reactor).addCallbacks(_lists, _not_found)


def _lists(found: tuple[DeviceInfo, ...]) -> DeviceLists:
    return DeviceLists(
        tuple(DeviceView(one.name, one.name, one.default_input) for one in found if one.inputs),
        tuple(DeviceView(one.name, one.name, one.default_output) for one in found if one.outputs),
    )


def _not_found(failure: Failure) -> DeviceLists:
    raise SoundError(str(failure.value))


SOUND_CARDS = Devices(
    microphone=lambda name, low: sound.capture(name, low_latency=low),
    speaker=lambda name, low: sound.playback(name, low_latency=low),
    look=_look_afresh,
)
ANDROID = Devices(
    microphone=lambda _name, _low: android.capture(),
    speaker=lambda _name, _low: android.playback(),
    look=lambda _reactor: succeed(DeviceLists()),
)
"""The system chooses the microphone; where the sound goes is the audio route (`platforms.android`)."""


def of_this_machine() -> Devices:
    """Android's on a tablet, else the sound cards."""
    return ANDROID if hasattr(sys, "getandroidapilevel") else SOUND_CARDS
