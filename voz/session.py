"""One call's two directions: keys and addresses go in, the conversation comes out.

The composition root of the voice engine: it makes the paths at once, and the talk over them when the keys
are known.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Protocol

from twisted.internet.defer import Deferred, succeed
from twisted.internet.interfaces import IReactorTime

from voz.candidates import Candidate, PathId, PathKind, PathPolicy, RelayCredentials, Role
from voz.codec import codec
from voz.handshake import CallSecrets
from voz.net import MediaTransport, Transport, TransportListener
from voz.setup import SoundSetup
from voz.stats import CallReport, Snapshot
from voz.talk import Talk, TalkListener

__all__ = ["Conversation", "ConversationListener", "SoundSetup"]


class ConversationListener(TalkListener, Protocol):
    """Who is told what a conversation does. Called on the reactor's thread only."""

    def candidates_changed(self, candidates: tuple[Candidate, ...]) -> None:
        """Our own candidates are now these."""

    def path_changed(self, kind: PathKind) -> None:
        """The voice goes by this kind of path from now on."""

    def send_line(self, data: bytes) -> None:
        """Carry this packet as a PACOTE line."""


class TransportMaker(Protocol):
    """What makes the transport of a call; `MediaTransport` does."""

    def __call__(
        self,
        reactor: IReactorTime,
        listener: TransportListener,
        *,
        role: Role,
        call_id: str,
        policy: PathPolicy,
        loopback_allowed: bool,
    ) -> Transport:
        """The transport."""


class Conversation:
    """One call. Everything is called on the reactor's thread; nothing blocks.

    `call_id` is the wire text of `chamada`. CodecError if the codec cannot work on this machine. `wall`
    gives Unix seconds for the report alone.
    """

    def __init__(
        self,
        reactor: IReactorTime,
        *,
        role: Role,
        call_id: str,
        sound: SoundSetup,
        listener: ConversationListener,
        policy: PathPolicy = PathPolicy.AUTO,
        loopback_allowed: bool = False,
        transport: TransportMaker = MediaTransport,
        wall: Callable[[], float] = time.time,
    ) -> None:
        self._reactor = reactor
        self._setup = sound
        self._listener = listener
        self._wall = wall
        self._codec = codec(sound.codec)
        self._talk: Talk | None = None
        self._over = False
        self._muted = False
        self._transport = transport(
            reactor, self, role=role, call_id=call_id, policy=policy, loopback_allowed=loopback_allowed
        )

    @property
    def local_candidates(self) -> tuple[Candidate, ...]:
        """Our own candidates as far as they are known."""
        return self._transport.local_candidates

    @property
    def levels(self) -> tuple[float, float]:
        """How loud it is now, our side and theirs, 0 to 1; cheap enough to be read for every frame of a
        screen."""
        return self._talk.desk.levels if self._talk is not None else (0.0, 0.0)

    def allocate(self, credentials: RelayCredentials) -> None:
        """The relay may be asked for an address (LIGACAO came)."""
        self._transport.allocate(credentials)

    def reach(self, candidates: Sequence[Candidate]) -> None:
        """The other side's candidates; each call replaces the last."""
        self._transport.reach(candidates)

    def line_received(self, data: bytes) -> None:
        """A PACOTE came in."""
        self._transport.line_received(data)

    def secure(self, secrets: CallSecrets) -> None:
        """The keys are known: prove it, and talk at the first packet that authenticates. Once."""
        if self._talk is not None or self._over:
            return
        self._talk = Talk(
            self._reactor,
            self._setup,
            self._codec,
            secrets,
            transport=self._transport,
            listener=self._listener,
            wall=self._wall,
        )
        self._talk.desk.mute(self._muted)
        self._transport.secure(secrets.stun_key)
        self._talk.start()

    def mute(self, on: bool) -> None:
        """Send silence, or the microphone again; also before the talk begins."""
        self._muted = on
        if self._talk is not None:
            self._talk.desk.mute(on)

    def talk(self, pressed: bool) -> None:
        """The key of push-to-talk is down or up; nothing happens in a call without it."""
        if self._talk is not None:
            self._talk.desk.talk(pressed)

    def gain(self, decibels: float) -> None:
        """What is added to our own voice."""
        if self._talk is not None:
            self._talk.desk.gain(decibels)

    def volume(self, decibels: float) -> None:
        """What is added to the other's voice."""
        if self._talk is not None:
            self._talk.desk.volume(decibels)

    def snapshot(self) -> Snapshot:
        """How the call is doing now."""
        if self._talk is None:
            return Snapshot(path=self._transport.path.value)
        return self._talk.snapshot()

    def end(self, send_bye: bool = True) -> Deferred[CallReport]:
        """End the call, with a BYE if that is wanted; fires with its report when all is closed. May be
        repeated."""
        self._over = True
        if self._talk is not None:
            return self._talk.end(send_bye)
        nothing = CallReport(None, 0.0, "pedido", self.snapshot())
        return self._transport.stop().addCallback(lambda _: succeed(nothing))

    def datagram_received(self, data: bytes, path: PathId, now: float) -> None:
        """Told by the transport: a datagram came; what does not authenticate is counted and forgotten."""
        if self._talk is not None:
            self._talk.datagram(data, path, now)

    def candidates_changed(self, candidates: tuple[Candidate, ...]) -> None:
        """Told by the transport, and told on."""
        self._listener.candidates_changed(candidates)

    def path_changed(self, kind: PathKind) -> None:
        """Told by the transport, and told on while somebody may hear."""
        if self._talk is not None:
            if self._talk.quiet:
                return
            self._talk.path_changed(kind)
        self._listener.path_changed(kind)

    def send_line(self, data: bytes) -> None:
        """Told by the transport, and told on."""
        self._listener.send_line(data)
