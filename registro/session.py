"""One connection as the registry sees it: a stranger, then a name, then gone (protocol sections 3 and 4)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

from automat import TypeMachineBuilder, pep614

from registro.quicken import quicken
from registro.wire import codec
from registro.wire.errors import Encerramento, Estado
from registro.wire.messages import Encerrado, Message


class Link(Protocol):
    """What a session asks of its connection."""

    local: bool
    """on the plain endpoint, where `binding` is the challenge and not the exporter"""
    who: str
    """whose quota this connection uses; empty if nobody counts it"""
    host: str
    port: int
    label: str
    """how the journal calls this connection"""
    local_host: str
    """the address at which the client reached us"""

    @property
    def behind(self) -> bool:
        """Whether the client has not read what it was sent: no pushes and no packets for it now."""

    def binding(self) -> bytes:
        """Return the 32 bytes that a signature must cover to be of this connection."""

    def write(self, lines: bytes, count: int = 1) -> None:
        """Write `count` whole lines."""

    def stream(self, lines: bytes) -> None:
        """Write an answer of any length, as fast as the client reads; its requests wait meanwhile."""

    def hold(self) -> None:
        """Read no further line until `release`."""

    def release(self) -> None:
        """Read on."""

    def transgressed(self) -> None:
        """Count one answer that said `limite`; the third closes the connection."""

    def close(self) -> None:
        """Close the connection when everything is written."""


class Life(Protocol):
    """What can happen to a session."""

    def asks_for_name(self) -> None:
        """A PEDIDO-REGISTRO has come."""

    def is_admitted(self) -> None:
        """The name is the client's."""

    def is_turned_away(self) -> None:
        """The name is not the client's; it may try again."""

    def ends(self) -> None:
        """The connection is closed, by either side."""


@dataclass(slots=True, eq=False)
class Session:
    """What the registry knows of one connection; `nome` is empty before it is registered or when replaced."""

    link: Link
    nome: str = ""
    chave: bytes = b""
    estado: str = Estado.LIVRE
    registered: bool = False
    open: bool = True
    base: int = 0
    """pushes begin after this revision"""
    stale: bool = False
    """a push was left out: the client needs a snapshot"""
    watched: frozenset[str] = frozenset()
    life: Life = field(init=False)

    def __post_init__(self) -> None:
        self.life = new_life(self)

    def answer(self, message: Message, seq: int = 0) -> None:
        """Write one message."""
        self.link.write(codec.render(message, seq))

    def close(self, codigo: Encerramento, motivo: str, seq: int = 0) -> None:
        """Say why, and close."""
        self.answer(Encerrado(codigo, motivo), seq)
        self.link.close()


machine = TypeMachineBuilder(Life, Session)

stranger = machine.state("stranger")
judged = machine.state("judged")
registered = machine.state("registered")
gone = machine.state("gone")

# Nothing to do: the disk answers after the client has gone.
gone.upon(Life.is_admitted).loop().returns(None)
gone.upon(Life.is_turned_away).loop().returns(None)
gone.upon(Life.ends).loop().returns(None)


# Something to do.
@pep614(stranger.upon(Life.asks_for_name).to(judged))
def _asks(_: Life, session: Session) -> None:
    session.link.hold()


@pep614(judged.upon(Life.is_admitted).to(registered))
def _admitted(_: Life, session: Session) -> None:
    session.registered = True
    session.link.release()


@pep614(judged.upon(Life.is_turned_away).to(stranger))
def _turned_away(_: Life, session: Session) -> None:
    session.link.release()


def _ends(_: Life, session: Session) -> None:
    session.open = session.registered = False


for state in (stranger, judged, registered):
    state.upon(Life.ends).to(gone)(_ends)

quicken(machine)
new_life = machine.build()
"""Make the life of a session that has just connected."""
