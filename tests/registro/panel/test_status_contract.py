"""The contract of the seam, kept by the example daemon that the other tests of the panel use."""

from __future__ import annotations

from dataclasses import replace

from twisted.internet.task import Clock
from twisted.trial.unittest import TestCase

from tests.contracts.panel import PanelContract
from tests.support.panel_house import ExampleHouse


class ExampleWorld:
    """Makes things happen in an example daemon."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.clock.advance(1_700_000_000)
        self.house = ExampleHouse(self.clock.seconds)

    def join(self, name: str) -> None:
        """Connect somebody who owns the name."""
        self.house.join(name)
        self.house.own(name)

    def leave(self, name: str) -> None:
        """Disconnect somebody."""
        self.house.leave(name)

    def look_up(self, asker: str, name: str) -> None:
        """Ask for a name."""
        found = name in self.house.people
        traffic = self.house.traffic
        self.house.say("<", asker, f"PEDIDO-CONSULTA 1 nome={name}")
        self.house.say(">", asker, f"CONSULTA-{'BEM' if found else 'MAL'}-SUCEDIDA 1 nome={name}")
        self.house.traffic = replace(
            traffic,
            lookups_found=traffic.lookups_found + found,
            lookups_missing=traffic.lookups_missing + (not found),
            messages_in=traffic.messages_in + 1,
            messages_out=traffic.messages_out + 1,
        )

    def ring(self, caller: str, callee: str) -> None:
        """Call somebody."""
        self.house.call(caller, callee, state="tocando", path="")

    def hang_up(self, caller: str) -> None:
        """End the call."""
        self.house.hang_up()
        self.house.traffic = replace(self.house.traffic, calls_ended={"cancelada": 1})

    def pass_time(self) -> None:
        """Let a second pass."""
        self.clock.advance(1)

    def drain_over(self) -> None:
        """Let the drain end."""
        self.house.hang_up()


class ExampleHouseTests(PanelContract, TestCase):
    """The example daemon keeps the contract."""

    def setUp(self) -> None:
        """Begin with an empty daemon."""
        self.world = ExampleWorld()
