"""The life of one conversation, from waiting for keys to the end; one Automat machine, no timers, no I/O."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from automat import TypeMachineBuilder, pep614


class Life(Protocol):
    """What can happen to a conversation."""

    def secured(self) -> None:
        """The keys are known."""

    def heard(self) -> None:
        """A packet of the other side authenticated."""

    def quiet(self) -> None:
        """Nothing was heard for a moment too long."""

    def silent(self) -> None:
        """Nothing was heard for so long that the other side must be gone."""

    def left(self) -> None:
        """The other side said BYE."""

    def end(self) -> None:
        """Our side has had enough."""


class World(Protocol):
    """What a conversation does about it."""

    def prove(self, on: bool) -> None:
        """Start or stop showing that we hold the keys."""

    def talk(self) -> None:
        """Let the voice begin."""

    def tell_reconnecting(self, on: bool) -> None:
        """The line is silent, or speaks again."""

    def tell_left(self) -> None:
        """The other side went."""

    def tell_lost(self) -> None:
        """The other side is lost."""

    def close(self) -> None:
        """Let go of everything."""


@dataclass(slots=True)
class Core:
    """What the machine works on."""

    world: World


machine = TypeMachineBuilder(Life, Core)

waiting = machine.state("waiting")
proving = machine.state("proving")
talking = machine.state("talking")
reconnecting = machine.state("reconnecting")
gone = machine.state("gone")
over = machine.state("over")

# Nothing to do.
for state in (talking, gone, over):
    state.upon(Life.heard).loop().returns(None)
for state in (waiting, reconnecting, gone, over):
    state.upon(Life.quiet).loop().returns(None)
for state in (waiting, gone, over):
    state.upon(Life.silent).loop().returns(None)
    state.upon(Life.left).loop().returns(None)
for state in (proving, talking, reconnecting, gone, over):
    state.upon(Life.secured).loop().returns(None)
proving.upon(Life.quiet).loop().returns(None)
waiting.upon(Life.heard).loop().returns(None)
over.upon(Life.end).loop().returns(None)


# Something to do.
@pep614(waiting.upon(Life.secured).to(proving))
def _secured(_: Life, core: Core) -> None:
    core.world.prove(True)


@pep614(proving.upon(Life.heard).to(talking))
def _first_heard(_: Life, core: Core) -> None:
    core.world.prove(False)
    core.world.talk()


@pep614(talking.upon(Life.quiet).to(reconnecting))
def _quiet(_: Life, core: Core) -> None:
    core.world.prove(True)
    core.world.tell_reconnecting(True)


@pep614(reconnecting.upon(Life.heard).to(talking))
def _heard_again(_: Life, core: Core) -> None:
    core.world.prove(False)
    core.world.tell_reconnecting(False)


for state in (proving, talking, reconnecting):

    @pep614(state.upon(Life.silent).to(gone))
    def _silent(_: Life, core: Core) -> None:
        core.world.prove(False)
        core.world.tell_lost()

    @pep614(state.upon(Life.left).to(gone))
    def _left(_: Life, core: Core) -> None:
        core.world.prove(False)
        core.world.tell_left()


for state in (waiting, proving, talking, reconnecting, gone):

    @pep614(state.upon(Life.end).to(over))
    def _end(_: Life, core: Core) -> None:
        core.world.close()


begin = machine.build()
"""Makes the machine of one conversation from its Core."""
