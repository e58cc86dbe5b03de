"""The daemon as its panel reads it: frozen values made of what the rooms hold, when somebody asks.

Nothing here is on the way of a message. The rooms' times are the reactor's, the panel's are Unix seconds.
"""

from __future__ import annotations

import os
import resource
import time
from collections.abc import Mapping
from itertools import islice
from pathlib import Path

from registro.counters import Histogram
from registro.daemon import Daemon
from registro.directory import Entry as Row
from registro.journal import Journal, Record
from registro.operations import faults
from registro.operations.faults import Faults
from registro.operations.paths import Paths
from registro.panel.status import (
    Calls,
    Conversation,
    Distribution,
    Entries,
    Entry,
    Fault,
    Person,
    Place,
    Present,
    Process,
    RelayLoad,
    Stage,
    Status,
    Table,
    TableChange,
    Traffic,
)
from registro.server import version
from registro.switchboard import Line
from registro.wire.fields import b64

ASK_EVERY = 2.0
"""Seconds between two questions to the relay about the calls that are looked at."""

DROPS = {"limite": "dropped_limit", "sem caminho": "dropped_route", "lixo": "dropped_junk"}
ANSWERS = {"endereço": "bindings", "desafio": "challenges", "recusa": "refused", "freio": "throttled"}


class DaemonOverview:
    """The `Overview` of a daemon."""

    def __init__(self, daemon: Daemon, kept: Faults) -> None:
        self._daemon, self._faults = daemon, kept
        self._office, self._journal = daemon.office, daemon.journal
        self._started = self._office.wall()
        self._version = version()
        self._paths = Paths()
        self._asked_at = float("-inf")

    def stage(self) -> Stage:
        """Say whether connections are taken."""
        return Stage(self._daemon.drain.stage.value)

    def status(self) -> Status:
        """Take one look."""
        return Status(
            now=self._office.wall(),
            started=self._started,
            version=self._version,
            stage=self.stage(),
            drain_left=self._daemon.drain.left,
            place=self._place(),
            present=self._present(),
            traffic=self._traffic(),
            relay=self._relay(),
            process=Process(time.process_time(), memory()),
        )

    def _place(self) -> Place:
        daemon = self._daemon
        return Place(
            daemon.config.interface, daemon.number, str(daemon.address), daemon.certificate.fingerprint
        )

    def _present(self) -> Present:
        office, links = self._office, self._daemon.server.links
        talking = office.switchboard.talking
        return Present(
            connections=len(links),
            unregistered=max(0, len(links) - len(office.sessions)),
            registered=len(office.directory),
            ringing=len(office.switchboard.lines) - talking,
            talking=talking,
            queues={
                "conexoes_sem_ler": sum(link.behind for link in links),
                "lotes_do_diario": sum(printer.waiting for printer in self._daemon.printers),
            },
        )

    def _traffic(self) -> Traffic:
        counters, board = self._office.counters, self._office.switchboard
        return Traffic(
            connections=counters.connections,
            messages_in=counters.messages_in,
            messages_out=counters.messages_out,
            lookups_found=counters.found,
            lookups_missing=counters.missing,
            registrations=counters.registrations,
            refused_registrations=dict(counters.refused),
            calls_ended=dict(board.ended),
            errors=dict(counters.errors),
            limited=dict(self._office.admission.rejected) | {"pacotes": board.dropped},
            setup_time=distribution(counters.setup),
            presence_lag=distribution(counters.lag),
        )

    def _relay(self) -> RelayLoad:
        relay = self._daemon.relay
        if relay is None:
            return RelayLoad(elsewhere=bool(self._daemon.config.relay))
        said = relay.counters
        return RelayLoad(
            running=relay.running,
            legs=number(said, "legs"),
            packets=number(said, "forwarded"),
            size=number(said, "forwarded_bytes"),
            drops={name: number(said, key) for name, key in DROPS.items()},
            answers={name: number(said, key) for name, key in ANSWERS.items()},
            process=process_of(relay.pid),
        )

    def table(self) -> Table:
        """Give the whole table."""
        directory = self._office.directory
        return Table(directory.rev, tuple(person(entry) for entry in directory.entries.values()))

    def table_since(self, revision: int) -> TableChange | None:
        """Give what changed; None when the ring does not go back so far."""
        directory = self._office.directory
        changes = directory.since(revision)
        if changes is None:
            return None
        names = {change.nome for change in changes}
        present = tuple(person(directory.entries[name]) for name in sorted(names & directory.entries.keys()))
        return TableChange(directory.rev, present, tuple(sorted(names - directory.entries.keys())))

    def calls(self, limit: int) -> Calls:
        """Give the oldest calls, and ask the relay about them now and then."""
        lines = self._office.switchboard.lines
        shown = list(islice(lines.values(), limit))
        now = self._office.clock.seconds()
        if now - self._asked_at >= ASK_EVERY:
            self._asked_at = now
            self._look(shown, now)
        wall = self._office.wall()
        return Calls(len(lines), tuple(self._conversation(line, wall - now) for line in shown))

    def _look(self, lines: list[Line], now: float) -> None:
        """Take what the relay said since the last question, and ask again."""
        relay = self._daemon.relay
        passed: Mapping[str, int] = {} if relay is None else relay.passed
        named = {b64(line.chamada): line for line in lines}
        for chamada, line in named.items():
            answered = None if line.answered_at is None else now - line.answered_at
            self._paths.look(chamada, number(passed, chamada), line.size, answered)
        self._paths.keep(named)
        if relay is not None:
            relay.ask(list(named))

    def _conversation(self, line: Line, offset: float) -> Conversation:
        seen = self._paths.known(b64(line.chamada))
        return Conversation(
            caller=line.caller.nome,
            callee=line.callee.nome,
            state="tocando" if line.answered_at is None else "em-conversa",
            since=(line.since if line.answered_at is None else line.answered_at) + offset,
            path=seen.path,
            size=seen.relayed + line.size,
        )

    def messages_since(self, number: int, limit: int, name: str = "", verb: str = "") -> Entries:
        """Give the newest messages that were shown; those of the batch under way come with it."""
        return select(self._journal, number, limit, name.lower(), verb.upper())

    def faults(self) -> tuple[Fault, ...]:
        """Give the last faults."""
        return tuple(told(fault) for fault in self._faults.latest())


