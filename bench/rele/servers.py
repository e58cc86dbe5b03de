"""The programs that take part: how each is started, and how calls are set up at it."""

from __future__ import annotations

import base64
import json
import os
import socket
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bench.common.process import BenchError, Program
from bench.rele import legs, rtpengine
from bench.rele.legs import Flow
from voz.relay import service
from voz.relay.service import bind_socket

SECRET = b"segredo da medida"
#: Everybody runs with the priority that our relay gives itself, the load too.
PRIORITY = ("nice", "-n", str(service.PRIORITY))
ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Place:
    """Where servers run: a folder of the run, the core, and the compiled yardstick."""

    folder: Path
    core: int
    yardstick: Path


@dataclass(frozen=True)
class Server:
    """A running program; `connect` sets up that many calls with packets of that size."""

    program: Program
    connect: Callable[[int, int], list[Flow]]


def free_port() -> int:
    """A UDP port of the loopback address that nobody has now."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def ours(place: Place, loop: str = "recvmmsg") -> Server:
    """Our relay as the daemon starts it, on a dual-stack socket."""
    bound = bind_socket("::", 0)
    port = int(bound.getsockname()[1])
    os.set_inheritable(bound.fileno(), True)
    program = Program(
        f"sala-{loop}",
        [sys.executable, "-m", "voz.relay", "--descritor", str(bound.fileno()), "--laco", loop],
        core=place.core,
        folder=place.folder,
        env={"PYTHONPATH": str(ROOT)},
        inherited=(bound.fileno(),),
    )
    bound.close()
    program.stdin.write(base64.b64encode(SECRET) + b"\n")
    program.stdin.flush()
    if not json.loads(program.stdout.readline() or b"{}").get("ready"):
        raise BenchError(f"our relay did not start: {program.last_words()}")
    return Server(program, lambda calls, size: legs.both_legs(("127.0.0.1", port), SECRET, calls, size))


def ours_portable(place: Place) -> Server:
    """Our relay with the loop that runs everywhere."""
    return ours(place, "portable")


def _coturn(place: Place, name: str) -> tuple[Program, int]:
    port = free_port()
    program = Program(
        name,
        [
            *PRIORITY, "turnserver", "-n", "--use-auth-secret", f"--static-auth-secret={SECRET.decode()}",
            "--realm=sala", "--listening-ip=127.0.0.1", "--relay-ip=127.0.0.1", f"--listening-port={port}",
            "--no-tls", "--no-dtls", "--no-cli", "--no-tcp", "--allow-loopback-peers", "--simple-log",
            "--relay-threads=1", f"--log-file={place.folder}/coturn.log",
            f"--pidfile={place.folder}/coturn.pid",
            f"--userdb={place.folder}/coturn.db", "--min-port=20000", "--max-port=60000",
        ],
        core=place.core,
        folder=place.folder,
        drained=True,
    )  # fmt: skip
    _await_udp(port, program)
    return program, port


def coturn_one(place: Place) -> Server:
    """coturn with one allocation a call."""
    program, port = _coturn(place, "coturn-1")
    return Server(program, lambda calls, size: legs.one_leg(("127.0.0.1", port), SECRET, calls, size))


def coturn_both(place: Place) -> Server:
    """coturn with an allocation for each side, as our clients would use it."""
    program, port = _coturn(place, "coturn-2")
    return Server(program, lambda calls, size: legs.both_legs(("127.0.0.1", port), SECRET, calls, size))


def engine(place: Place) -> Server:
    """rtpengine in user space, one thread."""
    port = free_port()
    program = Program(
        "rtpengine",
        [
            *PRIORITY, "rtpengine", "--foreground", "--log-stderr", "--log-level=3", "--table=-1",
            "--interface=127.0.0.1",
            f"--listen-ng=127.0.0.1:{port}", "--num-threads=1", "--port-min=20000", "--port-max=60000",
            "--no-log-timestamps", f"--pidfile={place.folder}/rtpengine.pid",
        ],
        core=place.core,
        folder=place.folder,
        drained=True,
    )  # fmt: skip
    _await_udp(port, program)
    return Server(program, lambda calls, _size: rtpengine.calls_at(port, calls))


def yardstick(place: Place) -> Server:
    """The least that a relay can do, in C."""
    port = free_port()
    program = Program("c", [*PRIORITY, str(place.yardstick), str(port)], core=place.core, folder=place.folder)
    _await_udp(port, program)
    return Server(program, lambda calls, _size: rtpengine.joined_at(port, calls))


def _await_udp(port: int, program: Program, patience: float = 20.0) -> None:
    """Until somebody has bound that UDP port; BenchError when the program ends or time is over."""
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        listed = Path("/proc/net/udp").read_text() + Path("/proc/net/udp6").read_text()
        if f":{port:04X} 0" in listed:
            return
        if not program.running:
            raise BenchError(f"{program.name} ended at once: {program.last_words()}")
        time.sleep(0.02)
    raise BenchError(f"{program.name} did not listen within {patience:g} s: {program.last_words()}")


SERVERS: dict[str, Callable[[Place], Server]] = {
    "sala": ours,
    "coturn-1": coturn_one,
    "coturn-2": coturn_both,
    "rtpengine": engine,
    "c": yardstick,
    "sala-portable": ours_portable,
}
