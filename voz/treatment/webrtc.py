"""WebRTC's audio processing by livekit's wheel: a second engine for echo, noise and level, where it is
installed.

It undoes more of the echo than speexdsp and less of a voice survives that speaks at the same time; so it is
not the default. It comes with the extra «webrtc».
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

import numpy as np

from voz.clock import BLOCK, SAMPLE_RATE
from voz.codec import Sound
from voz.setup import SoundSetup
from voz.treatment.echo import Treatment, TreatmentError


class WebRtcTreatment:
    """One AudioProcessingModule; blocks of 10 ms are what it wants."""

    def __init__(self, rtc: Any, *, echo: bool, noise: bool, automatic_gain: bool) -> None:
        self._frame = rtc.AudioFrame
        self._echo = echo
        self._module = rtc.AudioProcessingModule(
            echo_cancellation=echo,
            noise_suppression=noise,
            high_pass_filter=True,
            auto_gain_control=automatic_gain,
        )

    def process(self, block: Sound, reference: Sound) -> Sound:
        """The block, treated; as it is where the module refuses it."""
        heard = self._made(block)
        try:
            if self._echo:
                self._module.process_reverse_stream(self._made(reference))
                self._module.set_stream_delay_ms(0)
            self._module.process_stream(heard)
        except RuntimeError:
            return block
        return np.frombuffer(heard.data, np.int16).copy()

    def _made(self, sound: Sound) -> Any:
        data = bytearray(np.ascontiguousarray(sound, np.int16).tobytes())
        return self._frame(data, SAMPLE_RATE, 1, BLOCK)


def make(setup: SoundSetup) -> Treatment:
    """The engine with the switches of the setup; TreatmentError if livekit is not installed."""
    try:
        rtc = import_module("livekit.rtc")
        import_module("livekit.rtc.apm")
    except (ImportError, OSError) as error:
        raise TreatmentError("livekit is missing: install the extra «webrtc»") from error
    return WebRtcTreatment(rtc, echo=setup.echo, noise=setup.noise, automatic_gain=setup.automatic_gain)