def told(fault: faults.Fault) -> Fault:
    """Make of a kept fault what the page is given."""
    if fault.trouble is None:
        return Fault(fault.at, fault.text)
    return Fault(fault.at, fault.text, fault.trouble.what, fault.trouble.values)


def select(journal: Journal, seen: int, limit: int, name: str, verb: str) -> Entries:
    """Choose among the kept messages; only those that are shown are formatted."""
    last, skipped, notes = journal.newest(seen, limit, name, verb)
    return Entries(last, skipped, tuple(entry(record) for record in notes))


def entry(record: Record) -> Entry:
    """Make a message of the journal one of the panel; the verb is shown by itself."""
    rest = record.text[len(record.verb) :].lstrip(" ")
    return Entry(record.number, record.at, record.way, record.who, record.verb, rest)


def person(row: Row) -> Person:
    """Make a row of the directory one of the panel."""
    return Person(row.nome, row.host, row.port, row.estado, row.since)


def distribution(histogram: Histogram) -> Distribution:
    """Freeze a histogram."""
    return Distribution(histogram.bounds, tuple(histogram.counts), histogram.total)


def number(mapping: Mapping[str, object], key: str) -> int:
    """Take a number out of what another process said; 0 for anything else."""
    value = mapping.get(key)
    return value if isinstance(value, int) else 0


def process_of(pid: int | None) -> Process:
    """Look at another process in /proc (proc(5)); nothing where there is none of either."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text("utf-8", "replace").rpartition(")")[2].split()
        ticks, pages = int(fields[11]) + int(fields[12]), int(fields[21])
    except (OSError, ValueError, IndexError):
        return Process()
    return Process(ticks / os.sysconf("SC_CLK_TCK"), pages * os.sysconf("SC_PAGESIZE"))


def memory() -> int:
    """Return the resident bytes of this process, or the most there were where only that is known."""
    try:
        pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    except (OSError, ValueError, IndexError):
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    return pages * os.sysconf("SC_PAGESIZE")
