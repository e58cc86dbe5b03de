"""Opening, draining, closing."""

from __future__ import annotations

from twisted.internet.defer import Deferred

from registro.drain import Drain, Stage
from registro.wire import messages
from registro.wire.errors import Codigo, Encerramento, Fim, Recusa
from tests.registro.calls import OTHER, CallCase, about
from tests.support.registry import CHAMADA, aceito, convite


class DrainTests(CallCase):
    """What SIGTERM and the panel's *Fechar* do."""

    def setUp(self) -> None:
        """Put a drain of 60 s to the registry."""
        super().setUp()
        self.doors: list[str] = []
        self.drain = Drain(
            self.registry.office,
            self.registry.server.everybody,
            60,
            lambda: self.doors.append("open"),
            lambda: self.doors.append("close"),
        )

    def close(self) -> Deferred[None]:
        """Close."""
        return self.drain.close()

    def test_nobody_talks(self) -> None:
        """Without calls everybody is warned and sent away at once, each with its own time to come back."""
        stranger = self.registry.connect()
        self.successResultOf(self.close())
        waits = []
        for client in (self.ana, self.bia, self.eva, stranger):
            warning, last = about(client)
            self.assertEqual((warning.codigo, last.codigo), ("manutencao", Encerramento.ENCERRANDO))
            waits.append(warning.reconecte)
            self.assertTrue(client.closed)
        self.assertEqual(len(set(waits)), 4)
        self.assertEqual((self.doors, self.drain.stage), (["close"], Stage.CLOSED))

    def test_rings_end(self) -> None:
        """Rings end for both sides with encerrando."""
        self.ring()
        self.close()
        _, refused, *_ = about(self.ana)
        self.assertEqual(refused, messages.ConviteRejeitado(CHAMADA, Recusa.ENCERRANDO))
        _, ended, *_ = about(self.bia)
        self.assertEqual(ended, messages.EncerrarLigacao(CHAMADA, Fim.ENCERRANDO))

    def test_calls_go_on(self) -> None:
        """A call goes on until it ends, and then everybody is sent away."""
        self.talk()
        closed = self.close()
        self.assertNoResult(closed)
        self.assertEqual((self.drain.stage, self.drain.left), (Stage.DRAINING, 60))
        self.bia.say(messages.Caminhos(CHAMADA, ()))
        self.assertIsInstance(about(self.ana)[-1], messages.Caminhos)
        self.assertEqual(self.eva.say(convite("eva", OTHER), 4).take()[-1].message.codigo, Recusa.ENCERRANDO)  # type: ignore[attr-defined]
        self.ana.say(messages.EncerrarLigacao(CHAMADA, "normal"))
        self.successResultOf(closed)
        self.assertTrue(self.eva.closed)

    def test_time_over(self) -> None:
        """When the time is over everybody is sent away; the call itself is not ended."""
        self.talk()
        closed = self.close()
        for _ in range(59):
            self.registry.pass_time(1)
            for client in (self.ana, self.bia, self.eva):
                client.say(messages.Vivo("1")).take()
        self.assertNoResult(closed)
        self.registry.pass_time(1)
        self.successResultOf(closed)
        (last,) = about(self.ana)
        self.assertEqual(last.codigo, Encerramento.ENCERRANDO)

    def test_hurry(self) -> None:
        """Somebody in a hurry does not wait for calls; hurrying an open registry does nothing."""
        self.talk()
        self.drain.hurry()
        self.assertEqual(self.drain.stage, Stage.OPEN)
        closed = self.close()
        self.drain.hurry()
        self.successResultOf(closed)

    def test_nobody_comes_back(self) -> None:
        """While it drains nobody connects or registers."""
        stranger = self.registry.connect()
        self.talk()
        self.close()
        self.assertIsNone(self.registry.server.admit("192.0.2.1", 1, True))
        self.assertIsInstance(stranger.one(0), messages.Aviso)
        self.assertEqual(stranger.ask(stranger.request("lia")).codigo, Codigo.ENCERRANDO)

    def test_opened_again(self) -> None:
        """Opening ends a drain, and a closed registry takes people again."""
        self.talk()
        self.close()
        self.drain.open()
        self.registry.pass_time(70)
        self.assertEqual(self.drain.stage, Stage.OPEN)
        self.assertIsNone(self.drain.left)
        self.registry.person("lia")
        self.successResultOf(self.close()) if not self.registry.office.switchboard.talking else None
        self.drain.open()
        self.drain.open()
        self.assertEqual(self.doors[-1], "open")

    def test_closed_twice(self) -> None:
        """Closing what is closed, or closing, is done when that is done."""
        self.ring()
        self.bia.say(aceito())
        first, second = self.close(), self.close()
        self.ana.say(messages.EncerrarLigacao(CHAMADA, "normal"))
        for closed in (first, second, self.close()):
            self.successResultOf(closed)
        self.assertEqual(self.doors, ["close"])
