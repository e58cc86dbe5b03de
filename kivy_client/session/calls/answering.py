"""The machine of the first act of an incoming call: check the invitation, ring, wait for the person, then for
the key.
"""

from collections.abc import Callable
from typing import Protocol

from automat import TypeMachineBuilder

from kivy_client.session.calls.acts import Act, Ending, ends, over
from kivy_client.session.calls.timing import KEY_TIME, RING_TIME
from kivy_client.session.machines import pass_over, transitions
from kivy_client.session.vocabulary import CallPhase, EndCause
from registro.wire.errors import Recusa
from voz.handshake import Reply
from voz.net import Candidate

DOUBTS = {
    EndCause.CLOCK: "os relógios dos dois computadores diferem em mais de dois minutos",
    EndCause.KEY_CHANGED: "a sua chave não é mais a que este lado conhece",
}
"""What the caller is told when the program refuses for its person: what an honest one can mend."""


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


class AnsweringPort(Ending, Protocol):
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

    def phase(self, phase: CallPhase) -> None:
        """Show this phase."""


def _vouched(machine: Answering, act: Act[AnsweringPort]) -> None:
    act.timer.set(RING_TIME, machine._too_long)
    act.port.ring(aloud=True)


def _accept(machine: Answering, act: Act[AnsweringPort]) -> None:
    act.timer.set(KEY_TIME, machine._too_long)
    act.port.phase(CallPhase.SECURING)
    act.port.answer()


def _accept_at_once(machine: Answering, act: Act[AnsweringPort]) -> None:
    if act.port.ring(aloud=False):
        _accept(machine, act)


def _doubted(machine: Answering, act: Act[AnsweringPort], cause: EndCause) -> None:
    act.port.reject(Recusa.RECUSADO, DOUBTS.get(cause, ""))
    over(machine, act, cause, "")


def _refuse(machine: Answering, act: Act[AnsweringPort], reason: str) -> None:
    act.port.reject(Recusa.RECUSADO, reason)
    over(machine, act, EndCause.REFUSED_HERE, "")


def _hang_up(machine: Answering, act: Act[AnsweringPort], reason: str) -> None:
    act.port.withdraw()
    over(machine, act, EndCause.HUNG_UP_HERE, reason)


def _opened(_: Answering, act: Act[AnsweringPort], reply: Reply, candidates: tuple[Candidate, ...]) -> None:
    act.timer.stop()
    act.port.finish_key(reply, candidates)


def _no_answer(port: AnsweringPort) -> None:
    port.reject(Recusa.NAO_ATENDE, "")


def _withdraw(port: AnsweringPort) -> None:
    port.withdraw()


def make_machine() -> Callable[[Act[AnsweringPort]], Answering]:
    """Build the machine: states, then transitions that do nothing, then those that do something."""
    machine = TypeMachineBuilder(Answering, Act[AnsweringPort])
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
    transitions(
        ((checking,), Answering.vouched, ringing, _vouched),
        ((wanted,), Answering.vouched, keyless, _accept_at_once),
        ((checking, wanted), Answering.doubted, done, _doubted),
        ((ringing,), Answering.accept, keyless, _accept),
        ((ringing,), Answering._too_long, done, ends(EndCause.MISSED, _no_answer)),
        ((checking, wanted, ringing), Answering.refuse, done, _refuse),
        ((checking, wanted, ringing), Answering.server_lost, done, ends(EndCause.SERVER_GONE)),
        ((keyless,), Answering.opened, done, _opened),
        ((keyless,), Answering.refuse, done, _hang_up),
        ((keyless,), Answering._too_long, done, ends(EndCause.NO_PATH, _withdraw)),
        ((checking, wanted, ringing, keyless), Answering.failed, done, over),
    )
    return machine.build()


new_answering = make_machine()
