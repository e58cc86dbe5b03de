"""The machine of the first act of an outgoing call: find the name, invite, wait for the answer."""

from collections.abc import Callable
from typing import Protocol

from automat import TypeMachineBuilder

from kivy_client.session.calls.acts import Act, Ending, ends, over
from kivy_client.session.calls.timing import RING_TIME
from kivy_client.session.machines import pass_over, transitions
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


class DialingPort(Ending, Protocol):
    """The world, as the machine sees it."""

    def invite(self) -> None:
        """Send CONVITE and get the voice ready."""

    def withdraw(self) -> None:
        """Tell the registry that the call is given up."""

    def open_key(self, reply: Reply, candidates: tuple[Candidate, ...]) -> None:
        """Check the acceptance, send CHAVE, and go on to talk; or end the call as forged."""

    def phase(self, phase: CallPhase) -> None:
        """Show this phase."""


def _found(machine: Dialing, act: Act[DialingPort]) -> None:
    act.timer.set(RING_TIME, machine._too_long)
    act.port.invite()


def _rings(_: Dialing, act: Act[DialingPort]) -> None:
    act.port.phase(CallPhase.RINGING)


def _answered(_: Dialing, act: Act[DialingPort], reply: Reply, candidates: tuple[Candidate, ...]) -> None:
    act.timer.stop()
    act.port.open_key(reply, candidates)


def _withdraw(port: DialingPort) -> None:
    port.withdraw()


def make_machine() -> Callable[[Act[DialingPort]], Dialing]:
    """Build the machine: states, then transitions that do nothing, then those that do something."""
    machine = TypeMachineBuilder(Dialing, Act[DialingPort])
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

    transitions(
        ((looking,), Dialing.found, inviting, _found),
        ((looking,), Dialing.give_up, done, ends(EndCause.CANCELLED_HERE)),
        ((inviting,), Dialing.rings, ringing, _rings),
        ((inviting, ringing), Dialing.answered, done, _answered),
        ((inviting, ringing), Dialing.crossed, done, ends(EndCause.CROSSED)),
        ((inviting, ringing), Dialing.give_up, done, ends(EndCause.CANCELLED_HERE, _withdraw)),
        ((inviting, ringing), Dialing._too_long, done, ends(EndCause.NO_ANSWER, _withdraw)),
        ((looking, inviting, ringing), Dialing.failed, done, over),
    )
    return machine.build()


new_dialing = make_machine()
