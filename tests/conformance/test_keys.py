"""Section 5 as the registry carries it: two strangers agree on keys and words through it."""

import os
import time

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.conformance import keys, wire
from tests.conformance.case import Case
from tests.conformance.client import Client


def ephemeral() -> tuple[X25519PrivateKey, bytes]:
    """Make an ephemeral key: the secret and the public bytes."""
    secret = X25519PrivateKey.generate()
    return secret, secret.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)


def looked_up(asker: Client, name: str) -> bytes:
    """Return the key that the registry tells for a name."""
    return asker.ask("PEDIDO-CONSULTA", nome=name).octets("chave")


def verified(public: bytes, line: wire.Line, message: bytes) -> None:
    """Check the signature in a line; InvalidSignature when it is not good."""
    Ed25519PublicKey.from_public_bytes(public).verify(line.octets("sig"), message)


class Agreement(Case):
    """A whole handshake."""

    def test_handshake(self) -> None:
        """Every signature made over canonical names and looked-up keys is good at the other side."""
        ana, bia = self.person("João"), self.person("bia")
        (secret_a, e_a), (secret_b, e_b) = ephemeral(), ephemeral()
        chamada, hora, key_b = os.urandom(16), int(time.time()), looked_up(ana, bia.name)
        mine = keys.CallText(chamada, ana.name, keys.public_of(ana.key), bia.name, key_b, hora)
        c = keys.commitment(e_a)
        sig = ana.key.sign(mine.invitation(c))
        ana.send("CONVITE", chamada=chamada, para=bia.name.upper(), compromisso=c, hora=hora, sig=sig)

        heard = bia.wait("CONVITE")
        caller = heard.keys["de"]
        key_a = looked_up(bia, caller)
        theirs = keys.CallText(
            heard.octets("chamada"), caller, key_a, bia.name, keys.public_of(bia.key), heard.number("hora")
        )
        commitment = heard.octets("compromisso")
        verified(key_a, heard, theirs.invitation(commitment))
        answer = bia.key.sign(theirs.acceptance(commitment, e_b))
        bia.send("CONVITE-ACEITO", chamada=chamada, efemera=e_b, candidatos=[], sig=answer)

        accepted = ana.wait("CONVITE-ACEITO")
        verified(key_b, accepted, mine.acceptance(c, accepted.octets("efemera")))
        transcript = mine.transcript(c, accepted.octets("efemera"), e_a)
        last = ana.key.sign(keys.key_message(transcript))
        ana.send("CHAVE", chamada=chamada, efemera=e_a, candidatos=[], sig=last)

        opened = bia.wait("CHAVE")
        self.assertEqual(keys.commitment(opened.octets("efemera")), commitment)
        same = theirs.transcript(commitment, e_b, opened.octets("efemera"))
        verified(key_a, opened, keys.key_message(same))
        shared_a = keys.agree(secret_a, accepted.octets("efemera"))
        shared_b = keys.agree(secret_b, opened.octets("efemera"))
        self.assertEqual(keys.call_keys(shared_a, transcript), keys.call_keys(shared_b, same))
        self.assertEqual(keys.words_of(shared_a, transcript), keys.words_of(shared_b, same))
