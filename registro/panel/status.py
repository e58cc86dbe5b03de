"""The seam between the daemon and its panel: frozen values that are read, and the few commands given.

Everything here is plain data: no secret, no signature, no content of a call. Times are Unix seconds,
durations seconds, sizes bytes. Whoever implements the two protocols passes the contract tests of
`tests/contracts/panel.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum, StrEnum
from typing import Protocol

from twisted.internet.defer import Deferred


class Stage(Enum):
    """Whether the daemon takes new connections."""

    OPEN = "aberto"
    DRAINING = "encerrando"
    CLOSED = "fechado"


class BanKind(Enum):
    """What a ban is about: a canonical name, a public key (base64url) or an address range (CIDR)."""

    NAME = "nome"
    KEY = "chave"
    RANGE = "faixa"


class Reason(StrEnum):
    """Why something was not done; the page has a sentence for each in every language of its own."""

    SHUT = "nao-abre"
    NOBODY = "sem-dono"
    NOT_BANNED = "nao-banido"
    NO_NAME = "nao-e-nome"
    NO_KEY = "nao-e-chave"
    NO_RANGE = "nao-e-faixa"
    NO_KIND = "nao-e-tipo"
    NO_INVITATION = "sem-convite"
    NO_SESSION = "sem-sessao"
    WRONG_KEY = "sem-chave"
    NO_MARK = "sem-marca"
    OTHER_ORIGIN = "outra-origem"
    OTHER_HOST = "outro-nome"
    NOT_JSON = "so-json"
    UNREADABLE = "incompreensivel"
    TOO_MANY_PAGES = "paginas-demais"
    WRONG_METHOD = "outro-modo"
    NOTHING_HERE = "nada-aqui"
    INSIDE = "falha-interna"


class RefusedError(Exception):
    """A command that the daemon did not carry out: why, and what the sentence about it mentions."""

    def __init__(self, reason: Reason, **values: str) -> None:
        super().__init__(reason, values)
        self.reason, self.values = reason, values


@dataclass(frozen=True, slots=True)
class Place:
    """Where the registry is reached: `host` and `port` as listened on, the public `link`, the fingerprint."""

    host: str
    port: int
    link: str
    fingerprint: str


@dataclass(frozen=True, slots=True)
class Distribution:
    """A histogram, not cumulative: `counts[i]` values were <= `bounds[i]`, `counts[-1]` above all of them.

    `total` is the sum of the values.
    """

    bounds: tuple[float, ...] = ()
    counts: tuple[int, ...] = (0,)
    total: float = 0.0


@dataclass(frozen=True, slots=True)
class Traffic:
    """What the daemon counted since it started; a mapping goes from a label to a number that only grows."""

    connections: int = 0
    messages_in: int = 0
    messages_out: int = 0
    lookups_found: int = 0
    lookups_missing: int = 0
    registrations: int = 0
    refused_registrations: Mapping[str, int] = field(default_factory=dict)
    calls_ended: Mapping[str, int] = field(default_factory=dict)
    errors: Mapping[str, int] = field(default_factory=dict)
    limited: Mapping[str, int] = field(default_factory=dict)
    setup_time: Distribution = Distribution()
    presence_lag: Distribution = Distribution()


@dataclass(frozen=True, slots=True)
class Present:
    """What is there right now; `queues` goes from a queue's name, which says its unit, to its size."""

    connections: int = 0
    unregistered: int = 0
    registered: int = 0
    ringing: int = 0
    talking: int = 0
    queues: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Process:
    """What a process costs: CPU seconds (user and system) and resident memory."""

    cpu: float = 0.0
    memory: int = 0


@dataclass(frozen=True, slots=True)
class RelayLoad:
    """The relay process's own counters; without a `running` relay they are what was last heard of it."""

    running: bool = False
    elsewhere: bool = False
    """the operator uses relays of other machines, of which nothing is known here"""
    legs: int = 0
    packets: int = 0
    size: int = 0
    """bytes of payload that were forwarded"""
    drops: Mapping[str, int] = field(default_factory=dict)
    """datagrams that were not forwarded, by reason"""
    answers: Mapping[str, int] = field(default_factory=dict)
    """STUN requests by what became of them"""
    process: Process = Process()


@dataclass(frozen=True, slots=True)
class Status:
    """One look at the whole daemon, cheap enough to be taken three times a second."""

    now: float
    started: float
    version: str
    stage: Stage
    drain_left: float | None
    place: Place
    present: Present = Present()
    traffic: Traffic = Traffic()
    relay: RelayLoad = RelayLoad()
    process: Process = Process()


