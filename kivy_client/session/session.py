"""The session: everything the client is made of, and who is told what.

The commands of a person come in by the desks.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol, TypeVar

from twisted.internet.defer import Deferred, DeferredList, succeed
from twisted.internet.interfaces import IReactorTime

from kivy_client.session.boundary import Face
from kivy_client.session.calls.world import CallParts
from kivy_client.session.check import Probe, SetupCheck
from kivy_client.session.chronicle import Chronicle
from kivy_client.session.contacts import Contacts
from kivy_client.session.devices import Devices
from kivy_client.session.display import Display
from kivy_client.session.exchange import Exchange
from kivy_client.session.history import History
from kivy_client.session.identity import FILE, Identity
from kivy_client.session.moves import Moves, Surroundings
from kivy_client.session.pins import KeyPins, ServerPins
from kivy_client.session.presence import OwnPresence
from kivy_client.session.registry_client import EndpointMaker, RegistryClient
from kivy_client.session.ringer import Ringer
from kivy_client.session.room import Room
from kivy_client.session.settings import AccountFile, SettingsFile
from kivy_client.session.sounds import SoundSystem
from kivy_client.session.state import ConnectionView, IdentityView, ServerQuestion
from kivy_client.session.transcript import Transcript, TranscriptFile
from kivy_client.session.trust import Trust
from kivy_client.session.vocabulary import Link, NoticeKind, Trouble
from kivy_client.session.voice import VoiceMaker
from kivy_client.session.wishes import Wishes
from registro.wire.messages import (
    Aviso,
    ConvitePerdido,
    Message,
    RegistroBemSucedido,
)
from voz.handshake import Party, SeenCalls
from voz.net import PathPolicy

T = TypeVar("T")


class InThread(Protocol):
    """Runs slow work beside the reactor."""

    def __call__(self, work: Callable[[], T], /) -> Deferred[T]:
        """Return what fires with the result of `work`."""


@dataclass(frozen=True, slots=True)
class Outside:
    """All that the session is given.

    `wall` is Unix time; `policy` is what the command line asks of the paths; `ready` fires when a voice can
    be made without keeping this thread.
    """

    clock: IReactorTime
    wall: Callable[[], float]
    in_thread: InThread
    folder: Path
    identity: Identity
    endpoints: EndpointMaker
    voices: Callable[["Session"], VoiceMaker]
    sounds: SoundSystem
    ringer: Callable[["Session"], Ringer]
    probe: Probe
    surroundings: Surroundings
    policy: PathPolicy = PathPolicy.AUTO
    ready: Callable[[], Deferred[None]] = lambda: succeed(None)


class Session:
    """The parts, and the listener of the registry."""

    def __init__(self, outside: Outside, face: Face) -> None:
        clock, folder = outside.clock, outside.folder
        self.outside = outside
        self.display = Display(clock, face)
        self.settings = SettingsFile(folder, self.trouble)
        self.account = AccountFile(folder, self.trouble)
        self.history = History(folder, self.trouble)
        contacts = Contacts(folder, self.trouble)
        pins = ServerPins(folder, self.trouble)
        self.pins = pins
        self.transcript = Transcript()
        self.kept_messages = TranscriptFile(folder)
        self.registry = RegistryClient(
            clock, outside.endpoints, outside.identity, pins, self.transcript, self, outside.wall
        )
        self.trust = Trust(
            KeyPins(folder, self.trouble), self.registry.line.ask, outside.wall, self._trust_changed
        )
        self.room = Room(clock, self.registry.line, contacts, self.trust, self.display)
        self.ringer = outside.ringer(self)
        self.chronicle = Chronicle(clock, self.display, self.history, self.room, self.trust, self.ringer)
        self.exchange = Exchange(
            self.registry.line,
            self.trust,
            outside.voices(self),
            Wishes(self.settings, self.room, outside.policy),
            self.chronicle,
            self._call_parts,
            outside.ready,
        )
        self.seen = SeenCalls()
        self.devices = Devices(outside.sounds, self.display, self.trouble)
        self.check = SetupCheck(clock, outside.sounds, self.ringer, outside.probe, self)
        self.presence = OwnPresence(clock, outside.wall, self.registry.line, self.account, self.display)
        self._server = ""
        self.moves = Moves(clock, outside.surroundings, lambda: self._server, self.registry.moved)
        self._begin()

    def _begin(self) -> None:
        """Show what was read from the files."""
        self.transcript.sinks += [self._message_seen, self.kept_messages.write]
        self.display.put(settings=self.settings.settings)
        self.show_identity()
        self.keep_messages(self.settings.settings.keep_messages)

    # troubles and messages

    def trouble(self, trouble: Trouble, detail: str) -> None:
        """Tell the person that something failed."""
        self.display.trouble(trouble, detail, self.outside.wall())

    def _message_seen(self, _: object) -> None:
        self.display.put(messages=self.transcript.lines)

    def keep_messages(self, on: bool) -> None:
        """Write messages to a file, or no more."""
        try:
            self.kept_messages.keep(on)
        except OSError as error:
            self.trouble(Trouble.FILE_NOT_WRITTEN, str(error))

    # identity

    @property
    def identity_file(self) -> Path:
        """Where the person's key is kept."""
        return self.outside.folder / FILE

    def show_identity(self) -> None:
        """Show the key in use."""
        identity = self.registry.identity
        view = self.display.state.identity
        self.display.put(
            identity=replace(view, fingerprint=identity.fingerprint, words=identity.words)
            if view.fingerprint != identity.fingerprint
            else view
        )

    def use_identity(self, identity: Identity) -> None:
        """Be somebody else from now on: connect again with this key."""
        self.registry.identity = identity
        self.show_identity()
        if self.registry.account is not None and self.registry.view.link is not Link.OFF:
            self.registry.machine.go()

    def stop_check(self) -> bool:
        """Stop the set-up check; False if none is running."""
        return self.check.stop()

    def _call_parts(self, exchange: Exchange) -> CallParts:
        identity = self.registry.identity
        return CallParts(
            clock=self.outside.clock,
            wall=self.outside.wall,
            world=exchange,
            me=Party(self.registry.view.name, identity.public),
            identity=identity,
            seen=self.seen,
            push_to_talk=self.settings.settings.push_to_talk,
        )

    def _trust_changed(self, name: str) -> None:
        self.display.put(alarms=self.trust.alarms)
        self.room.changed((name,))

    # the listener of the registry

    def connection_shown(self, view: ConnectionView, question: ServerQuestion | None) -> None:
        """The connection is in another state."""
        if view.link is Link.OFF:
            self.moves.stop()
        else:
            self.moves.start()
        self.display.put(connection=replace(view, everybody=self.room.table.everybody), question=question)

    def online(self, welcome: RegistroBemSucedido) -> None:
        """The name is ours."""
        account = self.registry.account
        assert account is not None
        self.account.save(
            replace(self.account.account, address=self.registry.view.share_link, name=account.name)
        )
        self.trust.at(account.server)
        self.display.put(alarms=self.trust.alarms)
        self.room.enter(account.server, welcome.nome)
        self.chronicle.show_history()
        self.presence.say_again()
        self._server = self.registry.line.peer_host
        self.moves.arrived()
        self.exchange.online()

    def offline(self) -> None:
        """The registry is away."""
        self.room.leave()
        self.exchange.offline()

    def received(self, message: Message, seq: int) -> None:
        """A message that is no answer to a single question."""
        if self.room.received(message, seq):
            self._show_size()
        elif isinstance(message, ConvitePerdido):
            self.chronicle.missed_away(message.de, float(message.hora))
        elif isinstance(message, Aviso):
            self.trouble(Trouble.MAINTENANCE, message.motivo)
            self.display.notify(NoticeKind.MAINTENANCE, detail=message.motivo)
        else:
            self.exchange.received(message)

    def _show_size(self) -> None:
        table, view = self.room.table, self.display.state.connection
        size = len(table.entries) if table.everybody else max(table.total, len(table.entries))
        if (size, table.everybody) != (view.connected_people, view.everybody):
            self.display.put(connection=replace(view, connected_people=size, everybody=table.everybody))

    # begin and end

    def stop(self) -> None:
        """End: the call, the connection, the files; then the face is told."""
        if self.exchange.call is not None:
            self.exchange.call.hang_up()
        self.ringer.stop()
        self.presence.stop()
        online = self.registry.view.link is Link.ONLINE
        self.registry.machine.leave()
        self.keep_messages(False)
        closing = [*self.exchange.closing]
        done = DeferredList(closing, consumeErrors=True)
        done.addTimeout(LAST_WORD, self.outside.clock)
        delay = GOODBYE if online else 0.0
        done.addBoth(lambda _: self.outside.clock.callLater(delay, self.display.stopped))


LAST_WORD = 1.5
"""Seconds that the voice has to close."""

GOODBYE = 0.05
"""Seconds for the last lines to leave."""

__all__ = ["IdentityView", "Outside", "Session"]
