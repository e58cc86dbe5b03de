"""The base of the live tests: a daemon for the class, clients that are closed, calls in a given state."""

import itertools
import os
import time
import unittest
from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

from tests.conformance import wire
from tests.conformance.client import Client, settle
from tests.conformance.daemon import Daemon

_counter = itertools.count(1)


BEFORE_THE_FIRST: list[Callable[[], None]] = []
"""What is started by the first live test: the slow scenarios, when they are among the tests of this run."""


class _Current:
    """The one daemon that runs for the test classes; a class with other options gets another one."""

    daemon: Daemon | None = None


def daemon_for(case: "type[Case]") -> Daemon:
    """Return a running daemon with the options of this class."""
    current = _Current.daemon
    if current is None or not current.alive or current.options != case.options:
        if current is not None:
            current.stop()
        _Current.daemon = current = Daemon(*case.options).start()
    return current


@dataclass(frozen=True)
class Call:
    """A call between two clients."""

    id: bytes
    caller: Client
    callee: Client

    @property
    def text(self) -> str:
        """The wire text of chamada."""
        return wire.b64(self.id)


def fresh_name(base: str) -> str:
    """Return a name that nobody used."""
    return f"{base}{next(_counter)}"


def invitation(name: str, chamada: bytes | None = None) -> dict[str, object]:
    """Return the keys of a CONVITE; the registry learns nothing from the random bytes in it."""
    return {
        "chamada": os.urandom(16) if chamada is None else chamada,
        "para": name,
        "compromisso": os.urandom(32),
        "hora": int(time.time()),
        "sig": os.urandom(64),
    }


def exchange(*candidates: str) -> dict[str, object]:
    """Return the keys of CONVITE-ACEITO and CHAVE besides chamada."""
    return {"efemera": os.urandom(32), "candidatos": list(candidates), "sig": os.urandom(64)}


def ring(caller: Client, callee: Client) -> Call:
    """Invite, and return when the callee has the invitation and both have their relay credentials."""
    chamada = os.urandom(16)
    caller.send("CONVITE", **invitation(callee.name, chamada))
    call = Call(chamada, caller, callee)
    callee.wait("CONVITE", chamada=call.text)
    callee.wait("LIGACAO", chamada=call.text)
    caller.wait("LIGACAO", chamada=call.text)
    return call


def talk(caller: Client, callee: Client) -> Call:
    """Bring a call to the accepted state."""
    call = ring(caller, callee)
    callee.send("CONVITE-ACEITO", chamada=call.id, **exchange())
    caller.wait("CONVITE-ACEITO", chamada=call.text)
    return call


class Case(unittest.TestCase):
    """A class of live tests."""

    options: ClassVar[tuple[str, ...]] = ()

    def setUp(self) -> None:
        """Have a daemon and no clients."""
        while BEFORE_THE_FIRST:
            BEFORE_THE_FIRST.pop()()
        self.daemon = daemon_for(type(self))
        self._clients: list[Client] = []

    def tearDown(self) -> None:
        """Close every connection of the test."""
        for client in self._clients:
            client.drop()

    def keep(self, client: Client) -> Client:
        """Close this connection when the test ends."""
        self._clients.append(client)
        return client

    def tls(self) -> Client:
        """Connect by TLS."""
        return self.keep(self.daemon.tls())

    def text(self) -> Client:
        """Connect to the plain endpoint."""
        return self.keep(self.daemon.text())

    def person(self, base: str = "ana", plain: bool = False) -> Client:
        """Connect and register a new name."""
        client = self.text() if plain else self.tls()
        client.register(fresh_name(base))
        return client

    def again(self, client: Client) -> Client:
        """Connect and register the name of a client once more."""
        other = self.tls()
        other.register(client.name, client.key)
        return other

    def couple(self) -> tuple[Client, Client]:
        """Return two registered people."""
        return self.person("ana"), self.person("bia")

    @staticmethod
    def quiet() -> None:
        """Wait until what an earlier test left is out of the table and told to everybody."""
        time.sleep(0.8)

    def erro(self, line: wire.Line, codigo: str, verb: str, seq: int | None = None) -> None:
        """Assert that this is an ERRO with this code, about this verb."""
        self.assertEqual((line.verb, line.keys.get("codigo"), line.keys.get("verbo")), ("ERRO", codigo, verb))
        if seq is not None:
            self.assertEqual(line.seq, seq)

    def state_of(self, asker: Client, name: str) -> str:
        """Ask for the state of a name."""
        return asker.ask("PEDIDO-CONSULTA", nome=name).keys["estado"]

    def assert_silent(self, *clients: Client) -> None:
        """Assert that nothing but presence is pending, after everything so far has arrived."""
        settle(*clients)
        for client in clients:
            left = [line for line in client.pending if line.verb != "TABELA-MUDOU"]
            self.assertEqual(left, [], client.name)
