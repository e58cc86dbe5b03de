"""A daemon for the tests of the panel: keeps all in memory and does what it is told, by the same contract."""

from __future__ import annotations

import secrets
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from ipaddress import ip_network

from twisted.internet.defer import Deferred, fail, succeed

from registro.panel.status import (
    Ban,
    BanKind,
    Calls,
    Conversation,
    Entries,
    Entry,
    Fault,
    Invitation,
    OwnedName,
    Person,
    Place,
    Present,
    Process,
    Reason,
    RefusedError,
    RelayLoad,
    Stage,
    Status,
    Table,
    TableChange,
    Traffic,
)

LINK = "sala://registro.example:5000/#" + "abcdefghijklmnopqrstuvwxyz234567abcdefghijklmnopqrst"


class ExampleHouse:
    """What a test sets up by `join`, `leave`, `say`, `call`, `own` and `err` is what the panel reads."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._started = now()
        self.now_stage = Stage.OPEN
        self.drain_ends: float | None = None
        self.traffic = Traffic()
        self.relay = RelayLoad(running=True)
        self.people: dict[str, Person] = {}
        self.revision = 1000
        self._changed: deque[tuple[int, str]] = deque(maxlen=1024)
        self._messages: deque[Entry] = deque(maxlen=2000)
        self._numbered = 0
        self._calls: list[Conversation] = []
        self._faults: deque[Fault] = deque(maxlen=50)
        self._bans: list[Ban] = []
        self._names: dict[str, OwnedName] = {}
        self._invitations: dict[str, Invitation] = {}

    # What happens in the house.

    def join(self, name: str, address: str = "192.0.2.7", port: int = 40000, state: str = "livre") -> None:
        """Let somebody connect or change."""
        self.people[name] = Person(name, address, port, state, self._now())
        self._change(name)

    def leave(self, name: str) -> None:
        """Let somebody go."""
        del self.people[name]
        self._change(name)

    def say(self, way: str, who: str, text: str) -> None:
        """Let a message pass."""
        self._numbered += 1
        verb = text.partition(" ")[0]
        self._messages.append(Entry(self._numbered, self._now(), way, who, verb, text.partition(" ")[2]))

    def call(
        self, caller: str, callee: str, state: str = "em-conversa", path: str = "rele", size: int = 0
    ) -> None:
        """Let two people talk."""
        self._calls.append(Conversation(caller, callee, state, self._now(), path, size))

    def hang_up(self) -> None:
        """Let all calls end, and with the last of them the draining."""
        self._calls.clear()
        if self.now_stage is Stage.DRAINING:
            self.now_stage, self.drain_ends = Stage.CLOSED, None

    def own(self, name: str) -> None:
        """Let somebody own a name."""
        self._names[name] = OwnedName(name, "abcd efgh", self._now())

    def err(self, text: str) -> None:
        """Let something go wrong."""
        self._faults.appendleft(Fault(self._now(), text))

    # What the panel reads.

    def stage(self) -> Stage:
        """Say whether it is open."""
        return self.now_stage

    def status(self) -> Status:
        """Take one look."""
        now = self._now()
        return Status(
            now=now,
            started=self._started,
            version="0.1.0",
            stage=self.now_stage,
            drain_left=None if self.drain_ends is None else max(0.0, self.drain_ends - now),
            place=Place("::", 5000, LINK, LINK.partition("#")[2]),
            present=Present(
                connections=len(self.people) + 1,
                unregistered=1,
                registered=len(self.people),
                ringing=sum(call.state == "tocando" for call in self._calls),
                talking=sum(call.state == "em-conversa" for call in self._calls),
                queues={"pendente_bytes": 0},
            ),
            traffic=self.traffic,
            relay=self.relay,
            process=Process(cpu=1.5, memory=40 << 20),
        )

    def table(self) -> Table:
        """Give all rows."""
        return Table(self.revision, tuple(self.people.values()))

    def table_since(self, revision: int) -> TableChange | None:
        """Give the rows that changed."""
        if self._changed and revision < self._changed[0][0] - 1:
            return None
        names = {name for number, name in self._changed if number > revision}
        present = tuple(self.people[name] for name in sorted(names & set(self.people)))
        return TableChange(self.revision, present, tuple(sorted(names - set(self.people))))

    def calls(self, limit: int) -> Calls:
        """Give the oldest."""
        return Calls(len(self._calls), tuple(self._calls[:limit]))

    def messages_since(self, number: int, limit: int, name: str = "", verb: str = "") -> Entries:
        """Give the newest that match."""
        found = [
            entry
            for entry in self._messages
            if entry.number > number
            and entry.verb.startswith(verb)
            and (entry.who.startswith(name) or f"={name}" in entry.text)
        ]
        return Entries(self._numbered, max(0, len(found) - limit), tuple(found[-limit:]))

    def faults(self) -> tuple[Fault, ...]:
        """Give the last errors."""
        return tuple(self._faults)

    # What the panel commands.

    def open(self) -> None:
        """Accept again."""
        self.now_stage, self.drain_ends = Stage.OPEN, None

    def close(self) -> None:
        """Drain while somebody talks."""
        if self.now_stage is Stage.OPEN:
            self.now_stage, self.drain_ends = Stage.DRAINING, self._now() + 60
            if not self._calls:
                self.hang_up()

    def names(self, prefix: str, limit: int) -> Deferred[tuple[OwnedName, ...]]:
        """List owned names."""
        found = (self._names[name] for name in sorted(self._names) if name.startswith(prefix))
        return succeed(tuple(found)[:limit])

    def free(self, name: str) -> Deferred[None]:
        """Free a name."""
        if self._names.pop(name, None) is None:
            return fail(RefusedError(Reason.NOBODY, nome=name))
        return succeed(None)

    def bans(self) -> Deferred[tuple[Ban, ...]]:
        """List the bans."""
        return succeed(tuple(reversed(self._bans)))

    def ban(self, kind: BanKind, value: str, reason: str) -> Deferred[None]:
        """Keep somebody out."""
        if kind is BanKind.RANGE:
            try:
                ip_network(value)
            except ValueError:
                return fail(RefusedError(Reason.NO_RANGE, valor=value))
        self._bans.append(Ban(kind, value, self._now(), reason))
        if kind is BanKind.NAME and value in self.people:
            self.leave(value)
        return succeed(None)

    def lift(self, kind: BanKind, value: str) -> Deferred[None]:
        """Let somebody in again."""
        kept = [ban for ban in self._bans if (ban.kind, ban.value) != (kind, value)]
        if len(kept) == len(self._bans):
            return fail(RefusedError(Reason.NOT_BANNED, valor=value))
        self._bans = kept
        return succeed(None)

    def invitations(self) -> Deferred[tuple[Invitation, ...]]:
        """List the invitations."""
        return succeed(tuple(reversed(self._invitations.values())))

    def invite(self, note: str) -> Deferred[str]:
        """Make an invitation."""
        ident = f"c{len(self._invitations) + 1}"
        self._invitations[ident] = Invitation(ident, self._now(), note, 0)
        return succeed(secrets.token_urlsafe(16))

    def revoke(self, ident: str) -> Deferred[None]:
        """Take an invitation back."""
        if self._invitations.pop(ident, None) is None:
            return fail(RefusedError(Reason.NO_INVITATION))
        return succeed(None)

    def use(self, ident: str) -> None:
        """Let somebody claim a name with an invitation."""
        kept = self._invitations[ident]
        self._invitations[ident] = replace(kept, used=kept.used + 1)

    def _change(self, name: str) -> None:
        self.revision += 1
        self._changed.append((self.revision, name))
