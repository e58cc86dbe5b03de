"""`python -m bench.registro`: measure the registry beside its peers; print what was reached."""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from types import FrameType

from bench.common import machine
from bench.common.page import write_figures
from bench.common.process import BenchError, cores, end_all, raise_descriptor_limit
from bench.common.table import Line, as_json, markdown
from bench.registro import packages
from bench.registro.bench import Bench
from bench.registro.build import compiled
from bench.registro.certificate import self_signed
from bench.registro.renewal import renew
from bench.registro.rows import ROWS
from bench.registro.servers import Place


def options(argv: Sequence[str]) -> argparse.Namespace:
    """Read the command line; argparse ends the program on nonsense."""
    parser = argparse.ArgumentParser(prog="bench.registro", description=__doc__)
    parser.add_argument("--curto", action="store_true", help="one short round: a look, not a measurement")
    parser.add_argument("--so", action="append", choices=sorted(ROWS), metavar="NAME", help=", ".join(ROWS))
    parser.add_argument("--rodadas", type=int, default=5, metavar="N", help="rounds (default 5)")
    parser.add_argument(
        "--pagina", type=Path, metavar="FILE", help="put the table (with --so these rows) into this page"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there too")
    return parser.parse_args(argv)


def say(text: str) -> None:
    """Tell the person at the terminal what happens, apart from the table."""
    print(text, file=sys.stderr, flush=True)


def measured(bench: Bench, names: Sequence[str]) -> tuple[list[Line], list[str]]:
    """Measure the rows; return their lines, and a sentence for each row that could not be measured."""
    lines: list[Line] = []
    failures: list[str] = []
    for name in names:
        say(f"{name}: {(ROWS[name].__doc__ or '').strip()}")
        began = time.monotonic()
        try:
            lines += ROWS[name](bench)
        except BenchError as error:
            failures.append(f"{name} was not measured: {error}")
            say(failures[-1])
        say(f"  {time.monotonic() - began:.0f} s")
    return lines, failures


def compared_with() -> list[str]:
    """Return the sentences that name the machine and every version that took part."""
    peers = [name for names in packages.PROGRAMS.values() for name in names]
    return [*machine.description(["Twisted", "pyOpenSSL", "cryptography"]), machine.debian_versions(peers)]


def run(chosen: argparse.Namespace, folder: Path) -> int:
    """Measure in a folder of the run; return the exit code: 0 if all was measured, whatever was missed."""
    for sentence in filter(None, [packages.provide()]):
        say(sentence)
    server_core, load_core = cores()
    versions = compared_with()
    os.sched_setaffinity(0, {load_core})
    descriptors = raise_descriptor_limit()
    bench = Bench(
        place=Place(folder, server_core, self_signed(folder)),
        load_program=compiled("load", folder),
        load_core=load_core,
        rounds=1 if chosen.curto else chosen.rodadas,
        seconds=0.7 if chosen.curto else 2.0,
        many=min(2000 if chosen.curto else 10_000, descriptors - 200),
        say=say,
    )
    lines, failures = measured(bench, chosen.so or list(ROWS))
    about = [
        *versions,
        f"server on core {server_core}, load on core {load_core}, {bench.rounds} rounds",
    ]
    print("\n".join([*about, "", markdown(lines), *failures]))
    if chosen.pagina and chosen.so:
        renew(chosen.pagina, ". ".join(about) + ".", markdown(lines))
    elif chosen.pagina:
        write_figures(chosen.pagina, "\n\n".join([". ".join(about) + ".", markdown(lines), *failures]))
    if chosen.json:
        chosen.json.write_text(as_json(lines, about))
    return 1 if failures else 0


def _interrupted(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def main(argv: Sequence[str]) -> int:
    """Run the bench; an interrupt or SIGTERM ends every server it started before it ends itself."""
    chosen = options(argv)
    for number in (signal.SIGINT, signal.SIGTERM):  # also where a shell started us with SIGINT ignored
        signal.signal(number, _interrupted)
    folder = Path(tempfile.mkdtemp(prefix="bench-registro-"))
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
        for number in (signal.SIGINT, signal.SIGTERM):  # a second one must not leave servers behind
            signal.signal(number, signal.SIG_IGN)
        end_all()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
