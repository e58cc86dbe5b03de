"""The certificate and the private files of the state directory."""

from __future__ import annotations

import datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from twisted.trial.unittest import SynchronousTestCase

from registro.edge.tls import (
    CertificateError,
    make_private,
    own_certificate,
    read_certificate,
    server_context,
)

NOW = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)


class CertificateTests(SynchronousTestCase):
    """What is made at the first start."""

    def setUp(self) -> None:
        """Make an empty state directory."""
        self.state = Path(self.mktemp())
        self.state.mkdir()

    def test_made_once(self) -> None:
        """An ECDSA P-256 certificate is made once, its key readable by its owner alone."""
        made = own_certificate(self.state, NOW)
        again = own_certificate(self.state, NOW + datetime.timedelta(days=400))
        self.assertEqual(made, again)
        self.assertEqual(len(made.fingerprint), 52)
        for path in (made.certificate, made.key):
            self.assertEqual(path.stat().st_mode & 0o777, 0o600)
        leaf = x509.load_pem_x509_certificate(made.certificate.read_bytes())
        public = leaf.public_key()
        assert isinstance(public, ec.EllipticCurvePublicKey)
        self.assertEqual(public.curve.name, "secp256r1")
        self.assertLess(leaf.not_valid_before_utc, NOW)
        server_context(made)

    def test_wrong_files(self) -> None:
        """A key of another certificate, and what is none, are one clear error."""
        made = own_certificate(self.state, NOW)
        other = self.state / "outra"
        other.mkdir()
        foreign = own_certificate(other, NOW)
        junk = self.state / "lixo.pem"
        junk.write_text("isto não é um certificado", encoding="utf-8")
        for certificate, key in (
            (made.certificate, foreign.key),
            (junk, made.key),
            (made.certificate, junk),
            (self.state / "nada", made.key),
        ):
            self.assertRaises(CertificateError, read_certificate, certificate, key)

    def test_whole_or_not_at_all(self) -> None:
        """A private file replaces an older one whole, and leaves no part behind."""
        path = self.state / "segredo"
        make_private(path, b"um")
        (self.state / "segredo.parte").write_bytes(b"resto de uma queda")
        make_private(path, b"dois")
        self.assertEqual(path.read_bytes(), b"dois")
        self.assertEqual([p.name for p in self.state.iterdir()], ["segredo"])
