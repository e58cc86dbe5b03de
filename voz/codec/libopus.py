"""libopus through PyOgg's ctypes layer: found, checked and declared once, in this file alone.

PyOgg loads the library and says nothing when a part is missing; and some of its declarations refuse what the
C functions take. So the few functions the engine needs are declared again here. A newer libopus than the
system's can be used by naming its file in the environment variable SALA_LIBOPUS.
"""

from __future__ import annotations

import ctypes
import os
from ctypes import POINTER, c_char_p, c_int, c_int16, c_int32, c_void_p
from functools import cache

from voz.codec import CodecError

ENVIRONMENT: str = "SALA_LIBOPUS"
"""Names the file of another libopus."""
APPLICATION_VOIP = 2048
SET_BITRATE, SET_MAX_BANDWIDTH, SET_VBR, SET_COMPLEXITY = 4002, 4004, 4006, 4010
SET_INBAND_FEC, SET_PACKET_LOSS_PERC, SET_DTX, SET_VBR_CONSTRAINT, SET_SIGNAL = 4012, 4014, 4016, 4020, 4024
GET_LOOKAHEAD = 4027
BANDWIDTH_WIDEBAND, SIGNAL_VOICE = 1103, 3001

_DECLARATIONS: tuple[tuple[str, object, list[object]], ...] = (
    ("opus_encoder_create", c_void_p, [c_int32, c_int, c_int, POINTER(c_int)]),
    ("opus_encoder_destroy", None, [c_void_p]),
    ("opus_encode", c_int32, [c_void_p, POINTER(c_int16), c_int, c_char_p, c_int32]),
    ("opus_encoder_ctl", c_int, [c_void_p, c_int]),
    ("opus_decoder_create", c_void_p, [c_int32, c_int, POINTER(c_int)]),
    ("opus_decoder_destroy", None, [c_void_p]),
    ("opus_decode", c_int, [c_void_p, c_char_p, c_int32, POINTER(c_int16), c_int, c_int]),
    ("opus_strerror", c_char_p, [c_int]),
    ("opus_get_version_string", c_char_p, []),
)


@cache
def library() -> ctypes.CDLL:
    """libopus, declared; CodecError names the system package that is missing."""
    named = os.environ.get(ENVIRONMENT)
    found = _named(named) if named else _from_pyogg()
    for name, result, arguments in _DECLARATIONS:
        function = getattr(found, name)
        function.restype = result
        function.argtypes = arguments
    return found


def check(result: int) -> int:
    """`result` of a libopus call, or CodecError with libopus's own words if it is negative."""
    if result < 0:
        raise CodecError(f"libopus: {library().opus_strerror(result).decode()}")
    return result


def version() -> str:
    """The version of the library in use, as it says itself."""
    return str(library().opus_get_version_string().decode())


def _named(path: str) -> ctypes.CDLL:
    try:
        return ctypes.CDLL(path)
    except OSError as error:
        raise CodecError(f"{ENVIRONMENT} names «{path}», which cannot be loaded: {error}") from error


def _from_pyogg() -> ctypes.CDLL:
    try:
        from pyogg import opus
    except ImportError as error:
        raise CodecError("PyOgg is missing: install the extra «client»") from error
    found = getattr(opus, "libopus", None)
    if not isinstance(found, ctypes.CDLL) or not hasattr(opus, "opus_encoder_create"):
        raise CodecError("libopus or libopusfile is missing: install the packages libopus0 and libopusfile0")
    # A handle of our own: PyOgg's keeps the declarations that PyOgg made.
    return ctypes.CDLL(found._name)
