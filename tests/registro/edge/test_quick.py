"""The short way for look-ups answers what the long way answers."""

from __future__ import annotations

from hypothesis import example, given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from registro.edge import quick
from registro.office import Request
from registro.requests import look_up
from registro.wire import codec
from tests.support.registry import Registry

_LINES = st.from_regex(
    rb"PEDIDO-CONSULTA [0-9]{1,10} nome=(ana|bia\.b|[a-zA-Z0-9._-]{0,33})\r?\n", fullmatch=True
)


class QuickTests(SynchronousTestCase):
    """The same answer, or none."""

    def setUp(self) -> None:
        """Register who is asked for."""
        self.registry = Registry()
        self.ana, *_ = self.registry.people("ana", "bia.b")

    @settings(deadline=None, max_examples=300)
    @given(_LINES)
    @example(b"PEDIDO-CONSULTA 7 nome=ana\n")
    @example(b"PEDIDO-CONSULTA 0 nome=bia.b\r\n")
    def test_same(self, line: bytes) -> None:
        """Where the short way answers, the long way gives the same bytes."""
        office = self.registry.office
        answer = quick.look_up(office, line)
        try:
            received = codec.parse(line, codec.FROM_CLIENT)
        except codec.WireError:
            self.assertIsNone(answer)
            return
        if answer is not None:
            start = len(self.ana.transport.written)
            look_up(Request(office, self.ana.protocol.session, received.message, received.seq, line))
            self.assertEqual(self.ana.transport.written[start:], answer)

    def test_taken(self) -> None:
        """A look-up as every client writes it goes the short way; what must not, does not."""
        office = self.registry.office
        self.assertIsNotNone(quick.look_up(office, b"PEDIDO-CONSULTA 7 nome=ana\n"))
        for line in (
            b"PEDIDO-CONSULTA 7 nome=ninguem\n",
            b"PEDIDO-CONSULTA 7 nome=ANA\n",
            b"PEDIDO-CONSULTA 07 nome=ana\n",
            b"PEDIDO-CONSULTA 7 nome=ana x=1\n",
            b"PEDIDO-CONSULTA 7 nome=ana",
            b"PEDIDO-CONSULTA 7 nome=ana\r\r\n",
        ):
            self.assertIsNone(quick.look_up(office, line), line)
