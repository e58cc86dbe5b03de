"""All the SQL: one SQLite file, written ahead, upgraded by numbered files. It blocks; see `threaded`."""

from __future__ import annotations

import secrets
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import resources
from pathlib import Path

from registro.storage.interface import (
    MISSED_PER_NAME,
    MISSED_SECONDS,
    Action,
    ActionKind,
    Ban,
    BanKind,
    Invitation,
    Missed,
    OwnedName,
    StorageError,
    Stored,
)

FILE = "registro.sqlite3"
_BUSY = 5.0
_FETCH_MISSED = "SELECT de, hora FROM missed WHERE nome = ? AND hora >= ? ORDER BY id"
_TRIM_MISSED = (
    "DELETE FROM missed WHERE nome = ?"
    " AND id NOT IN (SELECT id FROM missed WHERE nome = ? ORDER BY id DESC LIMIT ?)"
)


def schemas() -> list[str]:
    """Return the upgrade scripts in order; the first makes version 1."""
    folder = resources.files("registro.storage") / "schema"
    found = sorted(file.name for file in folder.iterdir() if file.name.endswith(".sql"))
    return [(folder / name).read_text(encoding="utf-8") for name in found]


class Database:
    """One connection to the file. A method that changes something belongs into `transaction()`."""

    faults: tuple[type[Exception], ...] = (sqlite3.Error, OSError, ValueError)
    together = 256
    """so many changes share an `fsync`"""

    def __init__(self, path: Path, *, threads: bool = False) -> None:
        """Open or make the file, readable by its owner alone, and bring its schema up to date."""
        self._origin = secrets.token_hex(8)
        try:
            path.touch(mode=0o600)
            self._sql = sqlite3.connect(
                path, timeout=_BUSY, isolation_level=None, check_same_thread=not threads
            )
            self._sql.execute("PRAGMA journal_mode = WAL")
            self._sql.execute("PRAGMA synchronous = FULL")
            self._upgrade()
            self._last_action: int = self._one("SELECT coalesce(max(id), 0) FROM actions")
        except (OSError, sqlite3.Error) as error:
            raise StorageError(f"{path}: {error}") from error
        self._version = self._data_version()

    def _upgrade(self) -> None:
        scripts = schemas()
        version: int = self._one("PRAGMA user_version")
        if version > len(scripts):
            raise sqlite3.DatabaseError(f"versão {version} dos dados, mais nova que este programa")
        for number, script in enumerate(scripts[version:], version + 1):
            # executescript commits what is open first, so the transaction stands inside the script
            self._sql.executescript(f"BEGIN IMMEDIATE;\n{script}\nPRAGMA user_version = {number};\nCOMMIT;")

    def _one(self, question: str, *values: object) -> int:
        return int(self._sql.execute(question, values).fetchone()[0])

    def _data_version(self) -> int:
        return self._one("PRAGMA data_version")

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Do everything inside or nothing; on disk when it is left."""
        self._sql.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._sql.execute("ROLLBACK")
            raise
        self._sql.execute("COMMIT")

    def load(self, now: int = 0) -> Stored:
        """Read what the registry keeps in memory."""
        owners = dict(self._sql.execute("SELECT nome, chave FROM names"))
        missed = self._sql.execute(
            "SELECT DISTINCT nome FROM missed WHERE hora >= ?", (now - MISSED_SECONDS,)
        )
        return Stored(
            owners,
            tuple(self.bans()),
            tuple(self.invitations()),
            frozenset(nome for (nome,) in missed),
            self._one("SELECT coalesce(max(valor), 0) FROM meta WHERE chave = 'rev'"),
        )

    def claim(self, nome: str, chave: bytes, hora: int, invitation: int | None) -> bool:
        """Own a free name; True too when the same key owned it before."""
        made = self._sql.execute("INSERT OR IGNORE INTO names VALUES (?, ?, ?)", (nome, chave, hora)).rowcount
        if made and invitation is not None:
            self._sql.execute("UPDATE invitations SET usos = usos + 1 WHERE id = ?", (invitation,))
        return bool(self._one("SELECT count(*) FROM names WHERE nome = ? AND chave = ?", nome, chave))

    def keep_missed(self, nome: str, de: str, hora: int) -> None:
        """Keep the newest 20 of a name."""
        self._sql.execute("INSERT INTO missed (nome, de, hora) VALUES (?, ?, ?)", (nome, de, hora))
        self._sql.execute(_TRIM_MISSED, (nome, nome, MISSED_PER_NAME))

    def take_missed(self, nome: str, since: int) -> list[Missed]:
        """Give and forget."""
        rows = self._sql.execute(_FETCH_MISSED, (nome, since)).fetchall()
        self._sql.execute("DELETE FROM missed WHERE nome = ?", (nome,))
        return [Missed(*row) for row in rows]

    def raise_ceiling(self, ceiling: int) -> None:
        """Remember the ceiling of the revisions."""
        self._sql.execute("INSERT OR REPLACE INTO meta VALUES ('rev', ?)", (ceiling,))

    def actions(self) -> list[Action]:
        """Give what other connections did; mostly that is one look at the file's change counter."""
        version = self._data_version()
        if version == self._version:
            return []
        self._version = version
        rows = self._sql.execute(
            "SELECT id, tipo, valor, origem FROM actions WHERE id > ? ORDER BY id", (self._last_action,)
        ).fetchall()
        self._last_action = max([self._last_action, *(row[0] for row in rows)])
        return [Action(ActionKind(tipo), valor) for _, tipo, valor, origin in rows if origin != self._origin]

    def _did(self, tipo: ActionKind, hora: int, valor: str = "") -> None:
        """Leave word of what was done, for the other connections and as a trace."""
        self._sql.execute(
            "INSERT INTO actions (tipo, valor, desde, origem) VALUES (?, ?, ?, ?)",
            (tipo, valor, hora, self._origin),
        )

    def names(self, prefix: str, limit: int) -> list[OwnedName]:
        """List owned names."""
        rows = self._sql.execute(
            "SELECT nome, chave, desde FROM names WHERE substr(nome, 1, ?) = ? ORDER BY nome LIMIT ?",
            (len(prefix), prefix, limit),
        )
        return [OwnedName(*row) for row in rows]

    def free(self, nome: str, hora: int) -> bool:
        """Make a name claimable again."""
        freed = self._sql.execute("DELETE FROM names WHERE nome = ?", (nome,)).rowcount
        self._sql.execute("DELETE FROM missed WHERE nome = ?", (nome,))
        if freed:
            self._did(ActionKind.FREED, hora, nome)
        return bool(freed)

    def bans(self) -> list[Ban]:
        """List the bans."""
        rows = self._sql.execute("SELECT tipo, valor, desde, motivo FROM bans ORDER BY desde DESC, valor")
        return [Ban(BanKind(tipo), valor, desde, motivo) for tipo, valor, desde, motivo in rows]

    def ban(self, ban: Ban) -> None:
        """Keep somebody out."""
        self._sql.execute(
            "INSERT OR REPLACE INTO bans VALUES (?, ?, ?, ?)", (ban.tipo, ban.valor, ban.desde, ban.motivo)
        )
        self._did(ActionKind.BANS, ban.desde)

    def lift(self, tipo: BanKind, valor: str, hora: int) -> bool:
        """Let somebody in again."""
        lifted = self._sql.execute("DELETE FROM bans WHERE tipo = ? AND valor = ?", (tipo, valor)).rowcount
        self._did(ActionKind.BANS, hora)
        return bool(lifted)

    def invitations(self) -> list[Invitation]:
        """List the invitations."""
        rows = self._sql.execute("SELECT id, segredo, desde, nota, usos FROM invitations ORDER BY id DESC")
        return [Invitation(*row) for row in rows]

    def invite(self, segredo: str, nota: str, hora: int) -> int:
        """Keep an invitation."""
        made = self._sql.execute(
            "INSERT INTO invitations (segredo, desde, nota) VALUES (?, ?, ?)", (segredo, hora, nota)
        ).lastrowid
        self._did(ActionKind.INVITATIONS, hora)
        return int(made or 0)

    def revoke(self, ident: int, hora: int) -> bool:
        """Forget an invitation."""
        gone = self._sql.execute("DELETE FROM invitations WHERE id = ?", (ident,)).rowcount
        self._did(ActionKind.INVITATIONS, hora)
        return bool(gone)

    def backup(self, target: Path) -> None:
        """Write a consistent copy, also while a registry runs."""
        copy = sqlite3.connect(target)
        try:
            self._sql.backup(copy)
        finally:
            copy.close()

    def close(self) -> None:
        """Let go of the file."""
        self._sql.close()
