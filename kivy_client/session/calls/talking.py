"""The machine of the second act: from the keys to the end, with losses on the way.

The registry may be away.
"""

from collections.abc import Callable
from typing import Protocol

from automat import TypeMachineBuilder

from kivy_client.session.calls.acts import Act, Ending, ends, over
from kivy_client.session.calls.timing import PROOF_TIME, WORD_TIME
from kivy_client.session.machines import pass_over, transitions
from kivy_client.session.vocabulary import CallPhase, EndCause
from registro.wire.errors import Fim


class Talking(Protocol):
    """What can happen once both sides have the keys."""

    def begin(self) -> None:
        """The keys are known."""

    def heard(self) -> None:
        """The first packet of the other side authenticated."""

    def fading(self) -> None:
        """Nothing has arrived for a while."""

    def back(self) -> None:
        """Packets arrive again."""

    def lost(self) -> None:
        """Nothing arrived for 30 s."""

    def left(self) -> None:
        """The other side said goodbye by its voice packets."""

    def ended_there(self, cause: EndCause, reason: str) -> None:
        """The other side or the registry ended it."""

    def hang_up(self) -> None:
        """The person ends it."""

    def abandon(self, cause: EndCause) -> None:
        """This side ends it for a reason of its own."""

    def _no_proof(self) -> None:
        """No packet of the other side ever came."""

    def _no_word(self) -> None:
        """After its goodbye the other side has not told the registry; perhaps it cannot."""


class TalkingPort(Ending, Protocol):
    """The world, as the machine sees it."""

    def phase(self, phase: CallPhase) -> None:
        """Show this phase."""

    def close(self, codigo: Fim) -> None:
        """Tell the registry that the call is over, now or when it is back."""


def _begin(machine: Talking, act: Act[TalkingPort]) -> None:
    act.timer.set(PROOF_TIME, machine._no_proof)
    act.port.phase(CallPhase.SECURING)


def _heard(_: Talking, act: Act[TalkingPort]) -> None:
    act.timer.stop()
    act.port.phase(CallPhase.TALKING)


def _fading(_: Talking, act: Act[TalkingPort]) -> None:
    act.port.phase(CallPhase.RECONNECTING)


def _left(machine: Talking, act: Act[TalkingPort]) -> None:
    act.timer.set(WORD_TIME, machine._no_word)


def _abandon(machine: Talking, act: Act[TalkingPort], cause: EndCause) -> None:
    _normal(act.port)
    over(machine, act, cause, "")


def _normal(port: TalkingPort) -> None:
    port.close(Fim.NORMAL)


def _lost(port: TalkingPort) -> None:
    port.close(Fim.PERDIDA)


def make_machine() -> Callable[[Act[TalkingPort]], Talking]:
    """Build the machine: states, then transitions that do nothing, then those that do something."""
    machine = TypeMachineBuilder(Talking, Act[TalkingPort])
    keyless = machine.state("keyless")
    securing = machine.state("securing")
    talking = machine.state("talking")
    reconnecting = machine.state("reconnecting")
    leaving = machine.state("leaving")
    done = machine.state("done")

    pass_over(
        {
            Talking.begin: (securing, talking, reconnecting, leaving, done),
            Talking.heard: (keyless, talking, leaving, done),
            Talking.fading: (keyless, securing, reconnecting, leaving, done),
            Talking.back: (keyless, securing, talking, leaving, done),
            Talking.lost: (keyless, securing, leaving, done),
            Talking.left: (keyless, leaving, done),
            Talking.ended_there: (keyless, done),
            Talking.hang_up: (keyless, done),
            Talking.abandon: (keyless, done),
        }
    )

    together = (securing, talking, reconnecting)
    transitions(
        ((keyless,), Talking.begin, securing, _begin),
        ((securing,), Talking.heard, talking, _heard),
        ((securing,), Talking._no_proof, done, ends(EndCause.NO_PATH, _lost)),
        ((talking,), Talking.fading, reconnecting, _fading),
        ((reconnecting,), Talking.back, talking, _heard),
        ((reconnecting,), Talking.heard, talking, _heard),
        ((talking, reconnecting), Talking.lost, done, ends(EndCause.CONNECTION_LOST, _lost)),
        (together, Talking.left, leaving, _left),
        (together, Talking.hang_up, done, ends(EndCause.HUNG_UP_HERE, _normal)),
        ((leaving,), Talking.hang_up, done, ends(EndCause.HUNG_UP_THERE, _normal)),
        ((leaving,), Talking._no_word, done, ends(EndCause.HUNG_UP_THERE, _normal)),
        ((*together, leaving), Talking.ended_there, done, over),
        ((*together, leaving), Talking.abandon, done, _abandon),
    )
    return machine.build()


new_talking = make_machine()
