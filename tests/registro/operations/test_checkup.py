"""A state directory looked over."""

from __future__ import annotations

import datetime
from pathlib import Path

from twisted.trial.unittest import TestCase

from registro.edge.tls import CERTIFICATE, KEY, own_certificate
from registro.operations.checkup import Verdict
from registro.operations.checkup import state as checkup
from registro.panel.access import METRICS_FILE, PANEL_FILE, load_token
from registro.storage.database import FILE as DATABASE
from registro.storage.database import Database

NOW = datetime.datetime(2026, 6, 1, tzinfo=datetime.UTC)


class StateTests(TestCase):
    """Each thing that can be wrong is said, and nothing else is."""

    def setUp(self) -> None:
        """Begin with a state directory as a first start leaves it."""
        self.state = Path(self.mktemp())
        self.state.mkdir(mode=0o700)
        own_certificate(self.state, NOW)
        self.database = Database(self.state / DATABASE)
        self.addCleanup(self.database.close)
        load_token(self.state / PANEL_FILE)
        self.patch(checkup, "clock_state", lambda: 0)

    def said(self, verdict: Verdict, now: datetime.datetime = NOW) -> list[str]:
        """Look it over, and give the sentences of a verdict."""
        findings = checkup.check_state(self.state, now)
        return [finding.sentence for finding in findings if finding.verdict is verdict]

    def test_all_is_well(self) -> None:
        """A good directory has nothing bad and nothing doubtful, and says what is in it."""
        with self.database.transaction():
            self.database.claim("ana", b"k" * 32, 7, None)
        self.assertEqual(self.said(Verdict.BAD) + self.said(Verdict.DOUBTFUL), [])
        self.assertTrue(any("1 nomes com dono" in sentence for sentence in self.said(Verdict.GOOD)))

    def test_no_directory(self) -> None:
        """A directory that is not there is all that can be said."""
        self.state = self.state / "nada"
        (sentence,) = self.said(Verdict.BAD)
        self.assertIn("não existe", sentence)

    def test_open_to_others(self) -> None:
        """A directory or a secret that others can read is bad, and the sentence says what to type."""
        for path in (self.state, self.state / KEY, self.state / DATABASE, self.state / PANEL_FILE):
            mode = path.stat().st_mode
            path.chmod(mode | 0o044)
            (sentence,) = self.said(Verdict.BAD)
            self.assertIn("chmod", sentence)
            self.assertIn(str(path), sentence)
            path.chmod(mode)
        self.assertEqual(self.said(Verdict.BAD), [])

    def test_missing_files(self) -> None:
        """A missing database is bad; a missing certificate may be meant."""
        for path in self.state.glob(DATABASE + "*"):
            path.unlink()
        self.assertTrue(any(DATABASE in sentence for sentence in self.said(Verdict.BAD)))
        (self.state / CERTIFICATE).unlink()
        self.assertTrue(any("--certificado" in sentence for sentence in self.said(Verdict.DOUBTFUL)))

    def test_a_key_of_another_certificate(self) -> None:
        """A key that is not the certificate's is bad."""
        other = Path(self.mktemp())
        other.mkdir()
        own_certificate(other, NOW)
        (self.state / KEY).write_bytes((other / KEY).read_bytes())
        (sentence,) = self.said(Verdict.BAD)
        self.assertIn("não é a chave", sentence)

    def test_dates(self) -> None:
        """A certificate that is over or not yet valid is bad, one that is nearly over doubtful."""
        ten_years = datetime.timedelta(days=3650)
        self.assertIn("venceu", self.said(Verdict.BAD, NOW + ten_years + datetime.timedelta(days=1))[0])
        self.assertIn("relógio", self.said(Verdict.BAD, NOW - datetime.timedelta(days=9))[0])
        self.assertIn(
            "vence em", self.said(Verdict.DOUBTFUL, NOW + ten_years - datetime.timedelta(days=9))[0]
        )

    def test_a_damaged_database(self) -> None:
        """Data that cannot be read, or are of a newer program, are bad."""
        self.database._sql.execute("PRAGMA user_version = 99")
        self.assertIn("mais nova", self.said(Verdict.BAD)[0])
        self.database.close()
        for path in self.state.glob(DATABASE + "-*"):
            path.unlink()
        (self.state / DATABASE).write_bytes(b"lixo" * 4096)
        self.assertIn("não puderam ser lidos", self.said(Verdict.BAD)[0])

    def test_the_clock(self) -> None:
        """A clock that nobody keeps right is doubtful."""
        self.patch(checkup, "clock_state", lambda: 5)
        self.assertIn("relógio", self.said(Verdict.DOUBTFUL)[0])

    def test_little_space(self) -> None:
        """A disk that is nearly full is doubtful."""
        self.patch(checkup, "LEAST_SPACE", 1 << 60)
        self.assertIn("livres", self.said(Verdict.DOUBTFUL)[0])

    def test_the_panel(self) -> None:
        """A panel that was never opened is doubtful; a token for the metrics is told."""
        load_token(self.state / METRICS_FILE)
        self.assertTrue(any("métricas" in sentence for sentence in self.said(Verdict.GOOD)))
        (self.state / PANEL_FILE).unlink()
        self.assertIn(PANEL_FILE, self.said(Verdict.DOUBTFUL)[0])

    def test_it_changes_nothing(self) -> None:
        """Looking leaves every file as it was."""
        before = {path.name: path.read_bytes() for path in self.state.iterdir()}
        self.said(Verdict.GOOD)
        after = {path.name: path.read_bytes() for path in self.state.iterdir() if path.name in before}
        self.assertEqual(after, before)
