"""Programs under test: started on one core, waited for, and ended by their own pids whatever happens."""

from __future__ import annotations

import os
import resource
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from bench.common import proc

PATIENCE = 10.0

_living: set[Program] = set()


class BenchError(Exception):
    """A measurement could not be made; the text is one sentence for the person who asked for it."""


def cores() -> tuple[int, int]:
    """Return the core for the server and the one for the load: two different ones where there are two."""
    allowed = sorted(os.sched_getaffinity(0))
    return allowed[0], allowed[-1]


def raise_descriptor_limit() -> int:
    """Let this process and those it starts open as many files as they may; return how many that is."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard


def free_port() -> int:
    """Return a TCP port of the loopback address that nobody listens on now."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def await_port(port: int, alive: Program, patience: float = 20.0) -> None:
    """Return as soon as something accepts on the port; BenchError when the program ends or time is over."""
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        if not alive.running:
            raise BenchError(f"{alive.name} ended at once: {alive.last_words()}")
        time.sleep(0.05)
    raise BenchError(f"{alive.name} did not listen within {patience:g} s: {alive.last_words()}")


class Program:
    """A process on one core, in its own session; its error output goes to a file beside its data.

    A context manager: leaving it ends the process and its descendants, first politely, then not.
    """

    def __init__(
        self,
        name: str,
        argv: Sequence[str],
        *,
        core: int,
        folder: Path,
        env: Mapping[str, str] | None = None,
        drained: bool = False,
        inherited: Sequence[int] = (),
    ) -> None:
        """Start `argv`; with `drained` its standard output is read and thrown away, else it is a pipe.

        `inherited` are descriptors that stay open in it, under the same numbers.
        """
        self.name = name
        self._log = folder / f"{name}.log"
        with self._log.open("wb") as errors:
            self._process = subprocess.Popen(
                ["taskset", "-c", str(core), *argv],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                env={**os.environ, **(env or {})},
                cwd=folder,
                start_new_session=True,
                pass_fds=tuple(inherited),
            )
        _living.add(self)
        if drained:
            threading.Thread(target=_drain, args=(self.stdout,), daemon=True).start()

    @property
    def pid(self) -> int:
        """The process, which is the program itself: taskset has become it."""
        return self._process.pid

    @property
    def stdin(self) -> IO[bytes]:
        """The pipe to the program."""
        assert self._process.stdin is not None
        return self._process.stdin

    @property
    def stdout(self) -> IO[bytes]:
        """The pipe from the program."""
        assert self._process.stdout is not None
        return self._process.stdout

    @property
    def running(self) -> bool:
        """Whether the program has not ended."""
        return self._process.poll() is None

    def cpu(self) -> float:
        """CPU seconds of the program and its descendants so far."""
        return proc.cpu_seconds(proc.tree(self.pid))

    def memory(self) -> int:
        """KiB (PSS) of the program and its descendants."""
        return proc.pss_kib(proc.tree(self.pid))

    def last_words(self) -> str:
        """The last line of the error output."""
        lines = self._log.read_text(errors="replace").split("\n")
        return next((line.strip() for line in reversed(lines) if line.strip()), "it said nothing")

    def stop(self) -> None:
        """End the program and what it started; return when they are gone."""
        family = proc.tree(self.pid) if self.running else set()
        if self.running:
            self._process.terminate()
            try:
                self._process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        for pid in family - {self.pid}:
            _kill_orphan(pid, self.pid)
        self.stdin.close()
        _living.discard(self)

    def __enter__(self) -> Self:
        """Be the program itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End it."""
        self.stop()


def end_all() -> None:
    """End every program that is still there, also one that an interrupt caught between start and use."""
    for program in list(_living):
        program.stop()


def _kill_orphan(pid: int, session: int) -> None:
    # a pid may have been given to somebody else meanwhile: only one of the program's own session is ended
    try:
        if os.getsid(pid) == session:
            os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return


def _drain(pipe: IO[bytes]) -> None:
    while pipe.read1(1 << 16):  # type: ignore[attr-defined]
        pass
