"""A certificate that the operator brings for the panel."""

from __future__ import annotations

from pathlib import Path

from OpenSSL import SSL, crypto
from twisted.internet.ssl import CertificateOptions, TLSVersion

from registro.panel.where import PlaceError

_BEGIN = b"-----BEGIN CERTIFICATE-----"


def own_certificate(key: Path, certificate: Path) -> CertificateOptions:
    """Read a key and a chain from PEM files, the server's certificate first; raises PlaceError."""
    try:
        chain = [_BEGIN + part for part in certificate.read_bytes().split(_BEGIN)[1:]]
        first, *others = [crypto.load_certificate(crypto.FILETYPE_PEM, part) for part in chain]
        private = crypto.load_privatekey(crypto.FILETYPE_PEM, key.read_bytes())
        options = CertificateOptions(
            privateKey=private,
            certificate=first,
            extraCertChain=others,
            raiseMinimumTo=TLSVersion.TLSv1_3,
        )
        options.getContext()
    except (OSError, ValueError, SSL.Error, crypto.Error) as error:
        raise PlaceError(
            f"--painel: não pude usar a chave {key} com o certificado {certificate} ({error})"
        ) from None
    return options
