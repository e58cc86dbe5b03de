"""Signatures, the keys of a call and the fingerprint, written by hand from sections 1, 4, 5 of the page."""

import base64
import hashlib
import hmac
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

TLS_LABEL = "sala-registro-v1"
PLAIN_LABEL = "sala-registro-local-v1"


def field(data: bytes) -> bytes:
    """L(x) of the page: a 2-byte big-endian length, then the bytes."""
    return len(data).to_bytes(2, "big") + data


def fields(*parts: str | bytes) -> bytes:
    """Join the fields; texts are UTF-8."""
    return b"".join(field(part.encode() if isinstance(part, str) else part) for part in parts)


def public_of(key: Ed25519PrivateKey) -> bytes:
    """Return the raw 32 bytes of the public key."""
    return key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)


def login_message(label: str, binding: bytes, name: str, public: bytes) -> bytes:
    """Return what PEDIDO-REGISTRO signs; ``binding`` is the exporter or the plain endpoint's desafio."""
    return fields(label, binding, name, public)


def invitation_proof(secret: bytes, binding: bytes, public: bytes) -> bytes:
    """Return ``prova``."""
    return hmac.new(secret, binding + public, hashlib.sha256).digest()


def fingerprint(spki: bytes) -> str:
    """Return the fingerprint of a certificate's SubjectPublicKeyInfo in DER."""
    return base64.b32encode(hashlib.sha256(spki).digest()).decode().rstrip("=").lower()


def hkdf(secret: bytes, salt: bytes, info: bytes, length: int) -> bytes:
    """HKDF-SHA256 (RFC 5869)."""
    prk = hmac.new(salt, secret, hashlib.sha256).digest()
    out, block = b"", b""
    while len(out) < length:
        block = hmac.new(prk, block + info + bytes([len(out) // 32 + 1]), hashlib.sha256).digest()
        out += block
    return out[:length]


@dataclass(frozen=True)
class CallText:
    """What both sides of a call sign about: names are canonical, keys raw."""

    chamada: bytes
    name_a: str
    key_a: bytes
    name_b: str
    key_b: bytes
    hora: int

    @property
    def t0(self) -> bytes:
        """T0 of the page."""
        people = (self.name_a, self.key_a, self.name_b, self.key_b)
        return fields("sala-chamada-v1", "AES_CM_128_HMAC_SHA1_80", self.chamada, *people)

    def invitation(self, commitment: bytes) -> bytes:
        """Return what CONVITE signs."""
        return fields("sala-convite-v1") + self.t0 + fields(commitment, self.hora.to_bytes(8, "big"))

    def acceptance(self, commitment: bytes, e_b: bytes) -> bytes:
        """Return what CONVITE-ACEITO signs."""
        hora = self.hora.to_bytes(8, "big")
        return fields("sala-aceite-v1") + self.t0 + fields(commitment, hora, e_b)

    def transcript(self, commitment: bytes, e_b: bytes, e_a: bytes) -> bytes:
        """T of the page."""
        return hashlib.sha256(self.t0 + fields(commitment, self.hora.to_bytes(8, "big"), e_b, e_a)).digest()


def commitment(e_a: bytes) -> bytes:
    """Return ``compromisso``."""
    return hashlib.sha256(fields("sala-compromisso-v1", e_a)).digest()


def key_message(transcript: bytes) -> bytes:
    """Return what CHAVE signs."""
    return fields("sala-chave-v1") + transcript


def agree(private: X25519PrivateKey, public: bytes) -> bytes:
    """Z of the page; an all-zero result is a ValueError."""
    shared = private.exchange(X25519PublicKey.from_public_bytes(public))
    if not any(shared):
        raise ValueError("all zero")
    return shared


def call_keys(shared: bytes, transcript: bytes) -> dict[str, bytes]:
    """Cut OKM into its parts, in the page's order."""
    okm = hkdf(shared, transcript, b"sala-chamada-v1 chaves", 140)
    sizes = {
        "ab_key": 16,
        "ab_salt": 14,
        "ba_key": 16,
        "ba_salt": 14,
        "ssrc_a": 4,
        "ssrc_b": 4,
        "stun_key": 32,
        "reserved": 40,
    }
    parts, at = {}, 0
    for name, size in sizes.items():
        parts[name], at = okm[at : at + size], at + size
    return parts


def words_of(shared: bytes, transcript: bytes) -> tuple[int, int, int]:
    """Return the three indices of the SAS."""
    first, second, third = hkdf(shared, transcript, b"sala-chamada-v1 sas", 8)[:3]
    return first, second, third
