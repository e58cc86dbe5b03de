"""One call as the registry sees it: who may say what, when, and how it ends (protocol section 3, "Calls")."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from automat import TypeMachineBuilder, pep614

from registro.quicken import quicken
from registro.wire import codec
from registro.wire.errors import Fim, Recusa
from registro.wire.messages import ConviteRejeitado, EncerrarLigacao


class Call(Protocol):
    """What can happen to a call. `line` is what the other side gets."""

    def callee_rings(self, line: bytes) -> None:
        """The callee's program says that it rings."""

    def callee_accepts(self, line: bytes) -> None:
        """The callee picks up."""

    def callee_rejects(self, line: bytes, codigo: str) -> None:
        """The callee does not want to talk."""

    def caller_opens(self, line: bytes) -> None:
        """The caller sends its ephemeral key."""

    def caller_talks(self, line: bytes) -> None:
        """The caller sends paths or a packet."""

    def callee_talks(self, line: bytes) -> None:
        """The callee sends paths or a packet."""

    def caller_ends(self, line: bytes, codigo: str) -> None:
        """The caller hangs up or gives up."""

    def callee_ends(self, line: bytes, codigo: str) -> None:
        """The callee hangs up."""

    def ring_expires(self) -> None:
        """Nobody picked up in time."""

    def caller_is_lost(self) -> None:
        """The caller's connection ended or was replaced."""

    def callee_is_lost(self) -> None:
        """The callee's connection ended or was replaced."""

    def nobody_comes_back(self) -> None:
        """Neither side has been connected for a minute."""

    def registry_stops(self) -> None:
        """The registry takes no more calls."""


class Port(Protocol):
    """What a call does to the world."""

    def to_caller(self, line: bytes) -> None:
        """Write a line to the caller, wherever that name is connected now; nowhere if it is not."""

    def to_callee(self, line: bytes) -> None:
        """Write a line to the callee."""

    def answered(self) -> None:
        """The ring is over, the conversation begins."""

    def over(self, cause: str) -> None:
        """The call is over; `cause` is the code of the line that ended it."""


@dataclass(slots=True)
class Core:
    """What a call knows."""

    chamada: bytes
    port: Port

    def tell_caller(self, codigo: Recusa) -> None:
        """Refuse the invitation in the registry's own name."""
        self.port.to_caller(codec.render(ConviteRejeitado(self.chamada, codigo)))

    def tell_callee(self, codigo: Fim) -> None:
        """End the ringing in the registry's own name."""
        self.port.to_callee(codec.render(EncerrarLigacao(self.chamada, codigo)))


machine = TypeMachineBuilder(Call, Core)

ringing = machine.state("ringing")
accepted = machine.state("accepted")
talking = machine.state("talking")
over = machine.state("over")

# Nothing to do: what may come when it does not matter any more.
for state in (accepted, talking):
    state.upon(Call.caller_is_lost).loop().returns(None)
    state.upon(Call.callee_is_lost).loop().returns(None)
    state.upon(Call.registry_stops).loop().returns(None)


# Something to do: while it rings.
@pep614(ringing.upon(Call.callee_rings).loop())
def _rings(_: Call, core: Core, line: bytes) -> None:
    core.port.to_caller(line)


@pep614(ringing.upon(Call.callee_accepts).to(accepted))
def _accepts(_: Call, core: Core, line: bytes) -> None:
    core.port.answered()
    core.port.to_caller(line)


@pep614(ringing.upon(Call.callee_rejects).to(over))
def _rejects(_: Call, core: Core, line: bytes, codigo: str) -> None:
    core.port.to_caller(line)
    core.port.over(codigo)


@pep614(ringing.upon(Call.caller_ends).to(over))
def _gives_up(_: Call, core: Core, line: bytes, codigo: str) -> None:
    core.port.to_callee(line)
    core.port.over(codigo)


@pep614(ringing.upon(Call.ring_expires).to(over))
def _expires(_: Call, core: Core) -> None:
    core.tell_caller(Recusa.NAO_ATENDE)
    core.tell_callee(Fim.NAO_ATENDE)
    core.port.over(Fim.NAO_ATENDE)


@pep614(ringing.upon(Call.caller_is_lost).to(over))
def _caller_is_lost(_: Call, core: Core) -> None:
    core.tell_callee(Fim.CANCELADA)
    core.port.over(Fim.CANCELADA)


@pep614(ringing.upon(Call.callee_is_lost).to(over))
def _callee_is_lost(_: Call, core: Core) -> None:
    core.tell_caller(Recusa.NAO_ATENDE)
    core.port.over(Fim.NAO_ATENDE)


@pep614(ringing.upon(Call.registry_stops).to(over))
def _stops(_: Call, core: Core) -> None:
    core.tell_caller(Recusa.ENCERRANDO)
    core.tell_callee(Fim.ENCERRANDO)
    core.port.over(Fim.ENCERRANDO)


# Something to do: from the answer on.
@pep614(accepted.upon(Call.caller_opens).to(talking))
def _opens(_: Call, core: Core, line: bytes) -> None:
    core.port.to_callee(line)


def _to_callee(_: Call, core: Core, line: bytes) -> None:
    core.port.to_callee(line)


def _to_caller(_: Call, core: Core, line: bytes) -> None:
    core.port.to_caller(line)


def _caller_ends(_: Call, core: Core, line: bytes, codigo: str) -> None:
    core.port.to_callee(line)
    core.port.over(codigo)


def _callee_ends(_: Call, core: Core, line: bytes, codigo: str) -> None:
    core.port.to_caller(line)
    core.port.over(codigo)


def _forgotten(_: Call, core: Core) -> None:
    core.port.over(Fim.PERDIDA)


for state in (accepted, talking):
    state.upon(Call.caller_talks).loop()(_to_callee)
    state.upon(Call.callee_talks).loop()(_to_caller)
    state.upon(Call.caller_ends).to(over)(_caller_ends)
    state.upon(Call.callee_ends).to(over)(_callee_ends)
    state.upon(Call.nobody_comes_back).to(over)(_forgotten)

quicken(machine)
new_call = machine.build()
"""Make a call that rings from a Core."""
