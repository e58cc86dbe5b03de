"""Devices that can be exchanged while they are in use: the person chose another one in a call."""

from collections.abc import Callable
from typing import Generic, Protocol, TypeVar

from voz.device import DeviceContext, DeviceCounters, DeviceError

User = TypeVar("User", contravariant=True)
"""Who is served: a microphone's `Deliver`, or a loudspeaker's `Pull`."""

S = TypeVar("S")


class Device(Protocol[User]):
    """What a microphone and a loudspeaker have in common."""

    def start(self, user: User, /) -> None:
        """Serve from now on; DeviceError if that cannot be."""

    def stop(self) -> None:
        """Serve no more and let go of the device."""

    def counters(self) -> DeviceCounters:
        """What was counted since `start`."""


Maker = Callable[[DeviceContext], Device[S]]


class Switchable(Generic[S]):
    """A microphone or a loudspeaker that can become another one."""

    def __init__(self, context: DeviceContext, maker: Maker[S]) -> None:
        self._context, self._maker = context, maker
        self._user: S | None = None
        self._device = maker(context)

    def start(self, user: S, /) -> None:
        """Serve from now on; DeviceError if that cannot be."""
        self._device.start(user)
        self._user = user

    def stop(self) -> None:
        """Serve no more."""
        self._user = None
        self._device.stop()

    def counters(self) -> DeviceCounters:
        """What was counted since the device in use was started."""
        return self._device.counters()

    def exchange(self, maker: Maker[S]) -> bool:
        """Use another device; False if it cannot be opened: then the former one is used on, if it can."""
        user = self._user
        if user is None:
            return False
        self._device.stop()
        if self._try(maker, user):
            self._maker = maker
            return True
        self._try(self._maker, user)
        return False

    def _try(self, maker: Maker[S], user: S) -> bool:
        self._device = maker(self._context)
        try:
            self._device.start(user)
        except DeviceError:
            self._device.stop()
            return False
        return True
