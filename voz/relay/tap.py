"""`twistd -n salarele`: the relay alone, on a machine of its own beside a registry elsewhere."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from twisted.application.service import IService
from twisted.logger import Logger
from twisted.python.usage import Options as TwistedOptions
from twisted.python.usage import UsageError

from voz.relay.credentials import Authority
from voz.relay.service import RelayReactor, RelayService, bind_socket, go_first

DEFAULT_PORT = 5000
_LOOP_WORDS = {
    "recvmmsg": "em lotes (recvmmsg), com tique de 1 ms quando há muito que fazer",
    "portable": "portátil, datagrama por datagrama",
}


class Options(TwistedOptions):
    """The options of the plugin; each wrong value is one sentence."""

    synopsis = "[opções] --segredo ARQUIVO"
    optParameters: ClassVar[list[list[object]]] = [
        ["segredo", None, None, "arquivo com o segredo que o registro também conhece (obrigatório)"],
        ["porta", None, DEFAULT_PORT, "porta UDP; 0 escolhe uma livre"],
        ["interface", None, "::", "endereço em que ouvir; :: aceita também IPv4"],
        ["realm", None, "sala", "nome do domínio das credenciais, até 12 bytes"],
        ["laco", None, "auto", "auto, recvmmsg ou portable"],
    ]

    def postOptions(self) -> None:
        """Check everything before anything starts. Raises UsageError."""
        if self["segredo"] is None:
            raise UsageError("Falta --segredo ARQUIVO.")
        self["porta"] = _port(str(self["porta"]))
        if self["laco"] not in ("auto", *_LOOP_WORDS):
            raise UsageError("--laco é auto, recvmmsg ou portable.")
        try:
            self["autoridade"] = Authority(read_secret(Path(self["segredo"])), self["realm"])
        except OSError as problem:
            raise UsageError(f"Não consigo ler o segredo: {problem.strerror}.") from problem
        except ValueError as problem:
            raise UsageError(f"Segredo ou realm não serve: {problem}.") from problem


def read_secret(path: Path) -> bytes:
    """The bytes of the file without a final newline. Raises OSError."""
    return path.read_bytes().removesuffix(b"\n").removesuffix(b"\r")


def _port(text: str) -> int:
    """A port from 0 to 65535. Raises UsageError."""
    if not (text.isascii() and text.isdigit() and int(text) <= 0xFFFF):
        raise UsageError("--porta é um número de 0 a 65535.")
    return int(text)


def make_service(options: Options, reactor: RelayReactor) -> IService:
    """The relay, on a socket that is bound already. Raises UsageError when the port is not to be had."""
    try:
        bound = bind_socket(options["interface"], options["porta"])
        batched = None if options["laco"] == "auto" else options["laco"] == "recvmmsg"
        service = RelayService(reactor, bound, options["autoridade"], batched=batched)
    except OSError as problem:
        raise UsageError(f"Não consigo ouvir em UDP {options['porta']}: {problem.strerror}.") from problem
    words = _LOOP_WORDS[service.loop.name]
    Logger().info("Relê em UDP {port}, laço {words}.", port=service.port, words=words)
    return service


def makeService(options: Options) -> IService:
    """What twistd calls; a port that is not to be had ends the process with one sentence and status 1."""
    from twisted.internet import reactor

    reactor.callWhenRunning(go_first)
    try:
        return make_service(options, reactor)  # type: ignore[arg-type] # Twisted types it as a module
    except UsageError as problem:
        raise SystemExit(f"salarele: {problem}") from None
