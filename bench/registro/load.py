"""The load client (c/load.c) as Python sees it: commands in, one checked report out."""

from __future__ import annotations

import json
import select
from dataclasses import dataclass, fields
from pathlib import Path

from bench.common.process import BenchError, Program
from bench.registro.servers import Server


@dataclass(frozen=True)
class Report:
    """What the load client counted in one command. Times in seconds and milliseconds; `wrong` answers are
    those that came and were not what the protocol says, or did not come."""

    done: int
    seconds: float
    wrong: int
    lost: int
    skipped: int
    pushes: int
    bytes: int
    users: int
    p50_ms: float
    p99_ms: float
    max_ms: float
    first_wrong: str


def parse_report(line: bytes) -> Report:
    """Read the load client's line of JSON; BenchError if it is not one with all the fields of Report."""
    try:
        values = json.loads(line)
        return Report(**{field.name: values[field.name] for field in fields(Report)})
    except (ValueError, KeyError, TypeError):
        raise BenchError(f"the load client said {line[:200]!r}") from None


@dataclass(frozen=True)
class Round:
    """One command's report and the CPU seconds that the server used meanwhile."""

    report: Report
    cpu: float

    @property
    def per_cpu_second(self) -> float:
        """How many were done in a second of the server's CPU."""
        return self.report.done / self.cpu if self.cpu > 0 else 0.0


class Load:
    """One load client joined to one server; a context manager that ends it."""

    def __init__(self, program: Path, server: Server, *, core: int, folder: Path) -> None:
        """Start the client on its core; nobody is connected yet."""
        self.server = server
        argv = [str(program), server.protocol, str(server.port), "tls" if server.tls else "plain"]
        self._program = Program(f"load-{server.name}-{server.port}", argv, core=core, folder=folder)

    def run(self, command: str, patience: float) -> Round:
        """Run a command and measure the server around it.

        BenchError when the client does not answer within `patience` seconds or counted a wrong answer.
        """
        before = self.server.program.cpu()
        self._program.stdin.write(f"{command}\n".encode())
        self._program.stdin.flush()
        report = self._report(patience)
        used = self.server.program.cpu() - before
        if report.wrong:
            raise BenchError(f"{self.server.name}, {command!r}: {report.wrong} wrong, {report.first_wrong}")
        return Round(report, used)

    def cpu(self) -> float:
        """Return the CPU seconds that the client itself has used."""
        return self._program.cpu()

    def _report(self, patience: float) -> Report:
        readable, _, _ = select.select([self._program.stdout], [], [], patience)
        if not readable:
            raise BenchError(f"{self.server.name}: the load client said nothing for {patience:g} s")
        return parse_report(self._program.stdout.readline())

    def __enter__(self) -> Load:
        """Be the client itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """End it; its connections close."""
        self._program.stop()
