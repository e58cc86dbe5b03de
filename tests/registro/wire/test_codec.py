"""The codec by properties: every message comes back, and any bytes parse or give one clear error."""

from __future__ import annotations

from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from registro.wire import codec, messages
from registro.wire.errors import Codigo
from registro.wire.fields import FieldError
from registro.wire.limits import LINE
from tests.registro.wire.strategies import ANY_MESSAGE, EXTRA, SEQ, TEXT

CHAMADA = b"\xf0" * 16
_PLANS = {messages.Way.CLIENT: codec.FROM_CLIENT, messages.Way.REGISTRY: codec.FROM_REGISTRY}


class RoundTripTests(SynchronousTestCase):
    """What one side writes is what the other reads."""

    @settings(deadline=None, max_examples=400)
    @given(ANY_MESSAGE, SEQ, EXTRA)
    def test_every_message(self, message: messages.Message, seq: int, extra: codec.Extra) -> None:
        """A message, its seq and its unknown keys survive the wire, for each role that may read it."""
        try:
            line = codec.render(message, seq, extra)
        except FieldError:
            assume(False)
        for way, plans in _PLANS.items():
            if type(message).WRITER & way:
                self.assertEqual(codec.parse(line, plans), (message, seq, extra))

    @settings(deadline=None, max_examples=300)
    @given(ANY_MESSAGE, SEQ, EXTRA)
    def test_one_spelling(self, message: messages.Message, seq: int, extra: codec.Extra) -> None:
        """An escape more than needed makes the line a syntax error."""
        line = codec.render(message, seq, extra)
        at = line.find(b"=") + 1
        assume(at and line[at : at + 1] not in (b" ", b"\n", b"%", b","))
        damaged = line[:at] + b"%%%02X" % line[at] + line[at + 1 :]
        error = self.assertRaises(codec.WireError, codec.parse, damaged)
        self.assertEqual(error.codigo, Codigo.SINTAXE)

    @settings(deadline=None, max_examples=200)
    @given(TEXT, EXTRA)
    def test_handed_on(self, liar: str, extra: codec.Extra) -> None:
        """A handed-on line names its true sender and keeps the keys that nobody here knows."""
        sent = messages.EncerrarLigacao(CHAMADA, "normal", de=liar)
        received = codec.parse(codec.hand_on(codec.render(sent, 9, extra), "joão"), codec.FROM_REGISTRY)
        self.assertEqual(received, (messages.EncerrarLigacao(CHAMADA, "normal", de="joão"), 0, extra))

    def test_handed_on_invitation(self) -> None:
        """An invitation is handed on without `para`."""
        sent = messages.Convite(CHAMADA, b"c" * 32, 7, b"s" * 64, para="ana", de="eva")
        received = codec.parse(codec.hand_on(codec.render(sent, 9), "bia"), codec.FROM_REGISTRY)
        self.assertEqual(received.message, messages.Convite(CHAMADA, b"c" * 32, 7, b"s" * 64, de="bia"))

    def test_handed_on_too_long(self) -> None:
        """A line that `de` would make longer than a line may be cannot be handed on."""
        start = b"TOCANDO 1 chamada=8PHy8_T19vf4-fr7_P3-_w x="
        line = start + b"a" * (LINE - len(start) - 1) + b"\n"
        codec.parse(line, codec.FROM_CLIENT)
        self.assertRaises(FieldError, codec.hand_on, line, "ana")


