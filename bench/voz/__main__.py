"""`python -m bench.voz`: measure the voice engine; print the tables, and write them into the
documentation."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Any

from bench.common import machine
from bench.common.page import write_figures
from bench.voz import echo, matrix, mouth, pages
from bench.voz.cells import LINES
from tests.support import pulse
from voz.codec import libopus

PACKAGES = ("numpy", "PyOgg", "sounddevice", "pesq", "pystoi", "Twisted", "cryptography")
DEBIAN = ("libopus0", "libspeexdsp1", "pulseaudio", "baresip-core", "libportaudio2")

Part = tuple[str, Any]


def options(argv: Sequence[str]) -> argparse.Namespace:
    """Read the command line; argparse ends the program on nonsense."""
    parser = argparse.ArgumentParser(prog="bench.voz", description=__doc__)
    parser.add_argument("--curto", action="store_true", help="two recordings, one round: a look")
    parser.add_argument("--so", action="append", choices=sorted(PARTS), metavar="NAME", help=", ".join(PARTS))
    parser.add_argument(
        "--linha", action="append", choices=sorted(LINES), metavar="LINE", help="only this line"
    )
    parser.add_argument(
        "--sementes", type=int, default=matrix.SEEDS, metavar="N", help="seeds of the matrix (default 3)"
    )
    parser.add_argument(
        "--semente", type=int, default=matrix.FIRST_SEED, metavar="N", help="the first of them"
    )
    parser.add_argument(
        "--rodadas", type=int, default=5, metavar="N", help="rounds of mouth to ear (default 5)"
    )
    parser.add_argument(
        "--mais", action="store_true", help="rounds of mouth to ear beside those in the file of --json"
    )
    parser.add_argument(
        "--pagina", type=Path, metavar="FILE", help="put the tables into this page of the docs"
    )
    parser.add_argument(
        "--json", type=Path, metavar="FILE", help="keep the figures there; other parts in it stay"
    )
    return parser.parse_args(argv)


def the_matrix(chosen: argparse.Namespace) -> Part:
    """The loss matrix: simulated clock, does not depend on the load of the machine."""
    recordings = matrix.SHORT_RECORDINGS if chosen.curto else matrix.RECORDINGS
    seeds = 1 if chosen.curto else chosen.sementes
    rows = matrix.run(chosen.linha or LINES, recordings, seeds, chosen.semente)
    return pages.matrix_table(rows), pages.matrix_figures(rows)


def the_echo(chosen: argparse.Namespace) -> Part:
    """Echo in simulated rooms."""
    figures = echo.run(1 if chosen.curto else 3)
    return pages.echo_table(figures), asdict(figures)


def the_mouth(chosen: argparse.Namespace) -> Part:
    """Mouth to ear, CPU and underruns of real processes beside baresip; wants a quiet machine."""
    if not pulse.available():
        return "pulseaudio is not installed: not measured.", None
    results = mouth.run(1 if chosen.curto else chosen.rodadas, _rounds_before(chosen))
    load = os.getloadavg()[0]
    rows = {title: [asdict(figures) for figures in rounds] for title, rounds in results.items()}
    return pages.mouth_table(results, load), {"load": load, "rounds": rows}


def _rounds_before(chosen: argparse.Namespace) -> dict[str, list[mouth.Figures]]:
    """The rounds of an earlier sitting, if more of them are wanted."""
    if not chosen.mais or chosen.json is None or not chosen.json.exists():
        return {}
    kept = json.loads(chosen.json.read_text())["boca-ouvido"]["figures"]["rounds"]
    return {title: [mouth.Figures(**figures) for figures in rounds] for title, rounds in kept.items()}


PARTS: dict[str, Callable[[argparse.Namespace], Part]] = {
    "matriz": the_matrix,
    "eco": the_echo,
    "boca-ouvido": the_mouth,
}


def main(argv: Sequence[str]) -> int:
    """Measure what was chosen."""
    chosen = options(argv)
    versions = [*machine.description(PACKAGES), machine.debian_versions(DEBIAN), libopus.version()]
    measured: dict[str, Any] = {}
    for name in chosen.so or PARTS:
        text, values = PARTS[name](chosen)
        measured[name] = {"date": str(date.today()), "text": text, "figures": values}
        print(f"## {name}\n\n{text}\n", flush=True)
    # Read now: another part may have been written while this one was measured.
    figures = _kept(chosen.json) | measured
    figures = {name: figures[name] for name in PARTS if name in figures}
    if chosen.json is not None:
        chosen.json.write_text(pages.as_json(str(date.today()), versions, figures))
    if chosen.pagina is not None:
        write_figures(chosen.pagina, _page(versions, figures))
    return 0


def _kept(path: Path | None) -> dict[str, Any]:
    """The parts of the file of an earlier run."""
    if path is None or not path.exists():
        return {}
    kept = json.loads(path.read_text())
    return {name: kept[name] for name in PARTS if name in kept}


def _page(versions: Sequence[str], figures: dict[str, Any]) -> str:
    parts = [f"### {name}, {part['date']}\n\n{part['text']}" for name, part in figures.items()]
    return "\n".join(f"{sentence}." for sentence in versions) + "\n\n" + "\n\n".join(parts)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
