"""Two people talk to each other: a registry and two clients as three real processes on free ports.

Needs neither a screen nor a sound card. Both speak a short recording at once; what each one heard is compared
with what the other spoke. Exit status 0 only if both heard each other; 130 after Ctrl-C. Leaves no process
and no file behind.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import shutil
import signal
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scripts.programs import BIN, ROOT, Program, Sink, running
from voz.device import wav
from voz.measure import Comparison, compare

SPEECH = ROOT / "tests" / "speech"
SECONDS = 10.0
START, CALL = 30.0, 60.0
"""Seconds that a program may take to start, and the call to begin and end."""


class Screen:
    """Lines of several programs with their names in front, and below them one live line of the call."""

    def __init__(self) -> None:
        self._terminal = sys.stdout.isatty()
        self._live: dict[str, str] = {}
        self._shown = ""

    def sink(self, name: str) -> Sink:
        """Return what shows the lines of a program under its name."""
        return lambda line: self.line(f"{name:>8} │ {line}")

    def client(self, name: str) -> Sink:
        """Return what shows a client: how the call goes on the live line, and its sentences. The messages
        themselves are shown once, as the registry sees them."""

        def show(line: str) -> None:
            if line.startswith("… "):
                self.live(name, line.removeprefix("… "))
            elif not line.startswith(("> ", "< ")):
                self.line(f"{name:>8} │ {line.removeprefix('sala-cli: ')}")

        return show

    def line(self, text: str) -> None:
        """Show a line above the live one."""
        if self._shown:
            width = shutil.get_terminal_size().columns
            print("\r" + " " * (width - 1) + "\r", end="")
            self._shown = ""
        print(text, flush=True)

    def live(self, name: str, text: str) -> None:
        """Renew a client's half of the live line; without a terminal it is a line when both halves came."""
        self._live[name] = f"{name}: {text}"
        whole = "   ".join(self._live[one] for one in sorted(self._live))
        if self._terminal:
            width = shutil.get_terminal_size().columns
            self._shown = whole[: width - 1]
            print("\r" + self._shown.ljust(width - 1), end="", flush=True)
        elif len(self._live) == 2:
            self._live.clear()
            print(f"{'':>8} … {whole}", flush=True)


@dataclass(frozen=True)
class Person:
    """Somebody in the demo: what they say, and where what they hear is kept."""

    name: str
    speech: Path
    heard: Path


class DemoError(Exception):
    """The demo cannot go on; the text says why, for a person."""


def client(address: str, folder: Path, person: Person, *command: str) -> tuple[str, ...]:
    """Return the command line of a client in the folder."""
    where = ("--servidor", address, "--estado", str(folder / person.name), "--nome", person.name, "--json")
    files = ("--entrada", str(person.speech), "--saida", str(person.heard))
    return (str(BIN / "sala-cli"), *where, *command, *files)


async def talk(folder: Path, screen: Screen, ana: Person, bia: Person) -> dict[str, dict[str, Any]]:
    """Let Ana call Bia by name; return both clients' reports."""
    log = folder / "twistd.log"
    daemon = (str(BIN / "twistd"), "-n", "--pidfile=", f"--logfile={log}", "salaregistro")
    options = (
        "--porta",
        "0",
        "--interface",
        "127.0.0.1",
        "--painel",
        "nao",
        "--estado",
        str(folder / "registro"),
    )
    async with running(
        *daemon, *options, folder=folder, sink=screen.sink("registro"), shown=True
    ) as registry:
        address = "sala://" + (await said(registry, "sala://", "o registro")).partition("sala://")[2]
        answer = client(address, folder, bia, "atender")
        async with running(*answer, folder=folder, sink=screen.client("bia")) as callee:
            await said(callee, "esperando uma chamada", "bia")
            call = client(address, folder, ana, "ligar", bia.name, "--duracao", str(SECONDS))
            async with running(*call, folder=folder, sink=screen.client("ana")) as caller:
                await ended(caller, "ana")
            await ended(callee, "bia")
        # The journal is written every 300 ms: let its last lines come.
        await asyncio.sleep(0.6)
        return {"ana": report_of(caller, "ana"), "bia": report_of(callee, "bia")}


