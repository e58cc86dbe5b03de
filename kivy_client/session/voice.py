"""The seam to the voice engine: what a call needs of a conversation, and what a conversation tells it.

`voz.session.Conversation` is the real one; tests have one that hears what they say.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from twisted.internet.defer import Deferred

from voz.handshake import CallSecrets
from voz.net import Candidate, PathKind, PathPolicy, RelayCredentials, Role
from voz.stats import CallReport, Snapshot


class VoiceListener(Protocol):
    """Who is told what happens to the voice."""

    def candidates_changed(self, candidates: tuple[Candidate, ...]) -> None:
        """Our own addresses are others now."""

    def talking(self) -> None:
        """The first packet of the other side authenticated."""

    def path_changed(self, kind: PathKind) -> None:
        """The packets take another path."""

    def reconnecting(self, on: bool) -> None:
        """Nothing arrives for a while, or it does again."""

    def peer_left(self) -> None:
        """The other side said goodbye (BYE)."""

    def lost(self) -> None:
        """Nothing arrived for 30 s."""

    def snapshot(self, snapshot: Snapshot) -> None:
        """The figures, once a second."""

    def warning(self, code: str) -> None:
        """Something a person should know."""

    def send_line(self, data: bytes) -> None:
        """Carry this packet as a PACOTE line."""


class Voice(Protocol):
    """The voice of one call."""

    @property
    def local_candidates(self) -> tuple[Candidate, ...]:
        """Our own addresses, as far as they are known."""

    def allocate(self, credentials: RelayCredentials) -> None:
        """Ask a relay for an address."""

    def reach(self, candidates: Sequence[Candidate]) -> None:
        """The other side's addresses; replaces those given before."""

    def secure(self, secrets: CallSecrets) -> None:
        """The keys are known: prove it, and talk."""

    def line_received(self, data: bytes) -> None:
        """A PACOTE line came."""

    def mute(self, on: bool) -> None:
        """Let nothing of the microphone out."""

    def talk(self, pressed: bool) -> None:
        """The key of push-to-talk is down or up."""

    def volume(self, decibels: float) -> None:
        """How much louder the other side is heard."""

    @property
    def levels(self) -> tuple[float, float]:
        """How loud it is now, our side and theirs, 0 to 1."""

    def snapshot(self) -> Snapshot:
        """The figures now."""

    def end(self, send_bye: bool = True) -> Deferred[CallReport]:
        """It is over; fires when sockets and devices are closed."""


@dataclass(frozen=True, slots=True)
class VoiceRequest:
    """What a conversation is made for. `call_id` is the wire's text of `chamada`."""

    role: Role
    call_id: str
    policy: PathPolicy
    loopback_allowed: bool
    gain_db: float


class VoiceMaker(Protocol):
    """How a conversation is made."""

    def __call__(self, request: VoiceRequest, listener: VoiceListener) -> Voice:
        """Return the voice of a new call; raises SoundError when there can be none."""


class SoundError(Exception):
    """The microphone or the speaker cannot be used; the text says which and why."""
