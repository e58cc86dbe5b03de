"""What the tests of calls share: three people, one of whom calls another."""

from __future__ import annotations

from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from registro.wire import messages
from tests.support.registry import Client, Registry, aceito, chave, convite

OTHER = b"o" * 16


def about(client: Client) -> list[Any]:
    """Return what a client heard, without the table's changes."""
    return [message for message in client.heard() if not isinstance(message, messages.TabelaMudou)]


class CallCase(SynchronousTestCase):
    """Ana and Bia, who may call each other, and Eva."""

    def setUp(self) -> None:
        """Register everybody."""
        self.registry = Registry()
        self.ana, self.bia, self.eva = self.registry.people("ana", "bia", "eva")

    def ring(self) -> None:
        """Ana calls Bia."""
        self.ana.say(convite("bia"), 5)
        about(self.ana)
        about(self.bia)

    def talk(self) -> None:
        """Ana calls Bia, who answers."""
        self.ring()
        self.bia.say(aceito(), 6)
        self.ana.say(chave(), 7)
        about(self.ana)
        about(self.bia)

    def estado(self, nome: str) -> str:
        """Return what the table says of a name."""
        return self.registry.office.directory.entries[nome].estado

    def fails(self, client: Client, message: messages.Message, codigo: str) -> None:
        """A message is answered by one ERRO with its seq."""
        client.say(message, 44)
        (received,) = client.take()
        answer: Any = received.message
        self.assertEqual((received.seq, answer.codigo, answer.verbo), (44, codigo, message.VERBO))
