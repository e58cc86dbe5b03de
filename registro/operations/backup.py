"""`salaregistro-admin backup FILE`: everything that a registry is, in one file, also while it runs.

The database is copied by SQLite itself, page by page and consistent, whatever is written meanwhile; key,
certificate and secrets are files that never change in place. The archive is a tar that only its owner reads.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import tarfile
import tempfile
from pathlib import Path

from registro.edge.tls import CERTIFICATE, KEY
from registro.panel.access import METRICS_FILE, PANEL_FILE
from registro.relays import RELAY_SECRET
from registro.storage.database import FILE as DATABASE

PLAIN_FILES = (CERTIFICATE, KEY, RELAY_SECRET, PANEL_FILE, METRICS_FILE)


class BackupError(Exception):
    """No copy was made; `str()` of it is one sentence for a person."""


def backup(state: Path, target: Path) -> list[str]:
    """Copy the state directory into a new tar file; return the names that are in it. Raises BackupError."""
    if not (state / DATABASE).is_file():
        raise BackupError(f"Não há registro em {state}: falta {DATABASE}.")
    if target.exists():
        raise BackupError(f"{target} já existe; escolha outro nome.")
    try:
        return _write(state, target)
    except (OSError, sqlite3.Error) as error:
        raise BackupError(f"A cópia não pôde ser feita: {error}.") from error


def _write(state: Path, target: Path) -> list[str]:
    """Write beside the target and move it there when it is whole and on disk."""
    part = target.with_name(target.name + ".parte")
    part.unlink(missing_ok=True)
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            names = _fill(file, state)
            file.flush()
            os.fsync(file.fileno())
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)
    return names


def _fill(file: object, state: Path) -> list[str]:
    with (
        tempfile.TemporaryDirectory(prefix="sala-copia-") as folder,
        tarfile.open(fileobj=file, mode="w", format=tarfile.PAX_FORMAT) as archive,  # type: ignore[call-overload]
    ):
        copy = Path(folder) / DATABASE
        copy_database(state / DATABASE, copy)
        archive.add(copy, DATABASE)
        for name in PLAIN_FILES:
            if (state / name).is_file():
                archive.add(state / name, name)
        return list(archive.getnames())


def copy_database(source: Path, target: Path) -> None:
    """Copy a database that may be written meanwhile, and look the copy over.

    Raises sqlite3.Error or OSError.
    """
    target.touch(mode=0o600)
    with (
        contextlib.closing(sqlite3.connect(f"file:{_quoted(source)}?mode=ro", uri=True, timeout=10)) as one,
        contextlib.closing(sqlite3.connect(target)) as two,
    ):
        one.backup(two)
        # The copy is one file: no write-ahead log beside it that could be left behind.
        two.execute("PRAGMA journal_mode = DELETE")
        (verdict,) = two.execute("PRAGMA integrity_check").fetchone()
        if verdict != "ok":
            raise sqlite3.DatabaseError(f"a cópia dos dados está danificada ({verdict})")


def _quoted(path: Path) -> str:
    return str(path.absolute()).replace("%", "%25").replace("?", "%3f").replace("#", "%23")
