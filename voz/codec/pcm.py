"""Plain 16-bit sound as a codec: lossless, without redundancy, holes are silence. The measure for the
others."""

from __future__ import annotations

import numpy as np

from voz.codec import Codec, CodecError, Decoder, Encoder, EncoderSettings, Sound

_LENGTHS = frozenset({480, 960, 1920, 2880})


class PcmEncoder:
    """Samples, little-endian."""

    def apply(self, settings: EncoderSettings) -> None:
        """Nothing can be set."""

    def encode(self, pcm: Sound) -> bytes:
        """The samples as they are."""
        return pcm.astype("<i2").tobytes()


class PcmDecoder:
    """The samples back; zeros where there are none."""

    def decode(self, payload: bytes) -> Sound:
        """The samples of the payload."""
        if len(payload) // 2 not in _LENGTHS or len(payload) % 2:
            raise CodecError(f"{len(payload)} bytes are no frame of plain sound")
        return np.frombuffer(payload, "<i2").astype(np.int16)

    def recover(self, following: bytes, samples: int) -> Sound:
        """Silence: there is nothing to recover from."""
        return np.zeros(samples, np.int16)

    def conceal(self, samples: int) -> Sound:
        """Silence."""
        return np.zeros(samples, np.int16)


class Pcm:
    """The codec `pcm`."""

    longest = 960

    def encoder(self) -> Encoder:
        """A new encoder."""
        return PcmEncoder()

    def decoder(self) -> Decoder:
        """A new decoder."""
        return PcmDecoder()

    def duration(self, payload: bytes) -> int:
        """Two bytes a sample."""
        samples, odd = divmod(len(payload), 2)
        return samples if samples in _LENGTHS and not odd else 0

    def has_recovery(self, payload: bytes) -> bool:
        """Never."""
        return False

    def is_silence(self, payload: bytes) -> bool:
        """Never: silence is sent like everything else."""
        return False


def make() -> Codec:
    """The codec."""
    return Pcm()
