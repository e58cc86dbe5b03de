"""The copy of a state directory."""

from __future__ import annotations

import sqlite3
import stat
import tarfile
import threading
from pathlib import Path

from twisted.trial.unittest import TestCase

from registro.edge.tls import CERTIFICATE, KEY, make_private
from registro.operations.backup import DATABASE, BackupError, backup
from registro.panel.access import PANEL_FILE, load_token
from registro.relays import RELAY_SECRET
from registro.storage.database import Database


class BackupTests(TestCase):
    """Whole, consistent, private."""

    def setUp(self) -> None:
        """Begin with a state directory in use."""
        self.folder = Path(self.mktemp())
        self.state = self.folder / "estado"
        self.state.mkdir(parents=True)
        self.database = Database(self.state / DATABASE, threads=True)
        self.addCleanup(self.database.close)
        for name in (CERTIFICATE, KEY, RELAY_SECRET):
            make_private(self.state / name, name.encode())
        load_token(self.state / PANEL_FILE)
        self.target = self.folder / "copia.tar"

    def claim(self, name: str) -> None:
        """Claim a name."""
        with self.database.transaction():
            self.database.claim(name, b"k" * 32, 7, None)

    def restored(self) -> Path:
        """Unpack the copy as the operator's page says."""
        folder = self.folder / "novo"
        folder.mkdir(mode=0o700)
        with tarfile.open(self.target) as archive:
            archive.extractall(folder, filter="data")
        return folder

    def test_everything_is_in_it(self) -> None:
        """Database, certificate, key and secrets are in the copy, byte for byte, and can be used."""
        self.claim("ana")
        names = backup(self.state, self.target)
        self.assertEqual(set(names), {DATABASE, CERTIFICATE, KEY, RELAY_SECRET, PANEL_FILE})
        folder = self.restored()
        for name in (CERTIFICATE, KEY, RELAY_SECRET, PANEL_FILE):
            self.assertEqual((folder / name).read_bytes(), (self.state / name).read_bytes())
        again = Database(folder / DATABASE)
        self.addCleanup(again.close)
        self.assertEqual(again.load().owners, {"ana": b"k" * 32})

    def test_only_its_owner_reads_it(self) -> None:
        """The archive, and what is unpacked from it, are 0600."""
        backup(self.state, self.target)
        self.assertEqual(stat.S_IMODE(self.target.stat().st_mode), 0o600)
        for path in self.restored().iterdir():
            self.assertEqual(stat.S_IMODE(path.stat().st_mode), 0o600, path)

    def test_while_it_is_written(self) -> None:
        """A copy made while names are claimed is whole: it has the first so many of them, without a gap."""
        over = threading.Event()

        def write() -> None:
            number = 0
            while not over.is_set():
                self.claim(f"n{number:06}")
                number += 1

        writer = threading.Thread(target=write)
        writer.start()
        try:
            for number in range(5):
                self.target = self.folder / f"copia{number}.tar"
                backup(self.state, self.target)
        finally:
            over.set()
            writer.join()
        folder = self.restored()
        with sqlite3.connect(folder / DATABASE) as database:
            names = [name for (name,) in database.execute("SELECT nome FROM names ORDER BY nome")]
        self.assertEqual(names, [f"n{number:06}" for number in range(len(names))])
        self.assertGreater(len(names), 0)

    def test_nothing_is_overwritten(self) -> None:
        """A file that is there already stays as it is."""
        self.target.write_text("outra coisa")
        error = self.assertRaises(BackupError, backup, self.state, self.target)
        self.assertIn(str(self.target), str(error))
        self.assertEqual(self.target.read_text(), "outra coisa")

    def test_no_registry_there(self) -> None:
        """A directory without a registry is said to be one."""
        error = self.assertRaises(BackupError, backup, self.folder, self.target)
        self.assertIn(DATABASE, str(error))
        self.assertFalse(self.target.exists())

    def test_half_a_copy_is_none(self) -> None:
        """When the copy fails, no file is left that looks like one."""
        self.database.close()
        (self.state / DATABASE).write_bytes(b"no database at all" * 1000)
        self.assertRaises(BackupError, backup, self.state, self.target)
        self.assertEqual([path.name for path in self.folder.iterdir()], ["estado"])

    def test_a_place_that_cannot_be_written(self) -> None:
        """A target in a folder that is not there is one sentence."""
        error = self.assertRaises(BackupError, backup, self.state, self.folder / "nada" / "copia.tar")
        self.assertNotIn("\n", str(error))
