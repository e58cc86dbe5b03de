"""The golden values of the protocol: every line, name, login, call and fingerprint."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from twisted.trial.unittest import SynchronousTestCase

from registro.wire import codec, credentials, fields, messages, signatures

VECTORS: dict[str, Any] = json.loads(
    (Path(__file__).parent.parent.parent / "vectors.json").read_text(encoding="utf-8")
)
LINES = VECTORS["lines"]


def _line(case: dict[str, Any] | str) -> bytes:
    if isinstance(case, str):
        return case.encode()
    return bytes.fromhex(case["line_hex"]) if "line_hex" in case else str(case["line"]).encode()


class LinesTests(SynchronousTestCase):
    """Every golden line is read as the page says, by both roles."""

    def test_valid(self) -> None:
        """A valid line gives its verb, seq and keys."""
        for case in LINES["valid"]:
            received = codec.parse(_line(case), codec.FROM_CLIENT)
            known = {
                field: getattr(received.message, field)
                for field in type(received.message).__slots__
                if getattr(received.message, field) is not None
            }
            for key, items in case.get("lists", {}).items():
                self.assertEqual(list(known.pop(key)), items)
                case["keys"].pop(key)
            unknown = {key: fields.unescape_item(value) for key, value in received.extra}
            self.assertEqual((received.message.VERBO, received.seq), (case["verb"], case["seq"]))
            self.assertEqual({**known, **unknown}, case["keys"])

    def test_valid_lines_have_one_spelling(self) -> None:
        """A valid line is written again exactly as it was read."""
        for case in LINES["valid"]:
            received = codec.parse(_line(case))
            self.assertEqual(codec.render(*received), _line(case).replace(b"\r\n", b"\n"))

    def test_refused(self) -> None:
        """An invalid line, a missing key, a value out of its set and an unknown verb have their codes."""
        for group in ("invalid", "missing_key", "value_out_of_its_set", "unknown_verb"):
            for case in LINES[group]:
                error = self.assertRaises(codec.WireError, codec.parse, _line(case), codec.FROM_CLIENT)
                self.assertEqual(error.codigo, case["codigo"], case)

    def test_values_in_their_set(self) -> None:
        """A value of its set is taken."""
        for case in LINES["value_in_its_set"]:
            codec.parse(_line(case), codec.FROM_CLIENT)

    def test_lines_of_a_call(self) -> None:
        """The lines of the golden call are written as they were read, by each role."""
        call = VECTORS["call"]
        for group, plans in (
            ("lines", codec.FROM_CLIENT),
            ("lines_handed_on", codec.FROM_REGISTRY),
            ("lines_of_the_registry", codec.FROM_REGISTRY),
        ):
            for line in call[group]:
                self.assertEqual(codec.render(*codec.parse(line.encode(), plans)), line.encode())

    def test_handed_on(self) -> None:
        """The registry's handed-on lines are the golden ones, byte for byte."""
        call = VECTORS["call"]
        self.assertEqual(
            codec.hand_on(call["lines"][0].encode(), "joão"), call["lines_handed_on"][0].encode()
        )
        self.assertEqual(
            codec.hand_on(call["lines"][-1].encode(), "joão"), call["lines_handed_on"][1].encode()
        )


class HeadOfBadLinesTests(SynchronousTestCase):
    """An ERRO tells seq and verb, each judged by itself."""

    def test_each_by_itself(self) -> None:
        """What cannot be read is 0 and -, the other is told all the same."""
        table = {
            b"vivo 11 t=1\n": (11, "-"),
            b"VIVO 11 t=1 t=2\n": (11, "VIVO"),
            b"VIVO 011 t=1\n": (0, "VIVO"),
            b"VIVO 7 t=\xff\n": (7, "VIVO"),
            b"\xff 7 t=1\n": (7, "-"),
            b"VIVO 7\tt=1\n": (0, "VIVO"),
            b"VIVO 7\r\n": (7, "VIVO"),
            b"FOO-BAR 7 a=b\n": (7, "FOO-BAR"),
            b"\n": (0, "-"),
            b"VIVO 7 t=" + b"a" * 5000: (7, "VIVO"),
        }
        for line, (seq, verbo) in table.items():
            error = self.assertRaises(codec.WireError, codec.parse, line, codec.FROM_CLIENT)
            self.assertEqual((error.seq, error.verbo), (seq, verbo), line)


