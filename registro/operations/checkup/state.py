"""Looking over a state directory. Reads only; a daemon may be running on it."""

from __future__ import annotations

import contextlib
import ctypes
import datetime
import shutil
import sqlite3
import stat
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from cryptography import x509

from registro.edge.tls import CERTIFICATE, KEY, CertificateError, read_certificate
from registro.operations.backup import PLAIN_FILES
from registro.operations.checkup import Finding, bad, doubtful, good
from registro.panel.access import METRICS_FILE, PANEL_FILE
from registro.storage.database import FILE as DATABASE
from registro.storage.database import schemas
from registro.wire.address import grouped

SECRET = (DATABASE, *(name for name in PLAIN_FILES if name != CERTIFICATE))
LEAST_SPACE = 200 << 20
EXPIRES_SOON = datetime.timedelta(days=30)
_TIME_ERROR = 5  # adjtimex(2): the clock is not synchronised


def check_state(state: Path, now: datetime.datetime) -> list[Finding]:
    """Look everything over; `now` with its time zone."""
    if not state.is_dir():
        return [bad(f"A pasta {state} não existe; a primeira partida do registro a faz.")]
    looks: list[Callable[[], Iterator[Finding]]] = [
        lambda: _folder(state),
        lambda: _files(state),
        lambda: _certificate(state, now),
        lambda: _database(state / DATABASE),
        lambda: _panel(state),
        lambda: _space(state),
        _clock,
    ]
    return [finding for look in looks for finding in look()]


def _folder(state: Path) -> Iterator[Finding]:
    mode = stat.S_IMODE(state.stat().st_mode)
    if mode & 0o077:
        yield bad(f"Outros podem abrir a pasta {state} (modo {mode:o}): chmod 700 {state}")
    else:
        yield good(f"A pasta {state} é só do seu dono.")


def _files(state: Path) -> Iterator[Finding]:
    if not (state / DATABASE).is_file():
        yield bad(f"Falta {DATABASE}: nesta pasta nenhum registro guardou nada.")
    if not ((state / CERTIFICATE).is_file() and (state / KEY).is_file()):
        yield doubtful(
            "Não há certificado aqui: está certo se o registro usa --certificado, senão fará outro."
        )
    for name in SECRET:
        path = state / name
        if path.is_file() and stat.S_IMODE(path.stat().st_mode) & 0o077:
            yield bad(f"Outros podem ler {name}: chmod 600 {path}")


def _certificate(state: Path, now: datetime.datetime) -> Iterator[Finding]:
    if not ((state / CERTIFICATE).is_file() and (state / KEY).is_file()):
        return
    try:
        certificate = read_certificate(state / CERTIFICATE, state / KEY)
    except CertificateError as error:
        yield bad(f"O certificado não serve: {error}.")
        return
    yield good(f"Chave e certificado combinam; a impressão digital é {grouped(certificate.fingerprint)}.")
    leaf = x509.load_pem_x509_certificates(certificate.certificate.read_bytes())[0]
    yield from validity(leaf, now)


def validity(leaf: x509.Certificate, now: datetime.datetime) -> Iterator[Finding]:
    """Judge the dates of a certificate."""
    end = leaf.not_valid_after_utc
    if now > end:
        yield bad(f"O certificado venceu em {end:%d/%m/%Y}.")
    elif now < leaf.not_valid_before_utc:
        yield bad(
            f"O certificado só vale a partir de {leaf.not_valid_before_utc:%d/%m/%Y}: o relógio está certo?"
        )
    elif end - now < EXPIRES_SOON:
        yield doubtful(f"O certificado vence em {end:%d/%m/%Y}: peça outro.")


def _database(path: Path) -> Iterator[Finding]:
    if not path.is_file():
        return
    address = (
        f"file:{str(path.absolute()).replace('%', '%25').replace('?', '%3f').replace('#', '%23')}?mode=ro"
    )
    try:
        with contextlib.closing(sqlite3.connect(address, uri=True, timeout=10)) as database:
            (verdict,) = database.execute("PRAGMA quick_check").fetchone()
            (version,) = database.execute("PRAGMA user_version").fetchone()
            names, bans = (database.execute(question).fetchone()[0] for question in _COUNTS)
    except sqlite3.Error as error:
        yield bad(f"Os dados não puderam ser lidos ({error}): volte à última cópia.")
        return
    if verdict != "ok":
        yield bad(f"Os dados estão danificados ({verdict}): volte à última cópia.")
    elif version > len(schemas()):
        yield bad(f"Os dados são de uma versão mais nova deste programa ({version}): atualize o programa.")
    else:
        yield good(f"Os dados estão inteiros: {names} nomes com dono, {bans} banimentos.")


_COUNTS = ("SELECT count(*) FROM names", "SELECT count(*) FROM bans")


def _panel(state: Path) -> Iterator[Finding]:
    if not (state / PANEL_FILE).is_file():
        yield doubtful(f"Ainda não há {PANEL_FILE}: o painel não foi aberto nenhuma vez.")
    if (state / METRICS_FILE).is_file():
        yield good("As métricas têm a sua própria chave, para fora desta máquina.")


def _space(state: Path) -> Iterator[Finding]:
    free = shutil.disk_usage(state).free
    if free < LEAST_SPACE:
        yield doubtful(f"Há só {free >> 20} MiB livres no disco de {state}.")


def _clock() -> Iterator[Finding]:
    """Ask the kernel whether the clock is kept right: calls are refused where it is two minutes wrong."""
    state = clock_state()
    if state == _TIME_ERROR:
        yield doubtful("O relógio desta máquina não é acertado por nenhum serviço (NTP).")
    elif state is not None:
        yield good("O relógio desta máquina é acertado por um serviço.")


def clock_state() -> int | None:
    """Return what adjtimex(2) says; None where there is no such thing."""
    if not sys.platform.startswith("linux"):
        return None
    library = ctypes.CDLL(None, use_errno=True)
    request = ctypes.create_string_buffer(512)  # struct timex, all zero: only asks
    state = int(library.adjtimex(request))
    return state if state >= 0 else None
