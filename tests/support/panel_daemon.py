"""A real daemon for the tests of the panel, all in memory: no socket, no disk, the test turns the clock."""

from __future__ import annotations

from pathlib import Path

from registro.config import Config
from registro.daemon import Daemon
from registro.edge.tls import Certificate
from registro.operations.faults import Faults
from registro.operations.house import DaemonHouse
from registro.operations.overseer import Overseer
from registro.wire import messages
from registro.wire.limits import Limits
from tests.support.registry import Client, Registry, aceito, convite

FINGERPRINT = "abcdefghijklmnopqrstuvwxyz234567abcdefghijklmnopqrst"
BATCH = 0.35


class DoorlessDaemon(Daemon):
    """A daemon whose doors are a flag: there is nothing to listen on in memory."""

    doors_open = True

    def _open_doors(self) -> None:
        self.doors_open = True

    def _close_doors(self) -> None:
        self.doors_open = False


class DaemonWorld:
    """Makes things happen in a daemon by what clients send."""

    def __init__(self, limits: Limits | None = None, secret: bytes | None = None) -> None:
        self.registry = Registry(limits, secret=secret)
        registry = self.registry
        self.daemon = DoorlessDaemon(
            registry.clock,
            Config(state=Path(), public_name="registro.example"),
            registry.office,
            registry.server,
            registry.journal,
            Overseer(registry.server),
            Certificate(Path(), Path(), FINGERPRINT),
            None,  # type: ignore[arg-type] # nothing listens here
            [],
            lambda _: None,
        )
        self.daemon.number = 5000
        self.faults = Faults(registry.office.wall)
        self.house = DaemonHouse(self.daemon, self.faults)
        registry.journal.start()
        self.clients: dict[str, Client] = {}
        self._calls: dict[str, bytes] = {}

    def batch(self) -> None:
        """Let a batch of messages and of changes out."""
        self.registry.clock.advance(BATCH)
        for client in self.clients.values():
            client.take()

    def join(self, name: str) -> None:
        """Register somebody from 192.0.2.7."""
        self.clients[name] = self.registry.connect(host="192.0.2.7").register(name)
        self.batch()

    def leave(self, name: str) -> None:
        """End somebody's connection."""
        self.clients.pop(name).lose()
        self.batch()

    def look_up(self, asker: str, name: str) -> None:
        """Ask for a name."""
        self.clients[asker].say(messages.PedidoConsulta(name))
        self.batch()

    def ring(self, caller: str, callee: str) -> None:
        """Invite somebody."""
        self._calls[caller] = len(self._calls).to_bytes(16, "big")
        self.clients[caller].say(convite(callee, self._calls[caller]))
        self.batch()

    def answer(self, caller: str, callee: str) -> None:
        """Accept the caller's invitation."""
        self.clients[callee].say(aceito(self._calls[caller]), 0)
        self.batch()

    def hang_up(self, caller: str) -> None:
        """End the caller's call."""
        self.clients[caller].say(messages.EncerrarLigacao(self._calls[caller], "cancelada"), 0)
        self.batch()

    def pass_time(self) -> None:
        """Let a second pass."""
        self.registry.pass_time(1)

    def drain_over(self) -> None:
        """Let the time of the drain pass."""
        self.registry.pass_time(61)