class NamesTests(SynchronousTestCase):
    """Golden names."""

    def test_valid(self) -> None:
        """A name has the golden canonical spelling, and is its own."""
        for case in VECTORS["names"]["valid"]:
            self.assertEqual(fields.canonical_name(case["sent"]), case["canonical"])
            self.assertEqual(fields.canonical_name(case["canonical"]), case["canonical"])

    def test_invalid(self) -> None:
        """What is no name is refused."""
        for case in VECTORS["names"]["invalid"]:
            self.assertRaises(fields.NameError_, fields.canonical_name, case["sent"])


class SignaturesTests(SynchronousTestCase):
    """Golden registrations, credentials and fingerprints."""

    def test_login(self) -> None:
        """The signed bytes, the signature and the proof are the golden ones, and so is the line."""
        for case in VECTORS["login"]["cases"]:
            binding = bytes.fromhex(case["exporter_or_desafio_hex"])
            chave, sig = bytes.fromhex(case["chave_hex"]), bytes.fromhex(case["sig_hex"])
            message = signatures.login_message(
                binding, case["nome_as_sent"], chave, local=case["label"] == "sala-registro-local-v1"
            )
            self.assertEqual(message.hex(), case["message_hex"])
            key = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(case["seed_hex"]))
            self.assertEqual(key.sign(message), sig)
            self.assertEqual((fields.b64(chave), fields.b64(sig)), (case["chave"], case["sig"]))
            asked = codec.parse(case["line"].encode(), codec.FROM_CLIENT).message
            self.assertEqual(asked, messages.PedidoRegistro(case["nome_as_sent"], chave, sig))
            if "prova" in case:
                secret = bytes.fromhex(case["prova_secret_hex"])
                proof = signatures.invitation_proof(secret, binding, chave)
                self.assertEqual(fields.b64(proof), case["prova"])

    def test_relay_credentials(self) -> None:
        """User name and password of a relay leg are the golden ones."""
        stun = VECTORS["stun"]
        usuario = credentials.username(1767225900, VECTORS["call"]["in"]["chamada"], "a")
        self.assertEqual(usuario, stun["usuario"])
        self.assertEqual(credentials.password(bytes.fromhex(stun["secret_hex"]), usuario), stun["senha"])

    def test_fingerprint(self) -> None:
        """The fingerprint, its groups of four and its address are the golden ones."""
        case = VECTORS["fingerprint"]
        pin = fields.fingerprint(bytes.fromhex(case["spki_der_hex"]))
        self.assertEqual((pin, fields.grouped(pin)), (case["fingerprint"], case["printed"]))
        self.assertEqual(str(fields.ServerAddress("sala.example", 5000, pin)), case["address"])
        self.assertEqual(fields.ServerAddress.parse(case["address"]).fingerprint, pin)

    def test_call_values(self) -> None:
        """base64url of the golden call's values is what its lines carry."""
        call = VECTORS["call"]
        accept = codec.parse(call["lines"][1].encode()).message
        assert isinstance(accept, messages.ConviteAceito)
        self.assertEqual(accept.efemera.hex(), call["e_B_hex"])
        self.assertEqual(accept.sig.hex(), call["sig_CONVITE_ACEITO_hex"])
        self.assertEqual(fields.b64(bytes.fromhex(call["in"]["chamada_hex"])), call["in"]["chamada"])
        self.assertEqual(
            base64.urlsafe_b64decode(call["in"]["chamada"] + "==").hex(), call["in"]["chamada_hex"]
        )
