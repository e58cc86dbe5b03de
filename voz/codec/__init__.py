"""The seam of the codec: what the engine asks of it, and the table of those there are.

Sound is 48 kHz mono, int16, in numpy arrays; a frame is 960 samples (480 in low-latency mode). One encoder
or decoder belongs to one thread.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Protocol, cast

import numpy as np
import numpy.typing as npt

Sound = npt.NDArray[np.int16]
"""48 kHz mono, one int16 per sample."""


class CodecError(Exception):
    """The codec refused: its library is missing, or a frame is none of its own. The message says which."""


@dataclass(frozen=True, slots=True)
class EncoderSettings:
    """How to encode: `bitrate` in bit/s, `expected_loss` in percent (0: no in-band FEC), `complexity` 0 to
    10."""

    bitrate: int = 32_000
    expected_loss: int = 0
    complexity: int = 10
    dtx: bool = False


class Encoder(Protocol):
    """Turns frames into payloads."""

    def apply(self, settings: EncoderSettings) -> None:
        """Encode with `settings` from the next frame on."""

    def encode(self, pcm: Sound) -> bytes:
        """The payload of one frame of 480, 960, 1920 or 2880 samples; one or two bytes mean silence (DTX)."""


class Decoder(Protocol):
    """Turns payloads into frames and fills holes; keeps state from frame to frame."""

    def decode(self, payload: bytes) -> Sound:
        """The sound of one payload; CodecError if it is none."""

    def recover(self, following: bytes, samples: int) -> Sound:
        """The lost frame of `samples` before `following`, from the redundancy inside that payload."""

    def conceal(self, samples: int) -> Sound:
        """Something that fits, for `samples` that are missing."""


class Codec(Protocol):
    """One codec: a maker of encoders and decoders, and what can be read from a payload without decoding
    it."""

    longest: int
    """Samples of the longest frame whose payload one packet carries."""

    def encoder(self) -> Encoder:
        """A new encoder with the default settings."""

    def decoder(self) -> Decoder:
        """A new decoder."""

    def duration(self, payload: bytes) -> int:
        """How many samples the payload holds; 0 if it is no payload of this codec."""

    def has_recovery(self, payload: bytes) -> bool:
        """Whether the payload carries the frame before it (in-band FEC)."""

    def is_silence(self, payload: bytes) -> bool:
        """Whether the payload says «silence goes on» and no more."""


_CODECS: dict[str, str] = {"opus": "voz.codec.opus", "pcm": "voz.codec.pcm"}


def codec(name: str = "opus") -> Codec:
    """The codec of that name; CodecError with one sentence if it is unknown or cannot work on this
    machine."""
    if name not in _CODECS:
        raise CodecError(f"there is no codec «{name}»; there are {', '.join(_CODECS)}")
    make = cast(Callable[[], Codec], import_module(_CODECS[name]).make)
    return make()
