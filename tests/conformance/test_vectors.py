"""The oracle itself against the golden values: what the suite believes must be what the page says."""

import hashlib
import json
from pathlib import Path
from typing import Any
from unittest import TestCase

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.conformance import keys, stun, wire

VECTORS: dict[str, Any] = json.loads(
    (Path(__file__).parent.parent / "vectors.json").read_text(encoding="utf-8")
)


class Lines(TestCase):
    """Section 2."""

    def test_valid(self) -> None:
        """Every valid golden line is read as its verb, seq, keys and lists."""
        for case in VECTORS["lines"]["valid"]:
            line = wire.parse(bytes.fromhex(case["line_hex"]))
            self.assertEqual(
                (line.verb, line.seq, dict(line.keys)), (case["verb"], case["seq"], case["keys"])
            )
            for key, items in case.get("lists", {}).items():
                self.assertEqual(line.items(key), items)

    def test_invalid(self) -> None:
        """Every invalid golden line is judged sintaxe or desconhecido as the table says."""
        lines = VECTORS["lines"]
        for case in lines["invalid"]:
            self.assertEqual(wire.judge(bytes.fromhex(case["line_hex"]))[0], case["codigo"], case)
        for case in lines["missing_key"] + lines["value_out_of_its_set"] + lines["unknown_verb"]:
            self.assertEqual(wire.judge(case["line"].encode())[0], case["codigo"], case)
        for line in lines["value_in_its_set"]:
            self.assertIn(wire.judge(line.encode())[0], {"-", "nao-registrado"}, line)

    def test_one_spelling(self) -> None:
        """A line that is read and written again is the same bytes."""
        for case in VECTORS["lines"]["valid"]:
            line = wire.parse(bytes.fromhex(case["line_hex"]))
            values: dict[str, Any] = {
                key: case.get("lists", {}).get(key, value) for key, value in line.keys.items()
            }
            written = wire.render(line.verb, line.seq, **values)
            self.assertEqual(written, bytes.fromhex(case["line_hex"]).replace(b"\r\n", b"\n"))

    def test_error_names(self) -> None:
        """The seq and the verb of an ERRO are each judged by themselves."""
        self.assertEqual(wire.judge(b"vivo 11 t=1\n"), ("sintaxe", 11, "-"))
        self.assertEqual(wire.judge(b"VIVO x t=1\n"), ("sintaxe", 0, "VIVO"))
        self.assertEqual(wire.judge(b"FOO-BAR 7 a=%\n"), ("sintaxe", 7, "FOO-BAR"))
        self.assertEqual(wire.judge(b"\n"), ("sintaxe", 0, "-"))


class Keys(TestCase):
    """Sections 1, 4 and 5."""

    def test_login(self) -> None:
        """Message, signature, invitation proof and whole line of each golden registration are ours."""
        for case in VECTORS["login"]["cases"]:
            key = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(case["seed_hex"]))
            public = keys.public_of(key)
            binding = bytes.fromhex(case["exporter_or_desafio_hex"])
            message = keys.login_message(case["label"], binding, case["nome_as_sent"], public)
            self.assertEqual(message.hex(), case["message_hex"])
            line = wire.render(
                "PEDIDO-REGISTRO", 1, nome=case["nome_as_sent"], chave=public, sig=key.sign(message), versao=1
            )
            self.assertEqual(line.decode(), case["line"])
            if "prova" in case:
                proof = keys.invitation_proof(bytes.fromhex(case["prova_secret_hex"]), binding, public)
                self.assertEqual(wire.b64(proof), case["prova"])

    def test_call(self) -> None:
        """Every intermediate value of the golden call is ours, down to the three words."""
        case = VECTORS["call"]
        given = case["in"]
        signer_a, signer_b = (
            Ed25519PrivateKey.from_private_bytes(bytes.fromhex(given[f"ed25519_seed_{side}_hex"]))
            for side in "AB"
        )
        secret_a, secret_b = (
            X25519PrivateKey.from_private_bytes(bytes.fromhex(given[f"x25519_private_{side}_hex"]))
            for side in "AB"
        )
        e_a, e_b = (
            secret.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
            for secret in (secret_a, secret_b)
        )
        call = keys.CallText(
            bytes.fromhex(given["chamada_hex"]),
            given["nome_A"],
            keys.public_of(signer_a),
            given["nome_B"],
            keys.public_of(signer_b),
            given["hora"],
        )
        commitment = keys.commitment(e_a)
        transcript = call.transcript(commitment, e_b, e_a)
        shared = keys.agree(secret_a, e_b)
        self.assertEqual(shared, keys.agree(secret_b, e_a))
        self.assertEqual(
            [call.t0.hex(), commitment.hex(), transcript.hex(), shared.hex()],
            [case["T0_hex"], case["c_hex"], case["T_hex"], case["Z_hex"]],
        )
        self.assertEqual(
            [
                signer_a.sign(call.invitation(commitment)).hex(),
                signer_b.sign(call.acceptance(commitment, e_b)).hex(),
                signer_a.sign(keys.key_message(transcript)).hex(),
            ],
            [case["sig_CONVITE_hex"], case["sig_CONVITE_ACEITO_hex"], case["sig_CHAVE_hex"]],
        )
        parts = {name: part.hex() for name, part in keys.call_keys(shared, transcript).items()}
        self.assertEqual(parts, case["OKM_split_hex"])
        self.assertEqual(list(keys.words_of(shared, transcript)), case["SAS_indices"])
        with self.assertRaises(ValueError):
            keys.agree(secret_a, bytes.fromhex(case["all_zero"]["e_hex"]))

    def test_fingerprint(self) -> None:
        """The fingerprint of the golden key is ours."""
        case = VECTORS["fingerprint"]
        self.assertEqual(keys.fingerprint(bytes.fromhex(case["spki_der_hex"])), case["fingerprint"])


