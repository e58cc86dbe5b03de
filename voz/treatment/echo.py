"""Echo, noise and level of the microphone: the seam, and the table of engines there are.

An engine works on blocks of 480 samples, with what the loudspeaker played at the same time as reference.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Protocol, cast

from voz.codec import Sound
from voz.reporting import alerts
from voz.setup import SoundSetup


class TreatmentError(Exception):
    """An engine cannot work on this machine; the message names what is missing."""


class Treatment(Protocol):
    """Cleans what the microphone heard."""

    def process(self, block: Sound, reference: Sound) -> Sound:
        """The block without the echo of `reference`, less noisy and at an even level, as far as is switched
        on."""


class Untouched:
    """No treatment: everything is switched off, or no engine can work."""

    def process(self, block: Sound, reference: Sound) -> Sound:
        """The block."""
        return block


_ENGINES: dict[str, str] = {"speex": "voz.treatment.speex", "webrtc": "voz.treatment.webrtc"}


def treatment(setup: SoundSetup, warn: Callable[[str], None]) -> Treatment:
    """The engine that the setup names, or the first that works here; `warn` is told when there is none."""
    if not (setup.echo or setup.noise or setup.automatic_gain):
        return Untouched()
    for name in sorted(_ENGINES, key=lambda name: name != setup.treatment):
        try:
            make = cast(Callable[[SoundSetup], Treatment], import_module(_ENGINES[name]).make)
            return make(setup)
        except TreatmentError:
            continue
    warn(alerts.ECHO_MISSING)
    return Untouched()
