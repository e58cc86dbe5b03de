"""The rows of the table: what is measured, beside whom, and the goal each figure has to reach."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass

from bench.common import proc
from bench.common.figures import Goal, Spread
from bench.common.process import BenchError
from bench.common.table import Line
from bench.registro import servers
from bench.registro.bench import OURS, WINDOW, Bench, compared, connect, held_beside, rates
from bench.registro.load import Load
from bench.registro.panel import panel_cost
from bench.registro.servers import Starter

PLAIN: Mapping[str, Starter] = {OURS: servers.sala, "Kamailio": servers.kamailio, "C": servers.yardstick}
SECURE: Mapping[str, Starter] = {
    OURS: servers.sala,
    "Kamailio": servers.kamailio,
    "C": servers.yardstick,
    "Mumble": servers.mumble,
}
SETTLE = 1.5
"""Seconds after which a server has done what it gathers (tables, presence, journal)."""


def look_ups(bench: Bench) -> list[Line]:
    """Look-ups of 1,000 plain connections, one under way in each."""
    with ExitStack() as stack:
        found = rates(bench, bench.all_connected(stack, PLAIN, tls=False, users=1000), "lookup")
    goals = {"Kamailio": Goal(least=1.7), "C": Goal(least=0.27)}
    return compared("consulta", "look-ups a CPU second, plain, 1,000 connections", found, goals)


def registrations(bench: Bench) -> list[Line]:
    """New plain connections that register and leave; ours and C verify a signature, Kamailio does not."""
    with ExitStack() as stack:
        loads = bench.all_connected(stack, PLAIN, tls=False, users=0)
        for load in loads.values():
            load.run("join 2 50", 20)  # ours puts the thousand names on disk once, not in what is measured
        found = rates(bench, loads, "join {} 50")
    goals = {"Kamailio": None, "C": None}
    return compared("registro", "connect and register a CPU second, plain", found, goals)


def calls(bench: Bench) -> list[Line]:
    """Call set-ups (and their ends) between 50 pairs of plain connections."""
    with ExitStack() as stack:
        found = rates(bench, bench.all_connected(stack, PLAIN, tls=False, users=100), "call")
    goals = {"Kamailio": Goal(least=2.5), "C": None}
    return compared("chamada", "calls a CPU second, plain, 100 connections", found, goals)


def secure_look_ups(bench: Bench) -> list[Line]:
    """Look-ups of 1,000 TLS connections; Mumble answers pings instead."""
    with ExitStack() as stack:
        found = rates(bench, bench.all_connected(stack, SECURE, tls=True, users=1000), "lookup")
    goals = {"Kamailio": Goal(least=0.85), "C": None, "Mumble": None}
    return compared("consulta-tls", "look-ups a CPU second, TLS, 1,000 connections", found, goals)


@dataclass(frozen=True)
class Arrival:
    """1,000 users' arrival: seconds and CPU seconds (the load client's apart), with new names and again with
    known ones; KiB a user."""

    seconds: float
    cpu: float
    client: float
    again: float
    cpu_again: float
    memory: float


def arrivals(bench: Bench) -> list[Line]:
    """1,000 TLS clients connect and register at a fresh server, and what each costs in memory when idle."""
    found: dict[str, list[Arrival]] = {}
    for _ in range(min(bench.rounds, 3)):
        for name, starter in SECURE.items():
            try:
                found.setdefault(name, []).append(_arrive(bench, starter))
            except BenchError as error:
                if name == OURS:
                    raise
                bench.say(f"without {name}: {error}")
                del found[name]

    def figures(of: str) -> dict[str, list[float]]:
        return {name: [getattr(each, of) for each in each_round] for name, each_round in found.items()}

    floor = [
        held_beside("entrada-tls", what, figures(of), "C", "Kamailio")
        for what, of in (("1,000 TLS clients connect and register", "seconds"), ("the same, CPU", "cpu"))
        if {"C", "Kamailio"} <= found.keys()
    ]
    in_time = {"Kamailio": Goal(most=0.5), "Mumble": None, "C": None}
    in_memory = {"Kamailio": Goal(most=0.8), "Mumble": Goal(most=0.27), "C": None}
    no_goal = {"Kamailio": None}
    what = "what the load client itself computes for them, of one core"
    return [
        *compared("entrada-tls", "1,000 TLS clients connect and register", figures("seconds"), in_time, " s"),
        *compared("entrada-tls", "the same, CPU", figures("cpu"), no_goal, " s"),
        *floor,
        *compared("entrada-tls", what, figures("client"), {}, " s"),
        *compared("entrada-tls", "the same 1,000 come again", figures("again"), no_goal, " s"),
        *compared("entrada-tls", "the same 1,000 come again, CPU", figures("cpu_again"), no_goal, " s"),
        *compared("entrada-tls", "memory of an idle TLS user", figures("memory"), in_memory, " KiB"),
    ]


def _arrive(bench: Bench, starter: Starter) -> Arrival:
    """Measure 1,000 arrivals, after WINDOW that warm the server up, then the same after all have gone."""
    with ExitStack() as stack:
        server = bench.serve(stack, starter, tls=True)
        with bench.load(stack, server) as load:
            connect(load, WINDOW)
            time.sleep(SETTLE)
            before, idle = server.program.memory(), load.cpu()
            first = connect(load, 1000)
            computed = load.cpu() - idle
            time.sleep(SETTLE)
            grown = server.program.memory() - before
        time.sleep(SETTLE)
        second = connect(bench.load(stack, server), 1000)
        return Arrival(
            first.report.seconds, first.cpu, computed, second.report.seconds, second.cpu, grown / 1000
        )


def ten_thousand(bench: Bench) -> list[Line]:
    """Many idle TLS users in one process of ours, and calls set up among them at a fixed rate."""
    with ExitStack() as stack:
        load = bench.connected(stack, servers.sala, tls=True, users=1)
        arrived = connect(load, bench.many - 1)
        time.sleep(SETTLE)
        family = load.server.program
        own = proc.pss_kib([family.pid]) / 1024
        whole = family.memory() / 1024
        seconds = max(3.0, bench.seconds * 4)
        done = load.run(f"rate {seconds} 100", seconds + 20)
    if done.report.skipped:
        raise BenchError(f"{done.report.skipped} calls could not be begun in time")
    users = f"{bench.many:,} idle TLS users"
    goal = Goal(most=400, unit=" MiB")
    return [
        Line("dez-mil", f"{users}: they arrive in", Spread.of([arrived.report.seconds]), " s"),
        Line("dez-mil", f"{users}: memory of the process", Spread.of([own]), " MiB", goal),
        Line("dez-mil", f"{users}: the same with the relay's process", Spread.of([whole]), " MiB"),
        Line("dez-mil", f"{users}, 100 calls/s: set-up, median", Spread.of([done.report.p50_ms]), " ms"),
        Line(
            "dez-mil",
            f"{users}, 100 calls/s: set-up, p99",
            Spread.of([done.report.p99_ms]),
            " ms",
            Goal(most=50, unit=" ms"),
        ),
        Line("dez-mil", f"{users}, 100 calls/s: CPU", Spread.of([100 * done.cpu / seconds]), " %"),
    ]


def presence(bench: Bench) -> list[Line]:
    """One user's change of presence told to 500, without what the server does anyway."""
    lines = []
    for tls in (False, True):
        found: dict[str, list[float]] = {}
        with ExitStack() as stack:
            starters = {OURS: servers.sala, "C": servers.yardstick}
            loads = bench.all_connected(stack, starters, tls=tls, users=500)
            time.sleep(SETTLE)
            for _ in range(min(bench.rounds, 3)):
                for name, load in loads.items():
                    found.setdefault(name, []).append(_change_cost(load))
        what = f"CPU of one change told to 500 subscribers, {'TLS' if tls else 'plain'}"
        for name, costs in found.items():
            goal = Goal(most=3, unit=" ms") if name == OURS and not tls else None
            lines.append(Line("presenca", f"{what}, {name}", Spread.of(costs), " ms", goal))
        if "C" in found:
            lines.append(held_beside("presenca", what, found, OURS, "C"))
    return lines


