"""What the acts of a call have in common: a port to the world, one timer, and how each of them ends."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from kivy_client.session.calls.timing import Timer
from kivy_client.session.vocabulary import EndCause


class Ending(Protocol):
    """What every act asks of the world."""

    def over(self, cause: EndCause, reason: str) -> None:
        """The call is over."""


Port = TypeVar("Port", bound=Ending)


@dataclass
class Act(Generic[Port]):
    """What the machine of an act remembers: nothing but its timer."""

    port: Port
    timer: Timer


Action = Callable[[object, Act[Port]], None]


def over(_: object, act: Act[Port], cause: EndCause, reason: str) -> None:
    """The other side, the registry or the system ended it, and says why."""
    act.timer.stop()
    act.port.over(cause, reason)


def ends(cause: EndCause, word: Callable[[Port], None] | None = None) -> Action[Port]:
    """Return an end of this cause, after this word to the registry (None: it knows, or need not)."""

    def end(_: object, act: Act[Port]) -> None:
        act.timer.stop()
        if word is not None:
            word(act.port)
        act.port.over(cause, "")

    return end
