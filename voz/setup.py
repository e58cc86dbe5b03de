"""How one call sounds: devices, switches and levels, chosen before it begins."""

from __future__ import annotations

from dataclasses import dataclass

from voz.device import CaptureFactory, PlaybackFactory


@dataclass(frozen=True, slots=True)
class SoundSetup:
    """The devices of a call and how they are used.

    `gain_db` is what is added to our voice, `volume_db` to the other's. `push_to_talk` starts muted until
    `Conversation.talk(True)`. `low_latency` sends frames of 10 ms where the path is direct. `echo`, `noise`
    and `automatic_gain` switch the treatment of the microphone; they only apply to devices that give a
    reference of what they play. `ceiling_ms` is the longest that the jitter buffer may hold sound,
    `most_rate` the most bit/s that may be sent.
    """

    capture: CaptureFactory
    playback: PlaybackFactory
    codec: str = "opus"
    gain_db: float = 0.0
    volume_db: float = 0.0
    push_to_talk: bool = False
    low_latency: bool = False
    echo: bool = True
    noise: bool = True
    automatic_gain: bool = True
    treatment: str = "speex"
    dtx: bool = True
    ceiling_ms: int = 400
    most_rate: int = 100_000
