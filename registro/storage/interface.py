"""The store as the registry sees it: values, and a protocol that memory, SQLite and Redis all keep.

Every method but the first two answers with a Deferred that fires when the change is on disk, where there
is one. Times are Unix seconds.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from twisted.internet.defer import Deferred

MISSED_PER_NAME = 20
MISSED_SECONDS = 14 * 24 * 3600


class StorageError(Exception):
    """Os dados do registro não puderam ser lidos ou escritos."""


class BanKind(StrEnum):
    """What a ban is about: a canonical name, a key (base64url) or an address range (CIDR)."""

    NOME = "nome"
    CHAVE = "chave"
    FAIXA = "faixa"


@dataclass(frozen=True, slots=True)
class Ban:
    """Who is kept out, since when and why."""

    tipo: BanKind
    valor: str
    desde: int
    motivo: str


@dataclass(frozen=True, slots=True)
class Invitation:
    """A secret that lets its holders claim new names; `usos` were claimed with it."""

    ident: int
    segredo: str
    desde: int
    nota: str
    usos: int


@dataclass(frozen=True, slots=True)
class OwnedName:
    """A name, the key that owns it, and since when."""

    nome: str
    chave: bytes
    desde: int


@dataclass(frozen=True, slots=True)
class Missed:
    """Somebody called a name that was not connected."""

    de: str
    hora: int


class ActionKind(StrEnum):
    """What others may do to a registry through its store: operators, and where it is shared, other nodes."""

    FREED = "liberado"
    BANS = "banimentos"
    INVITATIONS = "convites"
    CLAIMED = "registrado"
    MISSED = "perdida"


@dataclass(frozen=True, slots=True)
class Action:
    """One thing that somebody else did.

    `valor` is the name that was freed, claimed or called, else empty; `chave` the key that claimed it.
    """

    tipo: ActionKind
    valor: str = ""
    chave: bytes = b""


@dataclass(frozen=True, slots=True)
class Stored:
    """What a registry keeps in memory of its store."""

    owners: dict[str, bytes] = field(default_factory=dict)
    bans: tuple[Ban, ...] = ()
    invitations: tuple[Invitation, ...] = ()
    missed: frozenset[str] = frozenset()
    """the names that have missed calls"""
    ceiling: int = 0
    """every revision that was ever given to anybody is below this"""


class Store(Protocol):
    """What the registry asks of its store."""

    def load(self, now: int = 0) -> Stored:
        """Read everything that is kept in memory; called once, before anything else."""

    def reserve(self, ceiling: int) -> None:
        """Remember that revisions below `ceiling` may be given; called once, after `load`, before any is."""

    def claim(self, nome: str, chave: bytes, hora: int, invitation: int | None) -> Deferred[bool]:
        """Make the key the owner of a free name; False if somebody else owns it by now."""

    def keep_missed(self, nome: str, de: str, hora: int) -> Deferred[None]:
        """Keep a missed call: the newest 20 of a name."""

    def take_missed(self, nome: str, since: int) -> Deferred[list[Missed]]:
        """Give and forget a name's missed calls, oldest first; those before `since` are only forgotten."""

    def raise_ceiling(self, ceiling: int) -> Deferred[None]:
        """Remember that revisions below `ceiling` may have been given."""

    def actions(self) -> Deferred[list[Action]]:
        """Give what others did to the store since the last time."""

    def names(self, prefix: str, limit: int) -> Deferred[list[OwnedName]]:
        """List owned names that begin with `prefix`, in order."""

    def free(self, nome: str, hora: int) -> Deferred[bool]:
        """Make a name claimable again and forget its missed calls; False if nobody owned it."""

    def bans(self) -> Deferred[list[Ban]]:
        """List the bans, newest first."""

    def ban(self, ban: Ban) -> Deferred[None]:
        """Keep somebody out; replaces a ban of the same kind and value."""

    def lift(self, tipo: BanKind, valor: str, hora: int) -> Deferred[bool]:
        """Let somebody in again; False if nobody kept them out."""

    def invitations(self) -> Deferred[list[Invitation]]:
        """List the invitations, newest first."""

    def invite(self, segredo: str, nota: str, hora: int) -> Deferred[int]:
        """Keep a new invitation and give its number."""

    def revoke(self, ident: int, hora: int) -> Deferred[bool]:
        """Forget an invitation; False if there is none of this number."""

    def close(self) -> Deferred[None]:
        """Finish what was asked and let go of the files."""
