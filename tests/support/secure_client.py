"""A blocking client of the TLS endpoint, for tests with a real daemon: it checks the pin as ours must."""

from __future__ import annotations

import contextlib
import os
import re
import socket
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from OpenSSL import SSL

from registro.wire import messages, signatures
from registro.wire.address import ServerAddress, fingerprint
from tests.support.daemon_process import PATIENCE, DaemonProcess, PlainClient

_ADDRESS = re.compile(r"Endereço: (sala://\S+)")


def address_of(running: DaemonProcess) -> ServerAddress:
    """Return the address that the daemon printed."""
    found = _ADDRESS.search(running.output)
    assert found is not None, running.output
    return ServerAddress.parse(found[1])


class _Blocking:
    """OpenSSL's connection with the two verbs of a socket."""

    def __init__(self, tls: SSL.Connection, raw: socket.socket) -> None:
        self.tls, self._raw = tls, raw

    def sendall(self, data: bytes) -> None:
        """Send."""
        self.tls.sendall(data)

    def recv(self, size: int) -> bytes:
        """Receive; empty at the end."""
        try:
            return self.tls.recv(size)
        except (SSL.ZeroReturnError, SSL.SysCallError):
            return b""

    def close(self) -> None:
        """Close both sides."""
        with contextlib.suppress(SSL.Error):
            self.tls.shutdown()
        self._raw.close()


class SecureClient(PlainClient):
    """A client over TLS 1.3."""

    def __init__(self, address: ServerAddress, seed: bytes | None = None, host: str = "127.0.0.1") -> None:
        self.key = Ed25519PrivateKey.from_private_bytes(seed or os.urandom(32))
        self.chave = self.key.public_key().public_bytes_raw()
        raw = socket.create_connection((host, address.port), timeout=PATIENCE)
        raw.settimeout(None)
        context = SSL.Context(SSL.TLS_CLIENT_METHOD)
        self.tls = SSL.Connection(context, raw)
        self.tls.set_connect_state()
        self.tls.do_handshake()
        certificate: Any = self.tls.get_peer_certificate(as_cryptography=True)
        public = certificate.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        assert fingerprint(public) == address.fingerprint
        self.socket: Any = _Blocking(self.tls, raw)
        self._rest = b""
        self.ola: Any = self.hear()
        self.binding = self.tls.export_keying_material(b"EXPORTER-Channel-Binding", 32, b"")

    def request(self, name: str) -> messages.PedidoRegistro:
        """Make the request to register."""
        signed = signatures.login_message(self.binding, name, self.chave)
        return messages.PedidoRegistro(nome=name, chave=self.chave, sig=self.key.sign(signed))
