"""The machine of the first act of an incoming call: check the invitation, ring, wait for the person, then for
the key.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from automat import TypeMachineBuilder, pep614

from kivy_client.session.calls.timing import KEY_TIME, RING_TIME, Timer
from kivy_client.session.machines import pass_over
from kivy_client.session.vocabulary import CallPhase, EndCause
from registro.wire.errors import Recusa
from voz.handshake import Reply
from voz.net import Candidate


class Answering(Protocol):
    """What can happen while this side is called."""

    def vouched(self) -> None:
        """The invitation is from whom it says."""

    def doubted(self, cause: EndCause) -> None:
        """It is not, or the caller is not wanted."""

    def accept(self) -> None:
        """The person answers (or wanted this very call before it came: crossed invitations)."""

    def refuse(self, reason: str) -> None:
        """The person does not want to answer."""

    def opened(self, reply: Reply, candidates: tuple[Candidate, ...]) -> None:
        """The caller's key came."""

    def failed(self, cause: EndCause, reason: str) -> None:
        """The registry or the caller ended it."""

    def server_lost(self) -> None:
        """The connection to the registry broke: a ring ends, an accepted call goes on."""

    def _too_long(self) -> None:
        """Nobody answered, or the key did not come."""


class AnsweringPort(Protocol):
    """The world, as the machine sees it."""

    def ring(self, aloud: bool) -> bool:
        """Send TOCANDO, get the voice ready, and ring; False if that failed, and the call with it."""

    def reject(self, codigo: Recusa, reason: str) -> None:
        """Send CONVITE-REJEITADO."""

    def answer(self) -> None:
        """Send CONVITE-ACEITO."""

    def finish_key(self, reply: Reply, candidates: tuple[Candidate, ...]) -> None:
        """Check CHAVE and go on to talk; or end the call as forged."""

    def withdraw(self) -> None:
        """Tell the registry that the accepted call is over."""

    def over(self, cause: EndCause, reason: str) -> None:
        """The call is over."""

    def phase(self, phase: CallPhase) -> None:
        """Show this phase."""


@dataclass
class AnsweringCore:
    """What the machine remembers: nothing but its timer."""

    port: AnsweringPort
    timer: Timer


def _vouched(machine: Answering, core: AnsweringCore) -> None:
    core.timer.set(RING_TIME, machine._too_long)
    core.port.ring(aloud=True)


def _accept(machine: Answering, core: AnsweringCore) -> None:
    core.timer.set(KEY_TIME, machine._too_long)
    core.port.phase(CallPhase.SECURING)
    core.port.answer()


def _accept_at_once(machine: Answering, core: AnsweringCore) -> None:
    if core.port.ring(aloud=False):
        _accept(machine, core)


def _doubted(_: Answering, core: AnsweringCore, cause: EndCause) -> None:
    core.timer.stop()
    core.port.reject(Recusa.RECUSADO, "")
    core.port.over(cause, "")


def _refuse(_: Answering, core: AnsweringCore, reason: str) -> None:
    core.timer.stop()
    core.port.reject(Recusa.RECUSADO, reason)
    core.port.over(EndCause.REFUSED_HERE, "")


def _hang_up(_: Answering, core: AnsweringCore, reason: str) -> None:
    core.timer.stop()
    core.port.withdraw()
    core.port.over(EndCause.HUNG_UP_HERE, reason)


def _opened(_: Answering, core: AnsweringCore, reply: Reply, candidates: tuple[Candidate, ...]) -> None:
    core.timer.stop()
    core.port.finish_key(reply, candidates)


def _failed(_: Answering, core: AnsweringCore, cause: EndCause, reason: str) -> None:
    core.timer.stop()
    core.port.over(cause, reason)


def _server_lost(_: Answering, core: AnsweringCore) -> None:
    core.timer.stop()
    core.port.over(EndCause.SERVER_GONE, "")


def _not_answered(_: Answering, core: AnsweringCore) -> None:
    core.port.reject(Recusa.NAO_ATENDE, "")
    core.port.over(EndCause.MISSED, "")


def _no_key(_: Answering, core: AnsweringCore) -> None:
    core.port.withdraw()
    core.port.over(EndCause.NO_PATH, "")


def make_machine() -> Callable[[AnsweringCore], Answering]:
    """Build the machine: states, then transitions that do nothing, then those that do something."""
    machine = TypeMachineBuilder(Answering, AnsweringCore)
    checking = machine.state("checking")
    wanted = machine.state("wanted")
    ringing = machine.state("ringing")
    keyless = machine.state("keyless")
    done = machine.state("done")

    pass_over(
        {
            Answering.vouched: (ringing, keyless, done),
            Answering.doubted: (ringing, keyless, done),
            Answering.accept: (wanted, keyless, done),
            Answering.refuse: (done,),
            Answering.opened: (checking, wanted, ringing, done),
            Answering.failed: (done,),
            Answering.server_lost: (keyless, done),
        }
    )

    checking.upon(Answering.accept).to(wanted).returns(None)
    checking.upon(Answering.vouched).to(ringing)(_vouched)
    wanted.upon(Answering.vouched).to(keyless)(_accept_at_once)
    ringing.upon(Answering.accept).to(keyless)(_accept)
    ringing.upon(Answering._too_long).to(done)(_not_answered)
    keyless.upon(Answering.opened).to(done)(_opened)
    keyless.upon(Answering.refuse).to(done)(_hang_up)
    keyless.upon(Answering._too_long).to(done)(_no_key)
    keyless.upon(Answering.failed).to(done)(_failed)
    for state in (checking, wanted):
        pep614(state.upon(Answering.doubted).to(done))(_doubted)
    for state in (checking, wanted, ringing):
        pep614(state.upon(Answering.refuse).to(done))(_refuse)
        pep614(state.upon(Answering.failed).to(done))(_failed)
        pep614(state.upon(Answering.server_lost).to(done))(_server_lost)
    return machine.build()


new_answering = make_machine()
