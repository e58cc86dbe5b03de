"""The sound of the user «eco»: what is heard is said again a second later, over the same path."""

from collections import deque
from collections.abc import Callable

import numpy as np
from twisted.internet.defer import Deferred, succeed

from kivy_client.session.sounds import DeviceLists, Listening
from kivy_client.session.state import Settings
from kivy_client.session.voice import SoundError, VoiceRequest
from voz.clock import BLOCK, TICK
from voz.codec import Sound
from voz.device import DeviceContext
from voz.device.paced import PacedCapture, PacedPlayback
from voz.setup import SoundSetup

ECHO_DELAY = 1.0
"""Seconds after which a voice comes back."""


class DelayLine:
    """Blocks in, the same blocks out after the delay; it always holds the same number of them."""

    def __init__(self, delay: float = ECHO_DELAY) -> None:
        count = max(1, round(delay / TICK))
        silence = np.zeros(BLOCK, np.int16)
        self._blocks: deque[Sound] = deque([silence] * count, maxlen=count)
        self._silence = silence

    def put(self, block: Sound) -> None:
        """What was heard."""
        self._blocks.append(block)

    def get(self) -> Sound:
        """What is to be said; the place in the line stays, so that the delay is always the same."""
        block = self._blocks[0]
        self._blocks[0] = self._silence
        return block


class EchoCapture(PacedCapture):
    """A microphone that hears what was played a second ago."""

    def __init__(self, context: DeviceContext, line: DelayLine) -> None:
        super().__init__(context)
        self._line = line

    def next_block(self) -> Sound:
        """The block of a second ago."""
        return self._line.get()


class EchoPlayback(PacedPlayback):
    """A loudspeaker that keeps what it plays for a second."""

    def __init__(self, context: DeviceContext, line: DelayLine) -> None:
        super().__init__(context)
        self._line = line

    def take_block(self, block: Sound) -> None:
        """Keep it."""
        self._line.put(block)


class EchoSounds:
    """Every call has a delay line of its own."""

    def look(self) -> Deferred[DeviceLists]:
        """There are no devices."""
        return succeed(DeviceLists())

    def listen(self, settings: Settings, heard: Callable[[float], None]) -> Listening:
        """There is nothing to listen to."""
        raise SoundError("o eco não tem microfone")

    def exchange(self, settings: Settings) -> bool:
        """There is nothing to choose."""
        return True

    def setup(self, settings: Settings, request: VoiceRequest) -> SoundSetup:
        """Return a loudspeaker and a microphone joined by a second of delay; the voice is not treated."""
        line = DelayLine()
        return SoundSetup(
            capture=lambda context: EchoCapture(context, line),
            playback=lambda context: EchoPlayback(context, line),
            echo=False,
            noise=False,
            automatic_gain=False,
            dtx=False,
        )