class Datagrams(TestCase):
    """Section 7."""

    def setUp(self) -> None:
        """Read the golden values."""
        self.case = VECTORS["stun"]
        self.transaction = bytes.fromhex(self.case["transaction_id_hex"])

    def test_binding(self) -> None:
        """The plain Binding request is ours and its answer carries the golden address and nothing else."""
        case = self.case
        request = stun.build(stun.BINDING, [], transaction=self.transaction)
        self.assertEqual(request.hex(), case["plain_request_hex"])
        answer = stun.parse(bytes.fromhex(case["plain_answer_hex"]))
        host, port = answer.address(stun.MAPPED)
        self.assertEqual(f"{host}:{port}", case["answer_mapped"])
        mapped = stun.xor_address((host, port), self.transaction)
        written = stun.build(
            stun.BINDING | stun.SUCCESS, [(stun.MAPPED, mapped)], transaction=self.transaction
        )
        self.assertEqual(written, answer.datagram)

    def test_allocation(self) -> None:
        """Both Allocates, the ChannelBind and ChannelData of the golden leg are ours."""
        case = self.case
        usuario, realm, nonce = case["usuario"], case["realm"], case["nonce"]
        senha = stun.password(bytes.fromhex(case["secret_hex"]), usuario)
        key = stun.long_term_key(usuario, realm, senha)
        self.assertEqual([senha, key.hex()], [case["senha"], case["long_term_key_hex"]])
        udp = (stun.TRANSPORT, b"\x11\0\0\0")
        bare = stun.build(stun.ALLOCATE, [udp], transaction=self.transaction)
        self.assertEqual(bare.hex(), case["allocate_unauthenticated_hex"])
        credentials = [
            (stun.USERNAME, usuario.encode()),
            (stun.REALM, realm.encode()),
            (stun.NONCE, nonce.encode()),
        ]
        allocate = stun.build(
            stun.ALLOCATE, [udp, *credentials], transaction=self.transaction, key=key, fingerprint=True
        )
        self.assertEqual(allocate.hex(), case["allocate_hex"])
        self.assertTrue(stun.verify(stun.parse(allocate), key))
        self.assertFalse(stun.verify(stun.parse(allocate), hashlib.md5(b"other").digest()))
        host, _, port = case["channel_bind_peer"].rpartition(":")
        peer = stun.xor_address((host, int(port)), self.transaction)
        bind = stun.build(
            stun.BIND,
            [(stun.CHANNEL_NUMBER, b"\x40\0\0\0"), (stun.PEER, peer), *credentials],
            transaction=self.transaction,
            key=key,
            fingerprint=True,
        )
        self.assertEqual(bind.hex(), case["channel_bind_hex"])
        data = case["channel_data"]
        self.assertEqual(stun.channel_data(bytes.fromhex(data["payload_hex"])).hex(), data["datagram_hex"])

    def test_challenge(self) -> None:
        """The golden 401 is read with its code, realm and nonce."""
        answer = stun.parse(bytes.fromhex(self.case["challenge_401_hex"]))
        self.assertEqual(answer.code, 401)
        self.assertEqual(answer.get(stun.REALM), self.case["realm"].encode())
        self.assertEqual(answer.get(stun.NONCE), self.case["nonce"].encode())