@dataclass(frozen=True, slots=True)
class Person:
    """One row of the table: who is connected, from where, in which state (the wire's word), since when."""

    name: str
    address: str
    port: int
    state: str
    since: float


@dataclass(frozen=True, slots=True)
class Table:
    """The table at `revision`."""

    revision: int
    people: tuple[Person, ...]


@dataclass(frozen=True, slots=True)
class TableChange:
    """What to do to a table of an earlier revision to make it the one of `revision`."""

    revision: int
    present: tuple[Person, ...]
    gone: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Conversation:
    """A call as the registry sees it.

    `state` is tocando or em-conversa, `path` is rele, direto, linhas or empty while unknown,
    `size` is the bytes carried for it.
    """

    caller: str
    callee: str
    state: str
    since: float
    path: str
    size: int


@dataclass(frozen=True, slots=True)
class Calls:
    """The oldest calls in progress, at most as many as were asked for, and how many there are in all."""

    total: int
    calls: tuple[Conversation, ...]


@dataclass(frozen=True, slots=True)
class Entry:
    """One message as people read it, keys and signatures shortened; `way` is '<' received or '>' sent."""

    number: int
    at: float
    way: str
    who: str
    verb: str
    text: str


@dataclass(frozen=True, slots=True)
class Entries:
    """Messages up to number `last`, oldest first; `skipped` more matched and are not shown."""

    last: int
    skipped: int
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class Fault:
    """One of the last errors that the daemon met: a sentence of the log.

    Where it is one that the page can say in its own language, `code` names it, with what it mentions.
    """

    at: float
    text: str
    code: str = ""
    values: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Ban:
    """Who is kept out, since when and why."""

    kind: BanKind
    value: str
    since: float
    reason: str


@dataclass(frozen=True, slots=True)
class OwnedName:
    """A name that somebody owns: the key's fingerprint for people and when it was claimed."""

    name: str
    key: str
    since: float


@dataclass(frozen=True, slots=True)
class Invitation:
    """A stored invitation, without its secret; `used` is how many names were claimed with it."""

    ident: str
    since: float
    note: str
    used: int


class Overview(Protocol):
    """What the panel reads. Every method answers at once from memory and costs nothing while nobody asks."""

    def stage(self) -> Stage:
        """Say whether connections are taken; cheaper than a look at everything."""

    def status(self) -> Status:
        """Take one look at everything."""

    def table(self) -> Table:
        """Give the whole table."""

    def table_since(self, revision: int) -> TableChange | None:
        """Give what changed after `revision`, or None when that is too long ago to know."""

    def calls(self, limit: int) -> Calls:
        """Give the oldest `limit` calls in progress."""

    def messages_since(self, number: int, limit: int, name: str = "", verb: str = "") -> Entries:
        """Give the newest `limit` kept messages with a higher number.

        `name` keeps those whose connection or content has a name that begins so, `verb` those
        whose verb does.
        """

    def faults(self) -> tuple[Fault, ...]:
        """Give the last errors, newest first, at most 50."""


class Controls(Protocol):
    """What the panel commands. A Deferred fails with `RefusedError` where the daemon has a reason."""

    def open(self) -> None:
        """Accept connections again; nothing happens if that is so already."""

    def close(self) -> None:
        """Stop accepting and drain; nothing happens if that is so already."""

    def names(self, prefix: str, limit: int) -> Deferred[tuple[OwnedName, ...]]:
        """List owned names that begin with `prefix`, in order of name."""

    def free(self, name: str) -> Deferred[None]:
        """Make an owned name claimable again."""

    def bans(self) -> Deferred[tuple[Ban, ...]]:
        """List the bans, newest first."""

    def ban(self, kind: BanKind, value: str, reason: str) -> Deferred[None]:
        """Keep somebody out, and end the connections that this is about."""

    def lift(self, kind: BanKind, value: str) -> Deferred[None]:
        """Let somebody in again."""

    def invitations(self) -> Deferred[tuple[Invitation, ...]]:
        """List the invitations, newest first."""

    def invite(self, note: str) -> Deferred[str]:
        """Make an invitation and give its secret: the only time it is shown."""

    def revoke(self, ident: str) -> Deferred[None]:
        """Make an invitation worthless for new names."""


class House(Overview, Controls, Protocol):
    """The daemon as the panel sees it."""
