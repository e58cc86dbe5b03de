"""Whatever a registry says, the client stays on its feet: any messages, in any order, in any phase."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from kivy_client.session.session import Session
from registro.wire.codec import FROM_REGISTRY, WireError, parse, render
from registro.wire.errors import CODIGOS, FINS, RECUSAS
from registro.wire.fields import FieldError
from registro.wire.messages import ALL, Message, Way
from tests.kivy_client.session.test_calls import Other
from tests.registro.wire.strategies import message_of
from tests.support.client_world import ClientWorld

SPOKEN = [kind for kind in ALL.values() if kind.WRITER & Way.REGISTRY]
SAID = st.lists(
    st.tuples(
        st.one_of(*map(message_of, SPOKEN)),
        st.integers(0, 6),
        st.booleans(),
        st.sampled_from(sorted(RECUSAS | FINS | CODIGOS)),
    ),
    max_size=12,
)


def readable(message: Message) -> bool:
    """Say whether a client would read this message at all."""
    try:
        parse(render(message), FROM_REGISTRY)
    except (WireError, FieldError):
        return False
    return True


class FuzzTests(SynchronousTestCase):
    """A registry out of its mind."""

    def client(self, phase: str) -> ClientWorld:
        """Return a client in this phase of a call."""
        world = ClientWorld(Path(self.mktemp()), self.patch)
        world.online("ana", bia="livre")
        if phase == "calling":
            world.client.call("bia")
            world.turn()
            world.answer_look_up("bia")
        elif phase == "ringing":
            world.say(Other(world).invitation())
            world.answer_look_up("bia")
        elif phase == "talking":
            world.client.call("bia")
            world.turn()
            world.answer_look_up("bia")
            other = Other(world)
            other.invited()
            world.say(other.acceptance())
            world.voices[-1].listener.talking()
            world.turn()
        return world

    @given(
        st.sampled_from(("idle", "calling", "ringing", "talking")),
        SAID,
    )
    @settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    def test_any_messages(self, phase: str, said: list[tuple[Message, int, bool, str]]) -> None:
        """No message makes the client fail; afterwards it still does what the person asks."""
        world = self.client(phase)
        call = world.client.session.exchange.call
        for message, seq, ours, codigo in said:
            told: Any = message
            if ours and call is not None and hasattr(told, "chamada"):
                told = replace(told, chamada=call.call_id)
            if codigo in told.VALUES.get("codigo", ()):
                told = replace(told, codigo=codigo)
            if readable(told):
                self.tell(world, told, seq)
        world.client.hang_up()
        world.client.disconnect()
        world.turn()
        self.assertEqual([], self.flushLoggedErrors())
        self.assertIsNone(world.client.session.exchange.call)

    def tell(self, world: ClientWorld, message: Message, seq: int) -> None:
        """Say it, if the connection is still there."""
        if not world.registry.lost:
            world.say(message, seq)
        else:
            session: Session = world.client.session
            session.received(message, seq)
