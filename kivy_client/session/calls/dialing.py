"""The machine of the first act of an outgoing call: find the name, invite, wait for the answer."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from automat import TypeMachineBuilder, pep614

from kivy_client.session.calls.timing import RING_TIME, Timer
from kivy_client.session.machines import pass_over
from kivy_client.session.vocabulary import CallPhase, EndCause
from voz.handshake import Reply
from voz.net import Candidate


class Dialing(Protocol):
    """What can happen while this side calls."""

    def found(self) -> None:
        """The name is known and its key is the right one."""

    def rings(self) -> None:
        """The other side's program says that it rings."""

    def answered(self, reply: Reply, candidates: tuple[Candidate, ...]) -> None:
        """The other side accepted."""

    def failed(self, cause: EndCause, reason: str) -> None:
        """It came to nothing: refused, not found, registry gone."""

    def crossed(self) -> None:
        """The other side called first: that call lives on, this one is given up for it."""

    def give_up(self) -> None:
        """The person does not want to wait any longer."""

    def _too_long(self) -> None:
        """Nobody answered in `RING_TIME`."""


class DialingPort(Protocol):
    """The world, as the machine sees it."""

    def invite(self) -> None:
        """Send CONVITE and get the voice ready."""

    def withdraw(self) -> None:
        """Tell the registry that the call is given up."""

    def open_key(self, reply: Reply, candidates: tuple[Candidate, ...]) -> None:
        """Check the acceptance, send CHAVE, and go on to talk; or end the call as forged."""

    def make_way(self) -> None:
        """End this call without a trace: the crossed one takes its place."""

    def phase(self, phase: CallPhase) -> None:
        """Show this phase."""

    def over(self, cause: EndCause, reason: str) -> None:
        """The call is over."""


@dataclass
class DialingCore:
    """What the machine remembers: nothing but its timer."""

    port: DialingPort
    timer: Timer


def _found(machine: Dialing, core: DialingCore) -> None:
    core.timer.set(RING_TIME, machine._too_long)
    core.port.invite()


def _rings(_: Dialing, core: DialingCore) -> None:
    core.port.phase(CallPhase.RINGING)


def _answered(_: Dialing, core: DialingCore, reply: Reply, candidates: tuple[Candidate, ...]) -> None:
    core.timer.stop()
    core.port.open_key(reply, candidates)


def _failed(_: Dialing, core: DialingCore, cause: EndCause, reason: str) -> None:
    core.timer.stop()
    core.port.over(cause, reason)


def _crossed(_: Dialing, core: DialingCore) -> None:
    core.timer.stop()
    core.port.make_way()


def _drop(_: Dialing, core: DialingCore) -> None:
    core.port.over(EndCause.CANCELLED_HERE, "")


def _give_up(_: Dialing, core: DialingCore) -> None:
    core.timer.stop()
    core.port.withdraw()
    core.port.over(EndCause.CANCELLED_HERE, "")


def _too_long(_: Dialing, core: DialingCore) -> None:
    core.port.withdraw()
    core.port.over(EndCause.NO_ANSWER, "")


def make_machine() -> Callable[[DialingCore], Dialing]:
    """Build the machine: states, then transitions that do nothing, then those that do something."""
    machine = TypeMachineBuilder(Dialing, DialingCore)
    looking = machine.state("looking")
    inviting = machine.state("inviting")
    ringing = machine.state("ringing")
    done = machine.state("done")

    pass_over(
        {
            Dialing.found: (inviting, ringing, done),
            Dialing.rings: (looking, ringing, done),
            Dialing.answered: (looking, done),
            Dialing.failed: (done,),
            Dialing.crossed: (looking, done),
            Dialing.give_up: (done,),
        }
    )

    looking.upon(Dialing.found).to(inviting)(_found)
    looking.upon(Dialing.failed).to(done)(_failed)
    looking.upon(Dialing.give_up).to(done)(_drop)
    inviting.upon(Dialing.rings).to(ringing)(_rings)
    for state in (inviting, ringing):
        pep614(state.upon(Dialing.answered).to(done))(_answered)
        pep614(state.upon(Dialing.failed).to(done))(_failed)
        pep614(state.upon(Dialing.crossed).to(done))(_crossed)
        pep614(state.upon(Dialing.give_up).to(done))(_give_up)
        pep614(state.upon(Dialing._too_long).to(done))(_too_long)
    return machine.build()


new_dialing = make_machine()
