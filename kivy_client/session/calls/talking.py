"""The machine of the second act: from the keys to the end, with losses on the way.

The registry may be away.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from automat import TypeMachineBuilder, pep614

from kivy_client.session.calls.timing import PROOF_TIME, WORD_TIME, Timer
from kivy_client.session.machines import pass_over
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


class TalkingPort(Protocol):
    """The world, as the machine sees it."""

    def phase(self, phase: CallPhase) -> None:
        """Show this phase."""

    def close(self, codigo: Fim) -> None:
        """Tell the registry that the call is over, now or when it is back."""

    def over(self, cause: EndCause, reason: str) -> None:
        """The call is over."""


@dataclass
class TalkingCore:
    """What the machine remembers: nothing but its timer."""

    port: TalkingPort
    timer: Timer


def _begin(machine: Talking, core: TalkingCore) -> None:
    core.timer.set(PROOF_TIME, machine._no_proof)
    core.port.phase(CallPhase.SECURING)


def _heard(_: Talking, core: TalkingCore) -> None:
    core.timer.stop()
    core.port.phase(CallPhase.TALKING)


def _fading(_: Talking, core: TalkingCore) -> None:
    core.port.phase(CallPhase.RECONNECTING)


def _back(_: Talking, core: TalkingCore) -> None:
    core.port.phase(CallPhase.TALKING)


def _left(machine: Talking, core: TalkingCore) -> None:
    core.timer.set(WORD_TIME, machine._no_word)


def _ends(codigo: Fim | None, cause: EndCause) -> Callable[[Talking, TalkingCore], None]:
    """Return the end of a call: this word to the registry (None: it knows), this cause for the person."""

    def end(_: Talking, core: TalkingCore) -> None:
        core.timer.stop()
        if codigo is not None:
            core.port.close(codigo)
        core.port.over(cause, "")

    return end


def _ended_there(_: Talking, core: TalkingCore, cause: EndCause, reason: str) -> None:
    core.timer.stop()
    core.port.over(cause, reason)


def _abandon(_: Talking, core: TalkingCore, cause: EndCause) -> None:
    core.timer.stop()
    core.port.close(Fim.NORMAL)
    core.port.over(cause, "")


def make_machine() -> Callable[[TalkingCore], Talking]:
    """Build the machine: states, then transitions that do nothing, then those that do something."""
    machine = TypeMachineBuilder(Talking, TalkingCore)
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

    keyless.upon(Talking.begin).to(securing)(_begin)
    securing.upon(Talking.heard).to(talking)(_heard)
    securing.upon(Talking._no_proof).to(done)(_ends(Fim.PERDIDA, EndCause.NO_PATH))
    talking.upon(Talking.fading).to(reconnecting)(_fading)
    reconnecting.upon(Talking.back).to(talking)(_back)
    reconnecting.upon(Talking.heard).to(talking)(_back)
    for state in (talking, reconnecting):
        pep614(state.upon(Talking.lost).to(done))(_ends(Fim.PERDIDA, EndCause.CONNECTION_LOST))
    for state in (securing, talking, reconnecting):
        state.upon(Talking.left).to(leaving)(_left)
        pep614(state.upon(Talking.ended_there).to(done))(_ended_there)
        pep614(state.upon(Talking.hang_up).to(done))(_ends(Fim.NORMAL, EndCause.HUNG_UP_HERE))
        pep614(state.upon(Talking.abandon).to(done))(_abandon)
    leaving.upon(Talking.ended_there).to(done)(_ended_there)
    for word in (Talking._no_word, Talking.hang_up):
        pep614(leaving.upon(word).to(done))(_ends(Fim.NORMAL, EndCause.HUNG_UP_THERE))
    leaving.upon(Talking.abandon).to(done)(_abandon)
    return machine.build()


new_talking = make_machine()