class RolesTests(SynchronousTestCase):
    """Each side reads only what the other may write."""

    def _error(self, line: bytes) -> Codigo:
        return self.assertRaises(codec.WireError, codec.parse, line, codec.FROM_CLIENT).codigo

    def test_registry_verbs(self) -> None:
        """A client that writes a line of the registry is not understood."""
        for verbo in ("OLA", "ERRO", "LIGACAO", "TABELA-MUDOU", "ENCERRADO"):
            self.assertEqual(self._error(f"{verbo} 1 x=1".encode()), Codigo.DESCONHECIDO)

    def test_registry_codes(self) -> None:
        """Codes that are the registry's own are out of a client's set."""
        chamada = "8PHy8_T19vf4-fr7_P3-_w"
        for codigo in ("cruzada", "ausente", "nao-encontrado", "encerrando"):
            line = f"CONVITE-REJEITADO 1 chamada={chamada} codigo={codigo}".encode()
            self.assertEqual(self._error(line), Codigo.SINTAXE)
            codec.parse(line, codec.FROM_REGISTRY)
        line = f"ENCERRAR-LIGACAO 1 chamada={chamada} codigo=nao-atende".encode()
        self.assertEqual(self._error(line), Codigo.SINTAXE)

    def test_commas(self) -> None:
        """%2C is an escape in lists and unknown keys, and a needless one elsewhere."""
        codec.parse(b"ACOMPANHAR 1 nomes=a%2Cb", codec.FROM_CLIENT)
        received = codec.parse(b"VIVO 1 t=1 x=a%2Cb", codec.FROM_CLIENT)
        self.assertEqual(received.extra, (("x", "a%2Cb"),))
        self.assertEqual(self._error(b"VIVO 1 t=a%2Cb"), Codigo.SINTAXE)

    def test_damaged_registration(self) -> None:
        """Damaged version, key, signature and proof are left for the registry to judge by their own codes."""
        line = b"PEDIDO-REGISTRO 1 nome=ana chave=x sig=y versao=um prova=%20"
        message = codec.parse(line, codec.FROM_CLIENT).message
        self.assertEqual(message, messages.PedidoRegistro("ana", b"", b"", -1, None, b""))
        self.assertEqual(self._error(b"PEDIDO-REGISTRO 1 nome=ana chave=x sig=y"), Codigo.SINTAXE)
        for key in ("chave", "sig", "versao", "prova"):
            values = {"chave": "x", "sig": "y", "versao": "1", key: "a%2Cb"}
            keys = " ".join(f"{name}={value}" for name, value in values.items())
            self.assertEqual(self._error(f"PEDIDO-REGISTRO 1 nome=ana {keys}".encode()), Codigo.SINTAXE)

    def test_numbers_and_bytes(self) -> None:
        """Numbers have 1 to 15 ASCII digits, bytes their exact length and no stray bits."""
        table = {
            "PEDIDO-TABELA 1 desde=": ("", "1234567890123456", "-1", "+1", "1.0", "٣", "1_0", "a"),
            "TOCANDO 1 chamada=": (
                "",
                "8PHy8_T19vf4-fr7_P3-_x",
                "8PHy8_T19vf4-fr7_P3-_w==",
                "8PHy8/T19vf4+fr7/P3+/w",
            ),
        }
        for start, values in table.items():
            for value in values:
                self.assertEqual(self._error((start + value).encode()), Codigo.SINTAXE, value)

    def test_spellings_that_do_not_exist(self) -> None:
        """A message that has no line is refused by the writer, not sent damaged."""
        for message in (
            messages.Tocando(b"short"),
            messages.Acompanhar(("",)),
            messages.PedidoTabela(desde=10**15),
            messages.Vivo("a" * LINE),
        ):
            self.assertRaises(FieldError, codec.render, message)
        self.assertRaises(FieldError, codec.render, messages.Vivo("1"), 10**9)


class FuzzTests(SynchronousTestCase):
    """Any bytes at all: a message, or one clear error."""

    def _read(self, line: bytes) -> None:
        for plans in (*_PLANS.values(), codec.FROM_ANYBODY):
            try:
                received = codec.parse(line, plans)
            except codec.WireError as error:
                self.assertIn(error.codigo, (Codigo.SINTAXE, Codigo.DESCONHECIDO))
                self.assertTrue(0 <= error.seq <= 999_999_999)
                continue
            if type(received.message) is messages.PedidoRegistro:
                continue
            written = codec.render(*received)
            self.assertEqual(codec.parse(written, plans), received)

    @settings(deadline=None, max_examples=500)
    @given(st.binary(max_size=200))
    @example(b"VIVO 1 t=\r\r\n")
    def test_bytes(self, line: bytes) -> None:
        """Random bytes do no harm."""
        self._read(line)

    @settings(deadline=None, max_examples=1000)
    @given(ANY_MESSAGE, SEQ, EXTRA, st.data())
    def test_damaged_lines(
        self, message: messages.Message, seq: int, extra: codec.Extra, data: st.DataObject
    ) -> None:
        """A good line with a few bytes changed, lost or put in does no harm."""
        line = bytearray(codec.render(message, seq, extra))
        for _ in range(data.draw(st.integers(1, 4))):
            at = data.draw(st.integers(0, len(line)))
            line[at : at + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=3))
        self._read(bytes(line))
