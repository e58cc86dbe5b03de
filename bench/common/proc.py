"""CPU time and memory of a process and its descendants, read from Linux's /proc (proc(5))."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

PROC = Path("/proc")


def parse_stat(text: str) -> tuple[int, int]:
    """Return (parent's pid, user + system CPU in clock ticks) of a /proc/PID/stat line.

    The command name stands in parentheses and may itself hold spaces and parentheses: fields are counted
    from the last one. ValueError if the line is not one of stat.
    """
    _, mark, rest = text.rpartition(")")
    fields = rest.split()
    if not mark or len(fields) < 13:
        raise ValueError(f"not a line of stat: {text[:80]!r}")
    return int(fields[1]), int(fields[11]) + int(fields[12])


def parse_schedstat(text: str) -> int:
    """Return the nanoseconds on a CPU of a /proc/PID/task/TID/schedstat line; ValueError if it is not one."""
    fields = text.split()
    if len(fields) != 3:
        raise ValueError(f"not a line of schedstat: {text[:80]!r}")
    return int(fields[0])


def parse_pss(text: str) -> int:
    """Return the proportional set size in KiB of a /proc/PID/smaps_rollup; ValueError if it has none."""
    for line in text.splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1])
    raise ValueError("no Pss in smaps_rollup")


def descendants(root: int, parents: Iterable[tuple[int, int]]) -> set[int]:
    """Return `root` and every process below it, from (pid, parent's pid) pairs in any order."""
    children: dict[int, list[int]] = {}
    for pid, parent in parents:
        children.setdefault(parent, []).append(pid)
    found: set[int] = set()
    waiting = [root]
    while waiting:
        pid = waiting.pop()
        if pid not in found:
            found.add(pid)
            waiting.extend(children.get(pid, ()))
    return found


def _parents() -> list[tuple[int, int]]:
    pairs = []
    for entry in PROC.iterdir():
        if entry.name.isdecimal():
            try:
                pairs.append((int(entry.name), parse_stat((entry / "stat").read_text())[0]))
            except (FileNotFoundError, ProcessLookupError):
                continue  # it ended while we looked
    return pairs


def tree(root: int) -> set[int]:
    """Return the pids of `root` and its living descendants."""
    return descendants(root, _parents())


def cpu_seconds(pids: Iterable[int]) -> float:
    """Return the CPU time the processes have used so far, all threads.

    From schedstat, to the nanosecond, where the kernel keeps it; else from stat, to the clock tick.
    """
    return sum(_cpu_of(pid) for pid in pids)


def _cpu_of(pid: int) -> float:
    place = PROC / str(pid)
    if not (place / "schedstat").exists():
        return parse_stat((place / "stat").read_text())[1] / os.sysconf("SC_CLK_TCK")
    return sum(parse_schedstat((task / "schedstat").read_text()) for task in (place / "task").iterdir()) / 1e9


def pss_kib(pids: Iterable[int]) -> int:
    """Return the memory of the processes in KiB, a page that n processes share counted 1/n in each."""
    return sum(parse_pss((PROC / str(pid) / "smaps_rollup").read_text()) for pid in pids)
