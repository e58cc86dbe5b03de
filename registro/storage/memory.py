"""A store that forgets everything at the end: for tests and for trying things out."""

from __future__ import annotations

from itertools import count

from twisted.internet.defer import Deferred, succeed

from registro.storage.interface import (
    MISSED_PER_NAME,
    Action,
    Ban,
    BanKind,
    Invitation,
    Missed,
    OwnedName,
    Stored,
)


class MemoryStore:
    """A Store in dictionaries; every answer comes at once."""

    def __init__(self) -> None:
        self._names: dict[str, OwnedName] = {}
        self._bans: dict[tuple[str, str], Ban] = {}
        self._invitations: dict[int, Invitation] = {}
        self._missed: dict[str, list[Missed]] = {}
        self._ceiling = 0
        self._numbers = count(1)

    def load(self, now: int = 0) -> Stored:
        """Give what the registry keeps in memory."""
        return Stored(
            {nome: owned.chave for nome, owned in self._names.items()},
            tuple(self._bans.values()),
            tuple(self._invitations.values()),
            frozenset(self._missed),
            self._ceiling,
        )

    def reserve(self, ceiling: int) -> None:
        """Remember the ceiling of the revisions."""
        self._ceiling = ceiling

    def claim(self, nome: str, chave: bytes, hora: int, invitation: int | None) -> Deferred[bool]:
        """Own a free name."""
        if nome not in self._names:
            self._names[nome] = OwnedName(nome, chave, hora)
            used = self._invitations.get(invitation or 0)
            if used is not None:
                self._invitations[used.ident] = Invitation(
                    used.ident, used.segredo, used.desde, used.nota, used.usos + 1
                )
        return succeed(self._names[nome].chave == chave)

    def keep_missed(self, nome: str, de: str, hora: int) -> Deferred[None]:
        """Keep the newest 20 of a name."""
        kept = self._missed.setdefault(nome, [])
        kept.append(Missed(de, hora))
        del kept[:-MISSED_PER_NAME]
        return succeed(None)

    def take_missed(self, nome: str, since: int) -> Deferred[list[Missed]]:
        """Give and forget."""
        return succeed([missed for missed in self._missed.pop(nome, []) if missed.hora >= since])

    def raise_ceiling(self, ceiling: int) -> Deferred[None]:
        """Remember the ceiling of the revisions."""
        self._ceiling = ceiling
        return succeed(None)

    def actions(self) -> Deferred[list[Action]]:
        """Nobody else can do anything to this memory."""
        return succeed([])

    def names(self, prefix: str, limit: int) -> Deferred[list[OwnedName]]:
        """List owned names."""
        found = [self._names[nome] for nome in sorted(self._names) if nome.startswith(prefix)]
        return succeed(found[:limit])

    def free(self, nome: str, hora: int) -> Deferred[bool]:
        """Make a name claimable again."""
        self._missed.pop(nome, None)
        return succeed(self._names.pop(nome, None) is not None)

    def bans(self) -> Deferred[list[Ban]]:
        """List the bans."""
        return succeed(sorted(self._bans.values(), key=lambda ban: (-ban.desde, ban.valor)))

    def ban(self, ban: Ban) -> Deferred[None]:
        """Keep somebody out."""
        self._bans[ban.tipo, ban.valor] = ban
        return succeed(None)

    def lift(self, tipo: BanKind, valor: str, hora: int) -> Deferred[bool]:
        """Let somebody in again."""
        return succeed(self._bans.pop((tipo, valor), None) is not None)

    def invitations(self) -> Deferred[list[Invitation]]:
        """List the invitations."""
        return succeed([self._invitations[ident] for ident in sorted(self._invitations, reverse=True)])

    def invite(self, segredo: str, nota: str, hora: int) -> Deferred[int]:
        """Keep an invitation."""
        ident = next(self._numbers)
        self._invitations[ident] = Invitation(ident, segredo, hora, nota, 0)
        return succeed(ident)

    def revoke(self, ident: int, hora: int) -> Deferred[bool]:
        """Forget an invitation."""
        return succeed(self._invitations.pop(ident, None) is not None)

    def close(self) -> Deferred[None]:
        """Nothing has to be let go."""
        return succeed(None)
