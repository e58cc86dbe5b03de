"""The servers measured: ours, and those it is held beside, each configured to do its best on one core."""

from __future__ import annotations

import contextlib
import getpass
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from string import Template

from bench.common.process import BenchError, Program, await_port, free_port
from bench.registro.build import compiled
from bench.registro.certificate import Certificate
from bench.registro.packages import located

BEYOND = ("--convites", "1000000", "--convites-de-uma-vez", "1000000")
"""One name calls more often here than anybody may; the limit is counted all the same."""

CONF = Path(__file__).parent / "conf"
CHECKOUT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Server:
    """A running server: the load client's protocol, the port of one of its endpoints, and its process."""

    name: str
    protocol: str
    port: int
    tls: bool
    program: Program


@dataclass(frozen=True)
class Place:
    """Where servers live in one run: a folder of their own, the core they share, the certificate all show."""

    folder: Path
    core: int
    certificate: Certificate

    def room(self, name: str) -> Path:
        """Make and return a folder that no earlier server of this run has used."""
        number = 0
        while (room := self.folder / f"{name}-{number}").exists():
            number += 1
        room.mkdir(mode=0o700)
        return room


Starter = Callable[[Place, bool], Server]
"""Starts a server with its TLS (True) or plain (False) endpoint; BenchError if it is not there to start."""


def yardstick(place: Place, tls: bool) -> Server:
    """The least C program that answers our lines (c/yardstick.c)."""
    room = place.room("yardstick")
    binary = compiled("yardstick", room)
    shown = [str(place.certificate.chain), str(place.certificate.key)] if tls else []
    program = Program("yardstick", [str(binary), *shown], core=place.core, folder=room)
    port = int(program.stdout.readline() or 0)
    if not port:
        program.stop()
        raise BenchError(f"yardstick did not listen: {program.last_words()}")
    return Server("C", "sala", port, tls, program)


def _found(program: str) -> str:
    path = located(program)
    if path is None:
        raise BenchError(f"{program} is not installed")
    return path


def _configuration(name: str, room: Path, values: dict[str, str]) -> Path:
    target = room / name
    target.write_text(Template((CONF / name).read_text()).substitute(values))
    return target


def _answering(server: Server) -> Server:
    try:
        await_port(server.port, server.program)
    except BaseException:
        server.program.stop()
        raise
    return server


def kamailio(place: Place, tls: bool) -> Server:
    """Kamailio with one TCP worker, location table in memory, no authentication: its cheapest registrar."""
    room = place.room("kamailio")
    plain_port, tls_port = free_port(), free_port()
    values = {"plain": str(plain_port), "tls": str(tls_port), "modules": _kamailio_modules()}
    shown = {"certificate": str(place.certificate.chain), "key": str(place.certificate.key)}
    config = _configuration("kamailio.cfg", room, values | shown)
    memory = ["-m", "1024", "-M", "32"]
    argv = [_found("kamailio"), "-f", str(config), "-DD", "-E", *memory, "-Y", str(room), "-w", str(room)]
    program = Program("kamailio", argv, core=place.core, folder=room, drained=True)
    return _answering(Server("Kamailio", "sip", tls_port if tls else plain_port, tls, program))


def _kamailio_modules() -> str:
    for folder in sorted(Path("/usr/lib").glob("*/kamailio/modules")):
        if (folder / "tls.so").exists():
            return f"{folder}/"
    raise BenchError("kamailio's modules, its TLS among them, are not installed")


def mumble(place: Place, tls: bool) -> Server:
    """Mumble's server; it speaks TLS only."""
    if not tls:
        raise BenchError("Mumble has no plain endpoint")
    room = place.room("mumble")
    port = free_port()
    values = {"port": str(port), "folder": str(room), "user": getpass.getuser()}
    shown = {"certificate": str(place.certificate.chain), "key": str(place.certificate.key)}
    config = _configuration("mumble.ini", room, values | shown)
    argv = [_found("murmurd"), "-ini", str(config), "-fg"]
    program = Program("mumble", argv, core=place.core, folder=room, drained=True)
    return _answering(Server("Mumble", "mumble", port, True, program))


def sala(place: Place, tls: bool, *extra: str) -> Server:
    """Our registry as an operator starts it, journal to a pipe; `extra` options come last.

    Its certificate is its own (made at the first start, ECDSA P-256 like the others'). A port that somebody
    else took between our choice and its start is no reason to fail: it is tried again with others.
    """
    for _ in range(2):
        with contextlib.suppress(BenchError):
            return _sala(place, tls, extra)
    return _sala(place, tls, extra)


def _sala(place: Place, tls: bool, extra: tuple[str, ...]) -> Server:
    room = place.room("sala")
    tls_port, plain_port = free_port(), free_port()
    argv = [str(Path(sys.executable).with_name("twistd")), "-n", "--pidfile=", "salaregistro"]
    argv += ["--porta", str(tls_port), "--interface", "127.0.0.1", "--estado", str(room / "estado")]
    argv += ["--texto-simples", str(plain_port), "--painel", f"tcp:{free_port()}:interface=127.0.0.1"]
    argv += ["--drenar", "0", "--tabela", "20000", *BEYOND, *extra]
    env = {"PYTHONPATH": str(CHECKOUT)}
    program = Program("sala", argv, core=place.core, folder=room, env=env, drained=True)
    return _answering(Server("sala", "sala", tls_port if tls else plain_port, tls, program))


def silent_sala(place: Place, tls: bool) -> Server:
    """Our registry without its journal."""
    return sala(place, tls, "--silencioso")
