"""Somebody between a client and its registry: a TLS server of his own, and perhaps a connection onwards."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from cryptography.x509.oid import NameOID

from registro.wire.address import fingerprint


class Middle:
    """Listens on loopback with a certificate of its own; hands bytes on to `onwards` where that is given."""

    def __init__(self, folder: Path, onwards: int | None = None) -> None:
        self.heard = b""
        self.shaken = 0
        self._onwards = onwards
        self._context = self._make_context(folder)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _make_context(self, folder: Path) -> ssl.SSLContext:
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "meio")])
        now = datetime.now(UTC)
        builder = x509.CertificateBuilder(name, name, key.public_key(), 1, now, now + timedelta(days=1))
        certificate = builder.sign(key, hashes.SHA256())
        pem = folder / "meio.pem"
        pem.write_bytes(
            key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
            + certificate.public_bytes(Encoding.PEM)
        )
        public = certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        self.fingerprint = fingerprint(public)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_3
        context.load_cert_chain(pem)
        return context

    @property
    def address(self) -> str:
        """Where it listens, without a fingerprint."""
        return f"sala://127.0.0.1:{self.port}/"

    def _serve(self) -> None:
        while True:
            try:
                raw, _ = self._listener.accept()
            except OSError:
                return
            with contextlib.suppress(OSError):
                self._one(raw)

    def _one(self, raw: socket.socket) -> None:
        raw.settimeout(20)
        with self._context.wrap_socket(raw, server_side=True) as client:
            if self._onwards is None:
                # The handshake of TLS 1.3 is over for us before the client has judged: only bytes tell.
                client.sendall(b"OLA 0 versao=1 recursos= servidor=meio limites=linha:4096\n")
                self._listen(client)
                return
            plain = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            plain.check_hostname = False
            plain.verify_mode = ssl.CERT_NONE
            onwards = socket.create_connection(("127.0.0.1", self._onwards))
            with plain.wrap_socket(onwards) as registry:
                back = threading.Thread(target=self._carry, args=(registry, client), daemon=True)
                back.start()
                self._listen(client, registry)

    def _listen(self, client: ssl.SSLSocket, registry: ssl.SSLSocket | None = None) -> None:
        while data := client.recv(4096):
            self.heard += data
            if registry is not None:
                registry.sendall(data)

    @staticmethod
    def _carry(source: ssl.SSLSocket, to: ssl.SSLSocket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(4096):
                to.sendall(data)

    def close(self) -> None:
        """Listen no more."""
        self._listener.close()