async def said(program: Program, text: str, name: str) -> str:
    """Return the line with this text, or explain why there is none."""
    try:
        return await program.says(text, START)
    except (TimeoutError, EOFError) as error:
        raise DemoError(f"{name} não começou: {error}") from error


async def ended(program: Program, name: str) -> None:
    """Wait until a client has ended well."""
    try:
        status = await program.ended(CALL)
    except TimeoutError as error:
        raise DemoError(f"{name} não terminou em {CALL:.0f} s") from error
    if status:
        raise DemoError(f"{name} terminou com estado {status}")


def report_of(program: Program, name: str) -> dict[str, Any]:
    """Return what the client said with `--json`."""
    try:
        report: dict[str, Any] = json.loads("\n".join(program.output))
    except ValueError as error:
        raise DemoError(f"{name} não deixou um relatório") from error
    return report


def heard(speaker: Person, listener: Person, reports: dict[str, dict[str, Any]]) -> Comparison | None:
    """Compare what was spoken with what arrived, on one time-line; None if nothing was heard."""
    offset = reports[listener.name]["inicio"] - reports[speaker.name]["inicio"]
    try:
        return compare(wav.read(speaker.speech), wav.read(listener.heard), offset)
    except ValueError:
        return None


def tell(screen: Screen, ana: Person, bia: Person, reports: dict[str, dict[str, Any]]) -> bool:
    """Print the report; return whether both heard each other."""
    words = {name: " ".join(report["palavras"]) for name, report in reports.items()}
    equal = words["ana"] == words["bia"] != ""
    screen.line("\nRelatório")
    screen.line(
        f"  três palavras   ana: {words['ana']} · bia: {words['bia']} · {'iguais' if equal else 'DIFERENTES'}"
    )
    good = equal
    for speaker, listener in ((ana, bia), (bia, ana)):
        result, report = heard(speaker, listener, reports), reports[listener.name]
        good = good and result is not None and result.heard
        screen.line(f"  {speaker.name} → {listener.name}       {direction(result, report)}")
    screen.line(
        "  semelhança: correlação dos espectros mel em dB (1 = igual; a partir de 0,6 é a mesma fala)"
    )
    screen.line("\nAs duas se ouviram." if good else "\nElas não se ouviram.")
    return good


def direction(result: Comparison | None, report: dict[str, Any]) -> str:
    """Say how one direction went, by what was heard and by the listener's report."""
    sound = "nada se ouviu"
    if result is not None:
        sound = f"boca a ouvido {result.delay_ms:.0f} ms, semelhança {result.likeness:.2f}".replace(".", ",")
    counts = f"{report['recebidos']} pacotes, {report['perdidos']} perdidos, {report['ocultados']} ocultados"
    return f"{sound}; {counts}; caminho {report['caminho']}"


async def demo(folder: Path) -> bool:
    """Run it all in the folder."""
    screen = Screen()
    ana = Person("ana", SPEECH / "demo_a.wav", folder / "ouvido-ana.wav")
    bia = Person("bia", SPEECH / "demo_b.wav", folder / "ouvido-bia.wav")
    reports = await talk(folder, screen, ana, bia)
    return tell(screen, ana, bia, reports)


def ended_by_signals(work: Callable[[], Any]) -> int:
    """Run the work; SIGTERM ends it as Ctrl-C does."""

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, interrupt)
    try:
        return 0 if work() else 1
    except DemoError as error:
        print(f"\nA demonstração parou: {error}.", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nInterrompida.", file=sys.stderr)
        return 130


def main() -> int:
    """Run the demo in a folder of its own, which is removed."""
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="sala-demo-")))
        return ended_by_signals(lambda: asyncio.run(demo(folder)))


if __name__ == "__main__":
    sys.exit(main())
