"""All calls: who may write to whom about them, and what becomes of calls whose people leave."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from automat import NoTransition
from twisted.internet.interfaces import IDelayedCall, IReactorTime

from registro.admission import PACKET_BYTES, PACKET_SIZE, PACKETS
from registro.call import Call, Core, new_call
from registro.refusal import Refused
from registro.session import Session
from registro.wire import codec, messages
from registro.wire.errors import Codigo
from registro.wire.fields import FieldError

RING = 45.0
"""Seconds that a call rings."""

RETURN = 60.0
"""Seconds that an accepted call waits for anybody to come back."""

CALLER, CALLEE = "a", "b"

# What each side's line is to the call's machine; a side without an entry may not write that verb.
_INPUTS: dict[type[messages.Message], dict[str, str]] = {
    messages.Tocando: {CALLEE: "callee_rings"},
    messages.ConviteAceito: {CALLEE: "callee_accepts"},
    messages.ConviteRejeitado: {CALLEE: "callee_rejects"},
    messages.Chave: {CALLER: "caller_opens"},
    messages.Caminhos: {CALLER: "caller_talks", CALLEE: "callee_talks"},
    messages.Pacote: {CALLER: "caller_talks", CALLEE: "callee_talks"},
    messages.EncerrarLigacao: {CALLER: "caller_ends", CALLEE: "callee_ends"},
}
_WITH_CODE = (messages.ConviteRejeitado, messages.EncerrarLigacao)


@dataclass(slots=True)
class Leg:
    """One side of a call; what its packets have used of their rates."""

    nome: str
    packets: float = 0.0
    octets: float = 0.0


@dataclass(slots=True, eq=False)
class Line:
    """One live call: its people, its machine, its timer."""

    chamada: bytes
    caller: Leg
    callee: Leg
    since: float
    board: Switchboard
    answered_at: float | None = None
    size: int = 0
    """bytes of voice that went through the registry's lines"""
    timer: IDelayedCall | None = None
    call: Call = field(init=False)

    def __post_init__(self) -> None:
        self.call = new_call(Core(self.chamada, self))

    def to_caller(self, line: bytes) -> None:
        """Write to the caller."""
        self.board.write(self.caller.nome, line)

    def to_callee(self, line: bytes) -> None:
        """Write to the callee."""
        self.board.write(self.callee.nome, line)

    def answered(self) -> None:
        """The ring is over."""
        self.stop_timer()
        self.answered_at = self.board.clock.seconds()
        if self.board.answered is not None:
            self.board.answered(self.answered_at - self.since)

    def over(self, cause: str) -> None:
        """The call is over."""
        self.stop_timer()
        self.board.forget(self, cause)

    def start_timer(self, seconds: float, then: Callable[[], Any]) -> None:
        """Call `then` unless something else happens first."""
        self.stop_timer()
        self.timer = self.board.clock.callLater(seconds, then)

    def stop_timer(self) -> None:
        """Stop waiting."""
        if self.timer is not None and self.timer.active():
            self.timer.cancel()
        self.timer = None


