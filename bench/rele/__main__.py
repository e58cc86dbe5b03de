"""`python -m bench.rele`: measure the relay beside its peers; print what was reached."""

from __future__ import annotations

import argparse
import shutil
import signal
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from types import FrameType

from bench.common import machine
from bench.common.figures import Goal, Spread, ratios
from bench.common.page import write_figures
from bench.common.process import BenchError, cores, end_all, raise_descriptor_limit
from bench.common.table import Line, as_json, markdown
from bench.rele.build import compiled
from bench.rele.measure import Load, Outcome
from bench.rele.rounds import Kept, Rounds
from bench.rele.servers import SERVERS, Place

#: Our calls per core beside theirs.
GOALS = {"coturn-1": Goal(least=1.4, unit=" ×"), "coturn-2": Goal(least=2.0, unit=" ×")}
MOST_DELAY, MOST_LOSS = Goal(most=3.0, unit=" ms"), Goal(most=0.1, unit=" %")
#: A round in which the machine kept the load itself from sending this much (%) says nothing about a server:
#: it is made again, so many times.
MOST_PAUSED, AGAIN = 2.0, 2
PACKAGES = ("coturn", "rtpengine-daemon", "gcc")


def options(argv: Sequence[str]) -> argparse.Namespace:
    """Read the command line; argparse ends the program on nonsense."""
    parser = argparse.ArgumentParser(prog="bench.rele", description=__doc__)
    parser.add_argument("--curto", action="store_true", help="one short round: a look, not a measurement")
    parser.add_argument("--so", action="append", choices=sorted(SERVERS), metavar="NAME", help="only these")
    parser.add_argument("--chamadas", type=int, action="append", metavar="N", help="calls (500 and 1000)")
    parser.add_argument("--rodadas", type=int, default=5, metavar="N", help="rounds (default 5)")
    parser.add_argument("--segundos", type=float, default=4.0, metavar="S", help="of a round (default 4)")
    parser.add_argument(
        "--pagina", type=Path, metavar="FILE", help="put the table into this page of the docs"
    )
    parser.add_argument(
        "--continuar", type=Path, metavar="FILE", help="keep the rounds there, and go on with those it has"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there too")
    return parser.parse_args(argv)


def say(text: str) -> None:
    """Tell the person at the terminal what happens, apart from the table."""
    print(text, file=sys.stderr, flush=True)


def quiet_round(load: Load, place: Place, name: str, calls: int) -> Outcome:
    """One round of that server, made again where the machine disturbed it; the last one counts anyhow."""
    outcome = load.round(SERVERS[name], place, calls)
    for _ in range(AGAIN):
        if outcome.paused <= MOST_PAUSED:
            break
        say(f"  {name}: the load itself was held up for {outcome.paused:.0f} % of its packets; once more")
        outcome = load.round(SERVERS[name], place, calls)
    return outcome


def measure(load: Load, place: Place, names: Sequence[str], calls: int, rounds: int, kept: Kept) -> Rounds:
    """Measure each server once a round, in an order that turns; one that fails is left out from then on.

    Rounds that are there already are not measured again.
    """
    failed: set[str] = set()
    for number in range(rounds):
        turn = number % len(names)
        for name in (*names[turn:], *names[:turn]):
            if name in failed or len(kept.of(calls, names)[name]) > number:
                continue
            try:
                outcome = quiet_round(load, place, name, calls)
            except (BenchError, OSError) as error:
                say(f"  {name} was not measured: {error}")
                failed.add(name)
                continue
            kept.add(name, outcome)
            say(
                f"  {calls} calls, round {number + 1}, {name}: {outcome.calls_per_core:.0f} a core, "
                f"{outcome.microseconds:.1f} µs a packet, p99 {outcome.p99:.2f} ms, lost {outcome.loss:.3f} %"
            )
    return {name: done for name, done in kept.of(calls, names).items() if name not in failed}


def lines(calls: int, outcomes: Rounds) -> list[Line]:
    """The table's lines for that many calls."""
    row = f"{calls} calls"
    table: list[Line] = []
    for name, rounds in outcomes.items():
        goals = (MOST_DELAY, MOST_LOSS) if name == "sala" else (None, None)
        table += [
            Line(row, f"{name}: calls a core", Spread.of([each.calls_per_core for each in rounds])),
            Line(row, f"{name}: CPU a packet", Spread.of([each.microseconds for each in rounds]), " µs"),
            Line(row, f"{name}: delay, median", Spread.of([each.p50 for each in rounds]), " ms"),
            Line(row, f"{name}: delay, p99", Spread.of([each.p99 for each in rounds]), " ms", goals[0]),
            Line(row, f"{name}: lost", Spread.of([each.loss for each in rounds]), " %", goals[1]),
        ]
    paused = [each.paused for rounds in outcomes.values() for each in rounds]
    table.append(Line(row, "not sent: the load itself was held up", Spread.of(paused), " %"))
    ours = [each.calls_per_core for each in outcomes.get("sala", [])]
    for name, rounds in outcomes.items():
        if name != "sala" and ours:
            theirs = [each.calls_per_core for each in rounds]
            table.append(
                Line(row, f"calls a core, sala ÷ {name}", ratios(ours, theirs), " ×", GOALS.get(name))
            )
    return table


def run(chosen: argparse.Namespace, folder: Path) -> int:
    """Measure in a folder of the run; return the exit code: 0 if all was measured, whatever was missed."""
    server_core, load_core = cores()
    rounds, seconds = (1, 2.0) if chosen.curto else (chosen.rodadas, chosen.segundos)
    about = [
        *machine.description(["Twisted"]),
        machine.debian_versions(PACKAGES),
        f"server on core {server_core}, load on core {load_core}, {rounds} rounds of {seconds:g} s",
    ]
    raise_descriptor_limit()
    place = Place(folder, server_core, compiled("yardstick", folder))
    load = Load(compiled("load", folder), load_core, seconds)
    kept = Kept(chosen.continuar, about)
    names = chosen.so or list(SERVERS)
    table: list[Line] = []
    missed = False
    for calls in chosen.chamadas or (500, 1000):
        outcomes = measure(load, place, names, calls, rounds, kept)
        missed |= len(outcomes) < len(names)
        table += lines(calls, outcomes)
    print("\n".join([*about, "", markdown(table)]))
    if chosen.pagina:
        write_figures(chosen.pagina, "\n\n".join([". ".join(about) + ".", markdown(table)]))
    if chosen.json:
        chosen.json.write_text(as_json(table, about))
    return 1 if missed else 0


def _interrupted(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def main(argv: Sequence[str]) -> int:
    """Run the bench; an interrupt or SIGTERM ends every server it started before it ends itself."""
    chosen = options(argv)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _interrupted)
    folder = Path(tempfile.mkdtemp(prefix="bench-rele-"))
    folder.chmod(0o755)
    try:
        return run(chosen, folder)
    except BenchError as error:
        say(str(error))
        return 1
    except KeyboardInterrupt:
        say("interrupted")
        return 130
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_IGN)
        end_all()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
