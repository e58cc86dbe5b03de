"""speexdsp through ctypes: echo canceller and preprocessor (Debian package libspeexdsp1, BSD licence).

One canceller works on 10 ms blocks at 48 kHz; its preprocessor takes the rest of the echo, the noise and the
level.
"""

from __future__ import annotations

import ctypes
import weakref
from ctypes import POINTER, byref, c_float, c_int, c_int16, c_void_p
from ctypes.util import find_library
from functools import cache

import numpy as np

from voz.clock import BLOCK, SAMPLE_RATE
from voz.codec import Sound
from voz.setup import SoundSetup
from voz.treatment.echo import Treatment, TreatmentError

TAIL_MS: int = 300
"""The longest echo that is undone, the way through the devices included."""
_SAMPLING_RATE = 24
_DENOISE, _AGC, _AGC_LEVEL = 0, 2, 6

_NOISE_SUPPRESS, _ECHO_SUPPRESS, _ECHO_SUPPRESS_ACTIVE, _ECHO_STATE = 18, 20, 22, 24
_AGC_MAX_GAIN = 30
_SHORTS = POINTER(c_int16)
_DECLARATIONS: tuple[tuple[str, object, list[object]], ...] = (
    ("speex_echo_state_init", c_void_p, [c_int, c_int]),
    ("speex_echo_state_destroy", None, [c_void_p]),
    ("speex_echo_cancellation", None, [c_void_p, _SHORTS, _SHORTS, _SHORTS]),
    ("speex_echo_ctl", c_int, [c_void_p, c_int, c_void_p]),
    ("speex_preprocess_state_init", c_void_p, [c_int, c_int]),
    ("speex_preprocess_state_destroy", None, [c_void_p]),
    ("speex_preprocess_run", c_int, [c_void_p, _SHORTS]),
    ("speex_preprocess_ctl", c_int, [c_void_p, c_int, c_void_p]),
)


@cache
def library() -> ctypes.CDLL:
    """The library, declared; TreatmentError names the package that is missing."""
    name = find_library("speexdsp")
    if name is None:
        raise TreatmentError("speexdsp is missing: install the package libspeexdsp1")
    found = ctypes.CDLL(name)
    for function, result, arguments in _DECLARATIONS:
        declared = getattr(found, function)
        declared.restype = result
        declared.argtypes = arguments
    return found


class SpeexTreatment:
    """Echo canceller and preprocessor of one microphone."""

    def __init__(self, *, echo: bool, noise: bool, automatic_gain: bool, tail_ms: int = TAIL_MS) -> None:
        self._library = library()
        self._echo: int | None = self._make_echo(tail_ms) if echo else None
        self._shape = self._make_shape(echo=echo, noise=noise, automatic_gain=automatic_gain)

    def process(self, block: Sound, reference: Sound) -> Sound:
        """The block, treated."""
        out = np.ascontiguousarray(block, np.int16).copy()
        if self._echo is not None:
            heard, played = np.ascontiguousarray(block, np.int16), np.ascontiguousarray(reference, np.int16)
            self._library.speex_echo_cancellation(
                self._echo, _pointer(heard), _pointer(played), _pointer(out)
            )
        self._library.speex_preprocess_run(self._shape, _pointer(out))
        return out

    def _make_echo(self, tail_ms: int) -> int:
        state = self._library.speex_echo_state_init(BLOCK, tail_ms * SAMPLE_RATE // 1000)
        weakref.finalize(self, self._library.speex_echo_state_destroy, state)
        rate = c_int(SAMPLE_RATE)
        self._library.speex_echo_ctl(state, _SAMPLING_RATE, byref(rate))
        return int(state)

    def _make_shape(self, *, echo: bool, noise: bool, automatic_gain: bool) -> int:
        state = self._library.speex_preprocess_state_init(BLOCK, SAMPLE_RATE)
        weakref.finalize(self, self._library.speex_preprocess_state_destroy, state)
        self._set(state, _DENOISE, c_int(int(noise)))
        self._set(state, _AGC, c_int(int(automatic_gain)))
        if automatic_gain:
            self._set(state, _AGC_LEVEL, c_float(8000.0))
            self._set(state, _AGC_MAX_GAIN, c_int(15))
        if noise:
            self._set(state, _NOISE_SUPPRESS, c_int(-18))
        if echo:
            self._library.speex_preprocess_ctl(state, _ECHO_STATE, c_void_p(self._echo))
            self._set(state, _ECHO_SUPPRESS, c_int(-30))
            self._set(state, _ECHO_SUPPRESS_ACTIVE, c_int(-15))
        return int(state)

    def _set(self, state: int, request: int, value: ctypes.c_int | ctypes.c_float) -> None:
        self._library.speex_preprocess_ctl(state, request, byref(value))


def _pointer(sound: Sound) -> object:
    return sound.ctypes.data_as(_SHORTS)


def make(setup: SoundSetup) -> Treatment:
    """The engine with the switches of the setup."""
    return SpeexTreatment(echo=setup.echo, noise=setup.noise, automatic_gain=setup.automatic_gain)
