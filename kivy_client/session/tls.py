"""TLS 1.3 to the registry: the certificate is judged inside the handshake, before we can send a byte."""

import ipaddress
from collections.abc import Callable

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from OpenSSL import SSL, crypto
from twisted.internet.interfaces import IOpenSSLClientConnectionCreator
from twisted.internet.ssl import CertificateOptions, TLSVersion, optionsForClientTLS
from twisted.protocols.tls import TLSMemoryBIOProtocol
from zope.interface import implementer

from registro.wire.address import ServerAddress
from registro.wire.fields import fingerprint
from registro.wire.signatures import EXPORTER_LABEL, EXPORTER_SIZE

#: Told the fingerprint of the server's certificate; says whether to go on.
Judge = Callable[[str], bool]


def certificate_fingerprint(certificate: crypto.X509) -> str:
    """Return the fingerprint of a certificate's SubjectPublicKeyInfo."""
    public = certificate.to_cryptography().public_key()
    return fingerprint(public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))


@implementer(IOpenSSLClientConnectionCreator)
class PinnedTLS:
    """Connections to one server whose certificate's fingerprint `judge` decides about, and nothing else.

    The name in the certificate and its dates do not matter: the key is what was accepted.
    """

    def __init__(self, host: str, judge: Judge) -> None:
        self._host = host
        self._judge = judge
        self._context = CertificateOptions(raiseMinimumTo=TLSVersion.TLSv1_3).getContext()
        self._context.set_verify(SSL.VERIFY_PEER, self._verify)

    def clientConnectionForTLS(self, tlsProtocol: TLSMemoryBIOProtocol) -> SSL.Connection:  # noqa: N802
        """Return a connection that will say `host` in its first message, where that is a name."""
        connection = SSL.Connection(self._context, None)
        if not is_ip(self._host):
            connection.set_tlsext_host_name(self._host.encode("idna"))
        return connection

    def _verify(
        self, connection: SSL.Connection, certificate: crypto.X509, error: int, depth: int, good: int
    ) -> bool:
        return depth > 0 or self._judge(certificate_fingerprint(certificate))


def is_ip(host: str) -> bool:
    """Tell an IP address from a name."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def client_tls(address: ServerAddress, judge: Judge) -> IOpenSSLClientConnectionCreator:
    """Return what makes the connections: pinned, or by the system's authorities where it says `?ca=1`."""
    if not address.ca:
        return PinnedTLS(address.host, judge)
    creator: IOpenSSLClientConnectionCreator = optionsForClientTLS(
        address.host, extraCertificateOptions={"raiseMinimumTo": TLSVersion.TLSv1_3}
    )
    return creator


def binding_of(connection: SSL.Connection) -> bytes:
    """Return the 32 bytes that only the two ends of this connection know (RFC 9266)."""
    exported: bytes = connection.export_keying_material(EXPORTER_LABEL, EXPORTER_SIZE, b"")
    return exported
