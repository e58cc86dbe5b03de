"""Programs of ours run as real processes: lines shown as they come, all of them ended at the end."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
PATIENCE = 8.0
"""Seconds that a program has to end by itself after it was asked to."""

Sink = Callable[[str], None]


class Program:
    """One process: every line of its standard error goes to `sink`; its standard output is kept, and shown
    too where `shown` says so."""

    def __init__(self, process: Process, sink: Sink, shown: bool) -> None:
        self._process = process
        self._sink = sink
        self._waiting: list[tuple[str, asyncio.Future[str]]] = []
        self.lines: list[str] = []
        self.output: list[str] = []
        assert process.stdout is not None
        assert process.stderr is not None
        self._readers = asyncio.gather(
            self._read(process.stdout, sink if shown else self.output.append),
            self._read(process.stderr, sink),
        )

    async def _read(self, stream: asyncio.StreamReader, sink: Sink) -> None:
        async for raw in stream:
            line = raw.decode("utf-8", "replace").rstrip("\r\n")
            self.lines.append(line)
            sink(line)
            for text, future in self._waiting:
                if text in line and not future.done():
                    future.set_result(line)

    async def says(self, text: str, seconds: float) -> str:
        """Return the first line, said already or to come, that contains `text`; TimeoutError, or
        EOFError when the program ended without it."""
        for line in self.lines:
            if text in line:
                return line
        future: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._waiting.append((text, future))
        ended = asyncio.ensure_future(self._process.wait())
        try:
            await asyncio.wait({future, ended}, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
            if future.done():
                return future.result()
            if ended.done():
                raise EOFError(f"ended with status {ended.result()} before it said {text!r}")
            raise TimeoutError(f"did not say {text!r} in {seconds:.0f} s")
        finally:
            ended.cancel()

    async def ended(self, seconds: float) -> int:
        """Return the exit status once the program has ended by itself; TimeoutError after `seconds`."""
        status = await asyncio.wait_for(self._process.wait(), seconds)
        await self._readers
        return status

    async def end(self) -> None:
        """Ask it to end; insist after a while."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGKILL):
            if self._process.returncode is not None:
                break
            with contextlib.suppress(ProcessLookupError):
                self._process.send_signal(number)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._process.wait(), PATIENCE)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._readers, PATIENCE)


@contextlib.asynccontextmanager
async def running(*command: str, folder: Path, sink: Sink, shown: bool = False) -> AsyncIterator[Program]:
    """Start a program in a session of its own (Ctrl-C reaches it through us, in order) and end it."""
    process = await asyncio.create_subprocess_exec(
        *command,
        cwd=folder,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=PIPE,
        stderr=PIPE,
        start_new_session=True,
    )
    program = Program(process, sink, shown)
    try:
        yield program
    finally:
        await asyncio.shield(program.end())
