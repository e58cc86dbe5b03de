"""Opus (RFC 6716) for speech: wideband, mono, 48 kHz in and out."""

from __future__ import annotations

import ctypes
import weakref
from ctypes import POINTER, byref, c_int, c_int16

import numpy as np

from voz.clock import SAMPLE_RATE
from voz.codec import Codec, CodecError, Decoder, Encoder, EncoderSettings, Sound, libopus

MAX_PAYLOAD: int = 400
"""Longest payload of one frame, in bytes: 20 ms at 160 kbit/s, far above any step of the ladder."""
MAX_SAMPLES: int = 5760
"""Longest payload in time: 120 ms (RFC 6716 section 3.1)."""
_FRAME_SAMPLES: tuple[int, ...] = (
    *(480, 960, 1920, 2880) * 3,  # SILK: narrow, medium, wide
    *(480, 960) * 2,  # hybrid
    *(120, 240, 480, 960) * 4,  # CELT
)
_FIRST_CELT = 16
_SHORTS = POINTER(c_int16)


class OpusEncoder:
    """One libopus encoder, told its settings by `apply`."""

    def __init__(self) -> None:
        self._library = libopus.library()
        error = c_int()
        self._state = self._library.opus_encoder_create(
            SAMPLE_RATE, 1, libopus.APPLICATION_VOIP, byref(error)
        )
        libopus.check(error.value)
        weakref.finalize(self, self._library.opus_encoder_destroy, self._state)
        self._buffer = ctypes.create_string_buffer(MAX_PAYLOAD)
        self._set(libopus.SET_SIGNAL, libopus.SIGNAL_VOICE)
        self._set(libopus.SET_MAX_BANDWIDTH, libopus.BANDWIDTH_WIDEBAND)
        self._set(libopus.SET_VBR, 1)
        self._set(libopus.SET_VBR_CONSTRAINT, 1)
        self._settings: EncoderSettings | None = None
        self.apply(EncoderSettings())

    def apply(self, settings: EncoderSettings) -> None:
        """Encode with `settings` from the next frame on; libopus changes over without a click."""
        if settings == self._settings:
            return
        self._settings = settings
        self._set(libopus.SET_BITRATE, settings.bitrate)
        self._set(libopus.SET_COMPLEXITY, settings.complexity)
        self._set(libopus.SET_INBAND_FEC, int(settings.expected_loss > 0))
        self._set(libopus.SET_PACKET_LOSS_PERC, settings.expected_loss)
        self._set(libopus.SET_DTX, int(settings.dtx))

    def encode(self, pcm: Sound) -> bytes:
        """The payload of one frame."""
        samples = np.ascontiguousarray(pcm, np.int16)
        size = self._library.opus_encode(
            self._state, samples.ctypes.data_as(_SHORTS), len(samples), self._buffer, MAX_PAYLOAD
        )
        return self._buffer.raw[: libopus.check(size)]

    def lookahead(self) -> int:
        """Samples by which the decoded sound is later than what was encoded."""
        answer = ctypes.c_int32()
        libopus.check(self._library.opus_encoder_ctl(self._state, libopus.GET_LOOKAHEAD, byref(answer)))
        return answer.value

    def _set(self, request: int, number: int) -> None:
        # The function is variadic: what follows the request is passed as a C int, explicitly.
        libopus.check(self._library.opus_encoder_ctl(self._state, request, c_int(number)))


class OpusDecoder:
    """One libopus decoder."""

    def __init__(self) -> None:
        self._library = libopus.library()
        error = c_int()
        self._state = self._library.opus_decoder_create(SAMPLE_RATE, 1, byref(error))
        libopus.check(error.value)
        weakref.finalize(self, self._library.opus_decoder_destroy, self._state)

    def decode(self, payload: bytes) -> Sound:
        """The sound of one payload."""
        if not duration(payload):
            raise CodecError(f"{len(payload)} bytes that are no Opus")
        return self._decode(payload, MAX_SAMPLES, fec=False)

    def recover(self, following: bytes, samples: int) -> Sound:
        """The frame before `following`; concealment, by libopus itself, if it does not carry one."""
        if not duration(following):
            return self.conceal(samples)
        return self._decode(following, samples, fec=True)

    def conceal(self, samples: int) -> Sound:
        """libopus's own concealment, which fades out by itself; comfort noise after silence."""
        return self._decode(None, samples, fec=False)

    def _decode(self, payload: bytes | None, samples: int, *, fec: bool) -> Sound:
        pcm = np.empty(samples, np.int16)
        size = len(payload) if payload else 0
        out = pcm.ctypes.data_as(_SHORTS)
        made = self._library.opus_decode(self._state, payload, size, out, samples, int(fec))
        return pcm[: libopus.check(made)]


class Opus:
    """The codec `opus`."""

    longest = 2880

    def encoder(self) -> Encoder:
        """A new encoder."""
        return OpusEncoder()

    def decoder(self) -> Decoder:
        """A new decoder."""
        return OpusDecoder()

    def duration(self, payload: bytes) -> int:
        """See `duration`."""
        return duration(payload)

    def has_recovery(self, payload: bytes) -> bool:
        """See `has_recovery`."""
        return has_recovery(payload)

    def is_silence(self, payload: bytes) -> bool:
        """DTX leaves at most two bytes (RFC 7587 section 3.1.3)."""
        return 0 < len(payload) <= 2


def duration(payload: bytes) -> int:
    """Samples at 48 kHz in an Opus packet, by its first bytes (RFC 6716 section 3.1); 0 if it is no
    packet."""
    if not payload:
        return 0
    kind = payload[0] & 3
    if kind == 3:
        count = payload[1] & 0x3F if len(payload) > 1 else 0
    else:
        count = 1 if kind == 0 else 2
    samples = count * _FRAME_SAMPLES[payload[0] >> 3]
    return samples if samples <= MAX_SAMPLES else 0


def has_recovery(payload: bytes) -> bool:
    """Whether the LBRR flag of a packet with one SILK frame is set: it carries the frame before it.

    The flags are the first two symbols of the range coder, each of probability one half, and so stand as
    plain bits at the top of the first byte after the header (RFC 6716 sections 4.2.3 and 4.2.4).
    """
    if len(payload) < 3 or payload[0] & 3 or payload[0] >> 3 >= _FIRST_CELT:
        return False
    frames = max(1, _FRAME_SAMPLES[payload[0] >> 3] // 960)
    return bool(payload[1] >> 7 - frames & 1)


def make() -> Codec:
    """The codec, after checking that its library is there."""
    libopus.library()
    return Opus()