def _change_cost(load: Load) -> float:
    """Return milliseconds of CPU a change, of ten that are each told by themselves."""
    count, apart = 10, 0.4
    program = load.server.program
    before = program.cpu()
    time.sleep(count * apart)
    idle = program.cpu() - before
    done = load.run(f"change {count} {apart * 1e3:g}", 20)
    if done.report.pushes < count * 500:
        raise BenchError(f"{done.report.pushes} pushes for {count} changes and 500 subscribers")
    return 1e3 * (done.cpu - idle) / count


def journal(bench: Bench) -> list[Line]:
    """Look-ups with the journal written to a pipe, beside the same with `--silencioso`."""
    both = {OURS: servers.sala, "sala --silencioso": servers.silent_sala}
    with ExitStack() as stack:
        found = rates(bench, bench.all_connected(stack, both, tls=False, users=1000), "lookup")
    goals = {"sala --silencioso": Goal(least=0.85)}
    return compared("diario", "look-ups a CPU second with the journal", found, goals)


ROWS: Mapping[str, Callable[[Bench], list[Line]]] = {
    "consulta": look_ups,
    "registro": registrations,
    "chamada": calls,
    "consulta-tls": secure_look_ups,
    "entrada-tls": arrivals,
    "dez-mil": ten_thousand,
    "presenca": presence,
    "diario": journal,
    "painel": panel_cost,
}
