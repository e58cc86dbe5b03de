"""One server under the load for some seconds: CPU, loss and delay."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bench.common.process import BenchError
from bench.rele.legs import Flow
from bench.rele.servers import PRIORITY, Place, Server

#: Packets that one call sends in a second, both ways.
CALL_PACKETS = 100
#: Bytes of a packet, and seconds before anything is counted.
SIZE, WARM = 110, 1.0


@dataclass(frozen=True)
class Outcome:
    """What one round gave: CPU seconds, packets sent, received, and skipped because the load itself paused,
    the delay through the server in ms."""

    calls: int
    cpu: float
    seconds: float
    sent: int
    received: int
    skipped: int
    p50: float
    p99: float

    @property
    def calls_per_core(self) -> float:
        """How many such calls one core carries, by the CPU that the packets took which came through."""
        return self.received / CALL_PACKETS / self.cpu

    @property
    def loss(self) -> float:
        """Part of the packets that never came, in per cent."""
        return 100 * (1 - self.received / self.sent)

    @property
    def paused(self) -> float:
        """Part of the planned packets that the load did not send, in per cent: how quiet the machine was."""
        return 100 * self.skipped / (self.sent + self.skipped)

    @property
    def microseconds(self) -> float:
        """CPU of one packet that came through."""
        return 1e6 * self.cpu / self.received


@dataclass(frozen=True)
class Load:
    """The load program, its core, and how long it measures."""

    program: Path
    core: int
    seconds: float

    def round(self, starter: Callable[[Place], Server], place: Place, calls: int) -> Outcome:
        """Start the server, set the calls up, let them talk, end everything."""
        server = starter(place)
        flows: list[Flow] = []
        try:
            flows = server.connect(calls, SIZE)
            return self._talk(server, flows, calls)
        finally:
            server.program.stop()
            for made in {flow.send for flow in flows}:
                made.close()

    def _talk(self, server: Server, flows: list[Flow], calls: int) -> Outcome:
        """Run the load; the CPU is read when it begins and ends to count."""
        named = "".join(
            f"{flow.send.fileno()} {flow.prefix.hex() or '-'} {flow.receive.fileno()} {flow.skip}\n"
            for flow in flows
        )
        with subprocess.Popen(
            [*PRIORITY, "taskset", "-c", str(self.core), str(self.program)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            pass_fds=[flow.send.fileno() for flow in flows],
        ) as load:
            assert load.stdin is not None
            assert load.stdout is not None
            load.stdin.write(f"{named}go {WARM} {self.seconds} {SIZE}\n")
            load.stdin.flush()
            self._expect(load.stdout.readline(), "from", server)
            before = server.program.cpu()
            self._expect(load.stdout.readline(), "until", server)
            used = server.program.cpu() - before
            figures = [float(word) for word in load.stdout.readline().split()]
        sent, received, skipped, p50, p99, _ = figures
        if not sent or not received:
            raise BenchError(f"nothing came through {server.program.name}: {server.program.last_words()}")
        return Outcome(
            calls, used, self.seconds, int(sent), int(received), int(skipped), p50 / 1000, p99 / 1000
        )

    def _expect(self, line: str, word: str, server: Server) -> None:
        if line.strip() != word:
            raise BenchError(f"the load of {server.program.name} ended early: {server.program.last_words()}")
