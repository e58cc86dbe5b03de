"""What the rows share: how long and how often to measure, and servers measured side by side."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from bench.common.figures import Goal, Spread, ratios
from bench.common.process import BenchError
from bench.common.table import Line
from bench.registro.load import Load, Round
from bench.registro.servers import Place, Server, Starter

WINDOW = 100
"""How many users connect at the same time."""

Rates = dict[str, list[float]]
"""Done per second of server CPU, one figure a round, by server."""


@dataclass(frozen=True)
class Bench:
    """One run: the servers' place, the load client and its core, and how much to do."""

    place: Place
    load_program: Path
    load_core: int
    rounds: int
    seconds: float
    many: int
    say: Callable[[str], None]

    def serve(self, stack: ExitStack, starter: Starter, tls: bool) -> Server:
        """Start a server that ends with the stack."""
        server = starter(self.place, tls)
        stack.enter_context(server.program)
        return server

    def load(self, stack: ExitStack, server: Server) -> Load:
        """Join a load client to a server; it ends with the stack, before the server."""
        load = Load(self.load_program, server, core=self.load_core, folder=self.place.folder)
        return stack.enter_context(load)

    def connected(self, stack: ExitStack, starter: Starter, tls: bool, users: int) -> Load:
        """Start a server and register users at it."""
        load = self.load(stack, self.serve(stack, starter, tls))
        connect(load, users)
        return load

    def all_connected(
        self, stack: ExitStack, starters: Mapping[str, Starter], tls: bool, users: int
    ) -> dict[str, Load]:
        """Do that for each server; one that cannot be started is said and left out, except ours."""
        loads = {}
        for name, starter in starters.items():
            try:
                loads[name] = self.connected(stack, starter, tls, users)
            except BenchError as error:
                if name == OURS:
                    raise
                self.say(f"without {name}: {error}")
        return loads


OURS = "sala"


def connect(load: Load, users: int) -> Round:
    """Register `users` more users, WINDOW at a time."""
    return load.run(f"connect {users} {WINDOW}", 130)


def rates(bench: Bench, loads: Mapping[str, Load], command: str) -> Rates:
    """Measure `command SECONDS` at each server in turn, round by round, each after a short warm-up.

    The order turns with the rounds, so that nobody is always the first. `command` may hold a `{}` where the
    seconds belong. A peer that fails is said and left out altogether; when ours fails, BenchError.
    """
    form = command if "{}" in command else command + " {}"
    found: Rates = {name: [] for name in loads}
    for number in range(bench.rounds):
        names = list(found)
        for name in names[number % len(names) :] + names[: number % len(names)]:
            try:
                loads[name].run(form.format(0.3), 20)
                done = loads[name].run(form.format(bench.seconds), bench.seconds + 20)
            except BenchError as error:
                if name == OURS:
                    raise
                bench.say(f"without {name}: {error}")
                del found[name]
            else:
                found[name].append(done.per_cpu_second)
    return found


def compared(
    row: str,
    what: str,
    found: Mapping[str, Sequence[float]],
    goals: Mapping[str, Goal | None],
    unit: str = "",
) -> list[Line]:
    """Return each server's figures and the ratios of ours to the others, with their goals."""
    lines = [Line(row, f"{what}, {name}", Spread.of(figures), unit) for name, figures in found.items()]
    for name, goal in goals.items():
        if name in found:
            lines.append(held_beside(row, what, found, OURS, name, goal))
    return lines


def held_beside(
    row: str, what: str, found: Mapping[str, Sequence[float]], name: str, other: str, goal: Goal | None = None
) -> Line:
    """Return the ratio of one server's figures to another's, round by round."""
    return Line(row, f"{what}, {name} / {other}", ratios(found[name], found[other]), " ×", goal)
