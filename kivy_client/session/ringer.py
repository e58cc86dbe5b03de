"""What is heard outside a conversation: ringtone, ring-back tone, chime."""

from enum import Enum
from typing import Protocol


class Tune(Enum):
    """The sounds of the program; the value is the name of its file where the settings do not name another."""

    RINGTONE = "toque"
    """Somebody calls. Again and again, on the ringer."""
    RING_BACK = "chamando"
    """It rings at the other side. Again and again, on the speaker."""
    BUSY = "ocupado"
    """The call came to nothing. Once, on the speaker."""
    CHIME = "teste"
    """The set-up check. Once, on the speaker."""


class Ringer(Protocol):
    """Plays one tune at a time."""

    def play(self, tune: Tune, once: bool = False) -> bool:
        """Play this instead of what plays now; False if the device cannot be opened."""

    def stop(self) -> None:
        """Play nothing."""


class SilentRinger:
    """Plays nothing."""

    def play(self, tune: Tune, once: bool = False) -> bool:
        """Do nothing."""
        return True

    def stop(self) -> None:
        """Do nothing."""
