"""The sound devices of this machine, by way of `voz.device`."""

from collections.abc import Callable

import numpy as np
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorTime

from kivy_client.session.machine_devices import Devices, of_this_machine
from kivy_client.session.sounds import DeviceLists
from kivy_client.session.state import Settings
from kivy_client.session.switchable import Switchable
from kivy_client.session.vocabulary import Latency
from kivy_client.session.voice import SoundError, VoiceRequest
from voz.clock import MediaClock
from voz.codec import Sound
from voz.device import Capture, CaptureFactory, Deliver, DeviceContext, DeviceError, PlaybackFactory, Pull
from voz.setup import SoundSetup

FULL_SCALE = 32767


def level_of(block: Sound) -> float:
    """Return the peak of a block, 0 to 1 of full scale."""
    return float(np.max(np.abs(block.astype(np.int32)))) / FULL_SCALE if len(block) else 0.0


def open_context(reactor: IReactorTime, trouble: Callable[[str], None] | None = None) -> DeviceContext:
    """Return what a device outside a call is given; its clock has still to be started."""
    return DeviceContext(reactor, MediaClock(reactor), trouble or _unheard)


def _unheard(code: str) -> None:
    """Outside a call a device that fails is simply silent, and the level says so."""


class MachineListening:
    """A microphone that is open for a check."""

    def __init__(self, context: DeviceContext, capture: Capture, heard: Callable[[float], None]) -> None:
        self._context, self._capture, self._heard = context, capture, heard
        capture.start(self._block)
        context.clock.start()

    def _block(self, block: Sound, _: Sound | None) -> None:
        self._heard(level_of(block))

    def stop(self) -> None:
        """Close it."""
        self._capture.stop()
        self._context.clock.stop()


class MachineSounds:
    """The devices of this machine."""

    def __init__(self, reactor: IReactorTime, devices: Devices | None = None) -> None:
        self._reactor = reactor
        self._devices = devices or of_this_machine()
        self._microphone: Switchable[Deliver] | None = None
        self._speaker: Switchable[Pull] | None = None

    def look(self) -> Deferred[DeviceLists]:
        """Look which devices there are now; fails with SoundError."""
        return self._devices.look(self._reactor)

    def listen(self, settings: Settings, heard: Callable[[float], None]) -> MachineListening:
        """Open the microphone of the settings."""
        context = open_context(self._reactor)
        try:
            capture = self._devices.microphone(settings.microphone or None, False)(context)
        except DeviceError as error:
            raise SoundError(str(error)) from error
        try:
            return MachineListening(context, capture, heard)
        except DeviceError as error:
            capture.stop()
            raise SoundError(str(error)) from error

    def setup(self, settings: Settings, request: VoiceRequest) -> SoundSetup:
        """Return the devices of the settings. One that cannot be opened is told in the call."""
        low = settings.latency is Latency.LOW
        return SoundSetup(
            capture=lambda context: self._use_microphone(context, settings),
            playback=lambda context: self._use_speaker(context, settings),
            volume_db=request.gain_db,
            push_to_talk=settings.push_to_talk,
            low_latency=low,
            echo=settings.echo_cancel,
            noise=settings.noise_suppression,
            automatic_gain=settings.auto_gain,
        )

    def _use_microphone(self, context: DeviceContext, settings: Settings) -> Switchable[Deliver]:
        self._microphone = Switchable(context, self._chosen_microphone(settings))
        return self._microphone

    def _use_speaker(self, context: DeviceContext, settings: Settings) -> Switchable[Pull]:
        self._speaker = Switchable(context, self._chosen_speaker(settings))
        return self._speaker

    def exchange(self, settings: Settings) -> bool:
        """Use other devices in the call that is on."""
        heard = self._microphone is None or self._microphone.exchange(self._chosen_microphone(settings))
        played = self._speaker is None or self._speaker.exchange(self._chosen_speaker(settings))
        return heard and played

    def _chosen_microphone(self, settings: Settings) -> CaptureFactory:
        return self._devices.microphone(settings.microphone or None, settings.latency is Latency.LOW)

    def _chosen_speaker(self, settings: Settings) -> PlaybackFactory:
        return self._devices.speaker(settings.speaker or None, settings.latency is Latency.LOW)
