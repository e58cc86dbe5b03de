"""PortAudio through sounddevice: what devices there are, and streams on them by name.

PortAudio learns the devices when it starts and never again. So `list_afresh` asks a child process, which
disturbs no stream; and `renew` starts PortAudio anew, which interrupts all streams for a moment.
"""

from __future__ import annotations

import ctypes
import json
import os
import sys
import threading
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import cache
from typing import Any, Protocol, cast

from twisted.internet.defer import Deferred
from twisted.internet.utils import getProcessOutputAndValue

from voz.clock import BLOCK, SAMPLE_RATE
from voz.device import DeviceError

_lock = threading.Lock()


@dataclass(frozen=True, slots=True)
class DeviceInfo:
    """One device by its name, and what it can do."""

    name: str
    inputs: int
    outputs: int
    default_input: bool = False
    default_output: bool = False


class Stream(Protocol):
    """An open stream."""

    @property
    def active(self) -> bool:
        """Whether it still runs."""

    @property
    def latency(self) -> float:
        """What PortAudio thinks it holds, in seconds."""

    def stop(self) -> None:
        """Stop."""

    def close(self) -> None:
        """Give the device back."""


def sounddevice() -> Any:
    """The module; DeviceError names what is missing."""
    try:
        import sounddevice as module
    except ImportError as error:
        raise DeviceError("sounddevice is missing: install the extra «client»") from error
    except OSError as error:
        raise DeviceError("PortAudio is missing: install the package libportaudio2") from error
    _quieten_alsa()
    return module


@cache
def _quieten_alsa() -> None:
    """Keep ALSA from writing to standard error that a device ran dry, or is not there: the stream's status
    and PortAudio's errors say it, and are counted and told.

    Its handler of messages becomes a function of C that takes no notice of what it is called with: a
    message comes on the sound's own thread, which must not wait for Python.
    """
    try:
        alsa, handler = ctypes.CDLL("libasound.so.2"), ctypes.CDLL(None).getpid
    except OSError:
        # There is no ALSA here.
        return
    alsa.snd_lib_error_set_handler(ctypes.cast(handler, ctypes.c_void_p))


def devices() -> tuple[DeviceInfo, ...]:
    """The devices that PortAudio knew when it started; empty on a machine without any."""
    module = sounddevice()
    try:
        found = module.query_devices()
        default_input, default_output = module.default.device
    except module.PortAudioError as error:
        raise DeviceError(f"PortAudio: {error}") from error
    return tuple(
        DeviceInfo(
            str(each["name"]),
            int(each["max_input_channels"]),
            int(each["max_output_channels"]),
            index == default_input,
            index == default_output,
        )
        for index, each in enumerate(found)
    )


def list_afresh(reactor: Any) -> Deferred[tuple[DeviceInfo, ...]]:
    """The devices there are now, asked of a child process; fails if that fails."""
    # Warnings on its standard error are of no interest, so it is not getProcessOutput that is asked.
    ask: Callable[..., Deferred[tuple[bytes, bytes, int]]] = getProcessOutputAndValue
    arguments = ("-m", "voz.device.portaudio")
    return ask(sys.executable, arguments, env=os.environ, reactor=reactor).addCallback(_read)


def _read(answer: tuple[bytes, bytes, int]) -> tuple[DeviceInfo, ...]:
    out, _, status = answer
    if status:
        raise DeviceError("the list of sound devices cannot be read")
    return tuple(DeviceInfo(**each) for each in json.loads(out))


def renew() -> None:
    """Start PortAudio anew, so that it sees today's devices. All streams must be closed before."""
    module = sounddevice()
    with _lock:
        # sounddevice offers no public way; these two have kept their names since its first release.
        module._terminate()
        module._initialize()


def open_input(name: str | None, latency: float, callback: Callable[..., None]) -> Stream:
    """A started input stream of 10 ms blocks, 48 kHz, one channel, int16; None is the system's default."""
    return _open(sounddevice().RawInputStream, _index(name, "inputs"), latency, callback)


def open_output(name: str | None, latency: float, callback: Callable[..., None]) -> Stream:
    """A started output stream, likewise."""
    return _open(sounddevice().RawOutputStream, _index(name, "outputs"), latency, callback)


def _open(maker: Any, device: int | None, latency: float, callback: Callable[..., None]) -> Stream:
    module = sounddevice()
    try:
        stream = maker(
            samplerate=SAMPLE_RATE,
            blocksize=BLOCK,
            device=device,
            channels=1,
            dtype="int16",
            latency=latency,
            callback=callback,
        )
        stream.start()
    except (module.PortAudioError, ValueError) as error:
        raise DeviceError(f"the sound device cannot be opened: {error}") from error
    return cast(Stream, stream)


def _index(name: str | None, ability: str) -> int | None:
    if name is None:
        return None
    for index, device in enumerate(devices()):
        if device.name == name and getattr(device, ability) > 0:
            return index
    raise DeviceError(f"there is no sound device «{name}» for that")


if __name__ == "__main__":
    sys.stdout.write(json.dumps([asdict(device) for device in devices()]))
