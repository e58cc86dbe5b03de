"""The room: who is there and what the person keeps about them, as rows in their order; and whom this client
follows.
"""

from collections.abc import Iterable, Sequence

from twisted.internet.interfaces import IReactorTime

from kivy_client.session.calls.timing import Timer
from kivy_client.session.contacts import Contacts
from kivy_client.session.display import Display
from kivy_client.session.fingerprints import readable_key
from kivy_client.session.people import People
from kivy_client.session.registry_line import RegistryLine
from kivy_client.session.search import fold
from kivy_client.session.state import Contact, Person
from kivy_client.session.table import Table
from kivy_client.session.trust import Trust
from kivy_client.session.vocabulary import NoticeKind, Presence
from registro.wire.fields import NameError_, canonical_prefix
from registro.wire.messages import Acompanhar, Message

FOLLOW_DELAY = 0.3
"""Seconds that a list which scrolls may take to come to rest."""

MOST_FOLLOWED_BYTES = 3500
"""A line holds 4096 bytes, and a name may be written longer than it is."""


class Room:
    """Rows for the face. All names are canonical."""

    def __init__(
        self,
        clock: IReactorTime,
        line: RegistryLine,
        contacts: Contacts,
        trust: Trust,
        display: Display,
    ) -> None:
        self._line, self._contacts, self._trust, self._display = line, contacts, trust, display
        self.table = Table(clock, line.ask_many, self.changed)
        self._people = People(self._row)
        self._follow_soon = Timer(clock)
        self._looked_at: tuple[str, ...] = ()
        self._followed: tuple[str, ...] | None = None
        self._online = False
        self._server = ""
        self._me = ""

    # where we are

    def enter(self, server: str, me: str) -> None:
        """The registry is connected, and this is our name there."""
        if server != self._server:
            self.table.forget()
        old, self._server, self._me = self._server, server, me
        self._online = True
        self._followed = None
        self.table.online()
        names = {*self._contacts.of(old), *self._contacts.of(server), *self.table.entries, me}
        self.changed(names)
        self._show_contacts()

    def leave(self) -> None:
        """The registry is away: nobody is seen to be there."""
        self._online = False
        self.table.offline()
        self.changed(list(self.table.entries))

    def received(self, message: Message, seq: int) -> bool:
        """Take a message of the table; False if it is none."""
        taken = self.table.received(message, seq)
        if taken:
            self._follow()
        return taken

    # the rows

    def _row(self, name: str) -> Person | None:
        presence = self.table.presence(name) if self._online else Presence.OFFLINE
        contact = self._contacts.get(self._server, name)
        alarm = self._trust.alarmed(name)
        kept = alarm or contact != Contact(name)
        if name == self._me or (presence is Presence.OFFLINE and not kept):
            return None
        return Person(
            name=name,
            presence=presence,
            favourite=contact.favourite,
            waiting=contact.waiting,
            blocked=contact.blocked,
            always_relay=contact.always_relay,
            verified=contact.verified,
            alarm=alarm,
            key=readable_key(self._trust.key(name) or b""),
            sought=fold(name),
        )

    def changed(self, names: Iterable[str]) -> None:
        """These names may have another row now."""
        names = list(names)
        if self._people.update(names):
            self._display.put(people=self._people.rows)
        for name in names:
            self._tell_if_free(name)

    def _tell_if_free(self, name: str) -> None:
        """«Avisar quando livre»: once, then it is off again."""
        contact = self._contacts.get(self._server, name)
        if contact.waiting and self._online and self.table.presence(name) is Presence.FREE:
            self.keep(name, waiting=False)
            self._display.notify(NoticeKind.FREE_NOW, name)

    def busy_ourselves(self, name: str) -> bool:
        """Say whether the registry takes our own name for busy, and not this one: another device of ours is
        in a call, or the call of a program that was cut off has not ended yet.
        """
        mine, theirs = self.table.presence(self._me), self.table.presence(name)
        return self.table.everybody and mine is Presence.BUSY and theirs is not Presence.BUSY

    # what the person keeps

    def contact(self, name: str) -> Contact:
        """Return what is kept about a name."""
        return self._contacts.get(self._server, name)

    def keep(self, name: str, **changes: object) -> bool:
        """Change what is kept about a name; False if it was so already."""
        if not self._contacts.change(self._server, name, **changes):
            return False
        self._show_contacts()
        self.changed((name,))
        self._follow()
        return True

    def forget(self, name: str) -> bool:
        """Remove a contact; False if there is none."""
        if not self._contacts.forget(self._server, name):
            return False
        self._show_contacts()
        self.changed((name,))
        return True

    def _show_contacts(self) -> None:
        known = self._contacts.of(self._server)
        self._display.put(contacts=tuple(contact for _, contact in sorted(known.items())))

    # whom we follow in a large registry

    def look_at(self, names: Sequence[str]) -> None:
        """These rows are on the screen."""
        self._looked_at = tuple(names)
        self._follow()

    def search(self, text: str) -> None:
        """The person types this."""
        if self.table.everybody or not text.strip():
            return
        try:
            self.table.look_for(canonical_prefix(text.strip()))
        except NameError_:
            return

    def _follow(self) -> None:
        if not self.table.everybody and self._online:
            self._follow_soon.set(FOLLOW_DELAY, self._send_followed)

    def _send_followed(self) -> None:
        contacts = self._contacts.of(self._server).values()
        wanted = [contact.name for contact in contacts if contact.favourite or contact.waiting]
        names = _fitting(dict.fromkeys([*wanted, *self._looked_at]))
        if names != self._followed and self._line.say(Acompanhar(names)):
            self._followed = names


def _fitting(names: Iterable[str]) -> tuple[str, ...]:
    """Return the first names that fit into one line."""
    kept: list[str] = []
    size = 0
    for name in names:
        size += len(name.encode()) + 1
        if size > MOST_FOLLOWED_BYTES:
            break
        kept.append(name)
    return tuple(kept)
