"""The registry's certificate and its TLS 1.3 context (protocol section 1)."""

from __future__ import annotations

import datetime
import os
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from OpenSSL import SSL
from twisted.internet.interfaces import IOpenSSLServerConnectionCreator
from zope.interface import implementer

from registro.wire.fields import fingerprint

CERTIFICATE, KEY = "certificado.pem", "chave.pem"
_YEARS = datetime.timedelta(days=3650)


class CertificateError(Exception):
    """O certificado ou a chave não puderam ser lidos."""


@dataclass(frozen=True, slots=True)
class Certificate:
    """Where certificate and key are, and the fingerprint that clients pin."""

    certificate: Path
    key: Path
    fingerprint: str


def make_private(path: Path, content: bytes) -> None:
    """Write a file that only its owner can read, whole or not at all."""
    part = path.with_name(path.name + ".parte")
    part.unlink(missing_ok=True)
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)


def own_certificate(state: Path, now: datetime.datetime) -> Certificate:
    """Return the certificate in the state directory, made if there is none."""
    certificate, key = state / CERTIFICATE, state / KEY
    if not (certificate.exists() and key.exists()):
        made_key, made = _self_signed(now)
        make_private(key, made_key)
        make_private(certificate, made)
    return read_certificate(certificate, key)


def _self_signed(now: datetime.datetime) -> tuple[bytes, bytes]:
    """Make an ECDSA P-256 key and its own certificate, as PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Sala de Conversa")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + _YEARS)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return pem, made.public_bytes(serialization.Encoding.PEM)


def read_certificate(certificate: Path, key: Path) -> Certificate:
    """Read a certificate (or a chain, the server's own first) and check that the key is its."""
    try:
        leaf = x509.load_pem_x509_certificates(certificate.read_bytes())[0]
        private = serialization.load_pem_private_key(key.read_bytes(), None)
    except (OSError, ValueError, TypeError, IndexError) as error:
        raise CertificateError(f"{certificate} ou {key}: {error}") from error
    spki = (serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    public = leaf.public_key().public_bytes(*spki)
    if private.public_key().public_bytes(*spki) != public:
        raise CertificateError(f"{key} não é a chave de {certificate}")
    return Certificate(certificate, key, fingerprint(public))


def server_context(certificate: Certificate) -> SSL.Context:
    """Return the one context that all connections share: TLS 1.3 only, nothing kept, buffers given back."""
    context = SSL.Context(SSL.TLS_SERVER_METHOD)
    context.set_min_proto_version(SSL.TLS1_3_VERSION)
    context.set_session_cache_mode(SSL.SESS_CACHE_OFF)
    context.set_options(SSL.OP_NO_TICKET | SSL.OP_NO_RENEGOTIATION | SSL.OP_NO_COMPRESSION)
    context.set_mode(SSL.MODE_RELEASE_BUFFERS)
    context.use_certificate_chain_file(str(certificate.certificate))
    context.use_privatekey_file(str(certificate.key))
    return context


@implementer(IOpenSSLServerConnectionCreator)
class ConnectionCreator:
    """Makes the OpenSSL side of a connection from the shared context."""

    def __init__(self, context: SSL.Context) -> None:
        self._context = context

    def serverConnectionForTLS(self, tlsProtocol: object) -> SSL.Connection:  # noqa: N802 - Twisted's names
        """Return a fresh connection, to be fed by memory."""
        return SSL.Connection(self._context, None)