class Switchboard:
    """The live calls by number and by name: a name is in one call at most."""

    def __init__(
        self, clock: IReactorTime, sessions: dict[str, Session], busy: Callable[[str], None]
    ) -> None:
        """`busy(nome)` is told whenever a name enters or leaves a call."""
        self.clock, self._sessions, self._busy = clock, sessions, busy
        self.lines: dict[bytes, Line] = {}
        self.by_name: dict[str, Line] = {}
        self.ended: Counter[str] = Counter()
        self.answered: Callable[[float], object] | None = None
        """told the seconds from the invitation to the answer"""
        self.idle: Callable[[], object] | None = None
        """told whenever the last accepted call has ended"""
        self.dropped = 0

    def write(self, nome: str, line: bytes) -> None:
        """Write to a name's connection, if it has one; packets do not wait for who does not read."""
        session = self._sessions.get(nome)
        if session is None or (session.link.behind and line.startswith(b"PACOTE ")):
            return
        session.link.write(line)

    def is_live(self, chamada: bytes) -> bool:
        """Say whether a call of this number lives."""
        return chamada in self.lines

    def is_crossed(self, caller: str, callee: str) -> bool:
        """Say whether the callee is ringing the caller right now."""
        line = self.by_name.get(caller)
        return line is not None and line.caller.nome == callee and line.answered_at is None

    def invite(self, chamada: bytes, caller: str, callee: str) -> Line:
        """Begin a call that rings."""
        line = Line(chamada, Leg(caller), Leg(callee), self.clock.seconds(), self)
        self.lines[chamada] = self.by_name[caller] = self.by_name[callee] = line
        line.start_timer(RING, line.call.ring_expires)
        self._busy(caller)
        self._busy(callee)
        return line

    def relay(self, session: Session, message: Any, line: bytes) -> None:
        """Take a line about a call from one of its people and do what it says, or raise Refused."""
        found = self.lines.get(message.chamada)
        if found is None or session.nome not in (found.caller.nome, found.callee.nome):
            raise Refused(Codigo.NAO_ENCONTRADO)
        side = CALLER if session.nome == found.caller.nome else CALLEE
        happens = _INPUTS[type(message)].get(side)
        if happens is None:
            raise Refused(Codigo.FORA_DE_ORDEM)
        if type(message) is messages.Pacote and not self._admits(found, side, message):
            return
        code = (message.codigo,) if isinstance(message, _WITH_CODE) else ()
        try:
            getattr(found.call, happens)(codec.hand_on(line, session.nome), *code)
        except NoTransition:
            raise Refused(Codigo.FORA_DE_ORDEM) from None
        except FieldError as error:
            raise Refused(Codigo.SINTAXE, str(error)) from None

    def _admits(self, line: Line, side: str, packet: messages.Pacote) -> bool:
        """Hold a packet to a leg's limits: too big is an error, too many are lost as on any network."""
        size = len(packet.dado)
        if line.answered_at is None:
            raise Refused(Codigo.FORA_DE_ORDEM)
        if size > PACKET_SIZE:
            raise Refused(Codigo.LIMITE, "um pacote de voz tem no máximo 508 bytes", 1)
        leg, now = line.caller if side == CALLER else line.callee, self.clock.seconds()
        packets = PACKETS.take(leg.packets, now)
        octets = PACKET_BYTES.take(leg.octets, now, size)
        if packets is None or octets is None:
            self.dropped += 1
            return False
        leg.packets, leg.octets = packets, octets
        line.size += size
        return True

    def lost(self, nome: str) -> None:
        """Learn that a name's connection ended or was replaced."""
        line = self.by_name.get(nome)
        if line is None:
            return
        if nome == line.caller.nome:
            line.call.caller_is_lost()
        else:
            line.call.callee_is_lost()
        there = line.caller.nome in self._sessions or line.callee.nome in self._sessions
        if line.chamada in self.lines and not there:
            line.start_timer(RETURN, line.call.nobody_comes_back)

    def came_back(self, nome: str) -> None:
        """Learn that a name is connected again."""
        line = self.by_name.get(nome)
        if line is not None and line.answered_at is not None:
            line.stop_timer()

    def forget(self, line: Line, cause: str) -> None:
        """Take an ended call out."""
        del self.lines[line.chamada]
        self.ended[cause] += 1
        for leg in (line.caller, line.callee):
            self.by_name.pop(leg.nome, None)
            self._busy(leg.nome)
        if self.idle is not None and not self.talking:
            self.idle()

    @property
    def talking(self) -> int:
        """How many calls were answered and live."""
        return sum(line.answered_at is not None for line in self.lines.values())

    def stop_ringing(self) -> None:
        """End every ring: the registry stops."""
        for line in list(self.lines.values()):
            line.call.registry_stops()
