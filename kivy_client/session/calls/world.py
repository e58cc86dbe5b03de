"""What a call needs of the world around it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorTime

from kivy_client.session.answers import Refused
from kivy_client.session.identity import Identity
from kivy_client.session.vocabulary import EndCause
from kivy_client.session.voice import Voice, VoiceListener
from registro.wire.messages import Message
from voz.handshake import Party, SeenCalls
from voz.net import Role
from voz.stats import CallReport

if TYPE_CHECKING:
    from kivy_client.session.calls.call import Call


class CallError(Exception):
    """A call cannot go on: the cause for the person, and a sentence of the registry or of the system."""

    def __init__(self, cause: EndCause, reason: str = "") -> None:
        super().__init__(cause, reason)
        self.cause, self.reason = cause, reason


class CallWorld(Protocol):
    """The verbs that a call uses."""

    def say(self, message: Message, refused: Refused | None = None) -> bool:
        """Send a line now; False when the registry is not connected."""

    def owe(self, message: Message) -> None:
        """Send a line now, or as soon as the registry is connected again."""

    def find(self, name: str) -> Deferred[Party]:
        """Look a name up and judge its key by the pins; fails with CallError."""

    def suspect(self, name: str, genuine: Callable[[Party], bool]) -> Deferred[EndCause]:
        """A signature does not fit the pinned key: find out whether the registry has a new one that fits."""

    def make_voice(self, role: Role, call_id: str, name: str, listener: VoiceListener) -> Voice:
        """Return the voice of this call; raises SoundError."""

    def ringing(self, call: "Call") -> None:
        """Somebody calls, and it is who it says it is."""

    def changed(self, call: "Call") -> None:
        """The view of this call has changed."""

    def over(self, call: "Call", ended: "Ending") -> None:
        """This call is over."""


@dataclass(frozen=True, slots=True)
class Ending:
    """How a call ended; `closed` fires when its voice is closed, with None where it never had one."""

    cause: EndCause
    reason: str
    at: float
    closed: Deferred[CallReport | None]


@dataclass(frozen=True, slots=True)
class CallParts:
    """What every call of this client is made with. `wall` gives Unix time."""

    clock: IReactorTime
    wall: Callable[[], float]
    world: CallWorld
    me: Party
    identity: Identity
    seen: SeenCalls
    push_to_talk: bool = False
    encryption: str = "SRTP AES-128 HMAC-SHA1-80 · X25519 · Ed25519"
