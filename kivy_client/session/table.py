"""The registry's table as this client knows it: snapshots, changes, gaps.

It asks; it does no I/O of its own.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from twisted.internet.interfaces import IReactorTime

from kivy_client.session.calls.timing import Timer
from kivy_client.session.vocabulary import Presence
from registro.wire.messages import Message, PedidoTabela, TabelaFim, TabelaInicio, TabelaLinha, TabelaMudou

MOST_LISTED = 5000
"""Names asked for at once; in a larger registry others are found by the beginning of their name."""

MOST_FOUND = 50
GAP_TIME = 2.0
"""Seconds after which a change that is missing is asked for; a batch may end with its TABELA-FIM before."""

EVERYBODY = 500
"""Up to so many connected names the registry tells every change to everybody."""

#: Sends a question with several lines for answer; returns their number, 0 when not connected.
AskMany = Callable[[Message], int]


@dataclass(slots=True)
class Entry:
    """A connected name."""

    presence: Presence
    key: bytes | None


@dataclass(slots=True)
class _Snapshot:
    """A snapshot that is being read."""

    rev: int
    total: int
    entries: dict[str, Entry] = field(default_factory=dict)


class Table:
    """The connected names. `changed` is told which names may be others now."""

    def __init__(self, clock: IReactorTime, ask: AskMany, changed: Callable[[Iterable[str]], None]) -> None:
        self._ask, self._changed = ask, changed
        self._gap = Timer(clock)
        self.entries: dict[str, Entry] = {}
        self.rev: int | None = None
        self.everybody = True
        self.total = 0
        self._whole = 0
        self._found: set[int] = set()
        self._reading: dict[int, _Snapshot] = {}
        self._meanwhile: list[TabelaMudou] = []
        self._routes: dict[type[Message], Callable[..., None]] = {
            TabelaInicio: self._begin,
            TabelaLinha: self._line,
            TabelaFim: self._end,
            TabelaMudou: self._change,
        }

    def online(self) -> None:
        """The registry is connected (again): ask for the table, or for what changed meanwhile."""
        self._reading.clear()
        self._found.clear()
        self._meanwhile.clear()
        self._ask_whole()

    def offline(self) -> None:
        """The registry is away: what is known is kept for those who come back soon, and shown as not
        connected.
        """
        self._gap.stop()
        self._whole = 0

    def forget(self) -> None:
        """Another registry: nothing is known."""
        names = list(self.entries)
        self.entries.clear()
        self.rev = None
        self._changed(names)

    def look_for(self, prefix: str) -> None:
        """Ask for names that begin so."""
        seq = self._ask(PedidoTabela(prefixo=prefix, limite=MOST_FOUND))
        if seq:
            self._found.add(seq)

    def received(self, message: Message, seq: int) -> bool:
        """Take a message of the table; False if it is none."""
        route = self._routes.get(type(message))
        if route is not None:
            route(message, seq)
        return route is not None

    def presence(self, name: str) -> Presence:
        """Return what is known of a name."""
        entry = self.entries.get(name)
        return entry.presence if entry is not None else Presence.OFFLINE

    def _ask_whole(self) -> None:
        self._gap.stop()
        if self.rev is None or not self.everybody:
            self._whole = self._ask(PedidoTabela(limite=MOST_LISTED))
        else:
            self._whole = self._ask(PedidoTabela(desde=self.rev))

    def _begin(self, message: TabelaInicio, seq: int) -> None:
        self._reading[seq] = _Snapshot(message.rev, message.total)

    def _line(self, message: TabelaLinha, seq: int) -> None:
        snapshot = self._reading.get(seq)
        if snapshot is not None:
            snapshot.entries[message.nome] = Entry(Presence(message.estado), message.chave)

    def _end(self, message: TabelaFim, seq: int) -> None:
        snapshot = self._reading.pop(seq, None)
        if snapshot is None:
            self._end_of_changes(message, seq)
        elif seq in self._found:
            self._found.discard(seq)
            self.entries.update(snapshot.entries)
            self._changed(snapshot.entries)
        else:
            self._replace(snapshot)

    def _end_of_changes(self, message: TabelaFim, seq: int) -> None:
        """A batch ended: nothing is missing up to there. Unasked, it says that we get only what we follow."""
        if seq == 0:
            self.everybody = False
        if seq in (0, self._whole):
            self._gap.stop()
            self.rev = message.rev

    def _replace(self, snapshot: _Snapshot) -> None:
        names = set(self.entries) | set(snapshot.entries)
        self.entries = snapshot.entries
        self.rev, self.total = snapshot.rev, snapshot.total
        self.everybody = snapshot.total <= EVERYBODY
        later, self._meanwhile = self._meanwhile, []
        for change in later:
            self._change(change, 0)
        self._changed(names)

    def _change(self, message: TabelaMudou, seq: int) -> None:
        if self._reading and seq == 0:
            self._meanwhile = [*self._meanwhile, message][-MOST_LISTED:]
            return
        if seq == 0 and not self._is_new(message.rev):
            return
        self._apply(message)

    def _is_new(self, rev: int) -> bool:
        """Judge a change that was pushed.

        If one before it is missing, `rev` stays there until that is mended.
        """
        if self.rev is None:
            return True
        if rev <= self.rev:
            return False
        if rev == self.rev + 1:
            self.rev = rev
        elif not self._gap.running:
            self._gap.set(GAP_TIME, self._ask_whole)
        return True

    def _apply(self, message: TabelaMudou) -> None:
        presence = Presence(message.estado)
        known = self.entries.get(message.nome)
        if presence is Presence.OFFLINE:
            self.entries.pop(message.nome, None)
        else:
            key = message.chave if message.chave is not None else (known.key if known else None)
            self.entries[message.nome] = Entry(presence, key)
        self._changed((message.nome,))
