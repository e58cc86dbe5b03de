"""`salaregistro-admin`: what an operator does to a registry from a terminal, also while it runs.

It writes into the registry's own store; every daemon that runs on it takes notice within a second. Whoever
may write the state directory (or the Redis of `--armazem`) may do this, and nobody else.
"""

from __future__ import annotations

import argparse
import datetime
import secrets
import sqlite3
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from registro.config import default_state, store_url
from registro.operations.backup import BackupError, backup
from registro.operations.checkup import Verdict
from registro.operations.checkup.server import check_server
from registro.operations.checkup.state import check_state
from registro.operations.subjects import checked, checked_name
from registro.storage.database import FILE
from registro.storage.database import Database as SQLiteDatabase
from registro.storage.interface import Ban, BanKind, StorageError
from registro.storage.threaded import Database
from registro.wire.address import AddressError, ServerAddress
from registro.wire.fields import b64

SECRET_BYTES = 16
LISTED = 1000

Say = Callable[[str], object]
Command = Callable[[argparse.Namespace, Say], int]


class AdminError(Exception):
    """A command that cannot be carried out; `str()` of it is one sentence for a person."""


@contextmanager
def _database(asked: argparse.Namespace) -> Iterator[Database]:
    """Open the store of an existing registry, for one change."""
    url = store_url(asked.armazem)
    opened = _own(asked.estado) if url is None else _shared(url)
    try:
        with opened.transaction():
            yield opened
    finally:
        opened.close()


def _own(state: Path) -> Database:
    path = state / FILE
    if not path.exists():
        raise AdminError(f"não há registro em {state} (falta {FILE}); diga a pasta com --estado")
    return SQLiteDatabase(path)


def _shared(url: str) -> Database:
    try:
        from registro.storage.redis import RedisDatabase
    except ImportError:
        raise AdminError("falta o pacote redis: pip install 'sala-de-conversa[cluster]'") from None
    return RedisDatabase(url)


def _day(seconds: int) -> str:
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(seconds))


def list_names(asked: argparse.Namespace, say: Say) -> int:
    """List owned names, their keys and since when."""
    with _database(asked) as database:
        found = database.names(asked.prefixo.lower(), LISTED)
    for owned in found:
        say(f"{owned.nome}\t{b64(owned.chave)}\t{_day(owned.desde)}")
    say(f"{len(found)} nomes" + (" (os primeiros)" if len(found) == LISTED else ""))
    return 0


def free(asked: argparse.Namespace, say: Say) -> int:
    """Make a name claimable again."""
    nome = checked_name(asked.nome)
    with _database(asked) as database:
        if not database.free(nome, int(time.time())):
            raise AdminError(f"ninguém tem o nome {nome}")
    say(f"{nome} está livre: o primeiro que se registrar com ele o terá")
    return 0


def ban(asked: argparse.Namespace, say: Say) -> int:
    """Keep a name, a key or an address range out."""
    tipo = BanKind(asked.tipo)
    valor = checked(tipo, asked.valor)
    with _database(asked) as database:
        database.ban(Ban(tipo, valor, int(time.time()), asked.motivo))
    say(f"{tipo} {valor} está banido")
    return 0


def lift(asked: argparse.Namespace, say: Say) -> int:
    """Let somebody in again."""
    tipo = BanKind(asked.tipo)
    valor = checked(tipo, asked.valor)
    with _database(asked) as database:
        if not database.lift(tipo, valor, int(time.time())):
            raise AdminError(f"{tipo} {valor} não está banido")
    say(f"{tipo} {valor} pode entrar de novo")
    return 0


def list_bans(asked: argparse.Namespace, say: Say) -> int:
    """List who is kept out."""
    with _database(asked) as database:
        found = database.bans()
    for made in found:
        say(f"{made.tipo}\t{made.valor}\t{_day(made.desde)}\t{made.motivo}")
    say(f"{len(found)} banimentos")
    return 0


def invite(asked: argparse.Namespace, say: Say) -> int:
    """Make an invitation and show its secret, this once."""
    secret = secrets.token_urlsafe(SECRET_BYTES)
    with _database(asked) as database:
        ident = database.invite(secret, asked.nota, int(time.time()))
    say(f"convite {ident}: {secret}")
    say("vale para nomes novos enquanto o registro exigir convite (--convite) e não for revogado")
    return 0


def list_invitations(asked: argparse.Namespace, say: Say) -> int:
    """List the invitations, without their secrets."""
    with _database(asked) as database:
        found = database.invitations()
    for made in found:
        say(f"{made.ident}\t{_day(made.desde)}\tusado {made.usos} vezes\t{made.nota}")
    say(f"{len(found)} convites")
    return 0


def revoke(asked: argparse.Namespace, say: Say) -> int:
    """Make an invitation worthless."""
    with _database(asked) as database:
        if not database.revoke(asked.numero, int(time.time())):
            raise AdminError(f"não há convite {asked.numero}")
    say(f"o convite {asked.numero} não vale mais")
    return 0


def copy(asked: argparse.Namespace, say: Say) -> int:
    """Copy everything into one file."""
    names = backup(asked.estado, asked.arquivo)
    say(f"{asked.arquivo}: {', '.join(names)}")
    return 0


def check(asked: argparse.Namespace, say: Say) -> int:
    """Look over a state directory, and a running registry if its address is given."""
    findings = check_state(asked.estado, datetime.datetime.now(datetime.UTC))
    if asked.endereco:
        findings += check_server(ServerAddress.parse(asked.endereco))
    for finding in findings:
        say(str(finding))
    return 1 if any(finding.verdict is Verdict.BAD for finding in findings) else 0


_KINDS = [kind.value for kind in BanKind]
_Argument = tuple[str, dict[str, object]]
_WHO: tuple[_Argument, ...] = (
    ("tipo", {"choices": _KINDS, "help": "de que se trata"}),
    ("valor", {"help": "o nome, a chave em base64url, ou a faixa como 192.0.2.0/24"}),
)

COMMANDS: dict[str, tuple[Command, str, tuple[_Argument, ...]]] = {
    "nomes": (list_names, "lista os nomes que têm dono", (("prefixo", {"nargs": "?", "default": ""}),)),
    "liberar": (free, "libera um nome: o próximo que o pedir o terá", (("nome", {}),)),
    "banir": (
        ban,
        "não deixa entrar um nome, uma chave ou uma faixa de endereços",
        (*_WHO, ("motivo", {"nargs": "?", "default": ""})),
    ),
    "desbanir": (lift, "deixa entrar de novo", _WHO),
    "banimentos": (list_bans, "lista quem não entra", ()),
    "convidar": (invite, "faz um convite e o mostra", (("nota", {"nargs": "?", "default": ""}),)),
    "convites": (list_invitations, "lista os convites", ()),
    "revogar": (revoke, "anula um convite", (("numero", {"type": int}),)),
    "backup": (copy, "copia tudo em um arquivo, também com o registro no ar", (("arquivo", {"type": Path}),)),
    "check": (
        check,
        "examina a pasta e, dado o endereço sala://, o registro no ar",
        (("endereco", {"nargs": "?", "default": ""}),),
    ),
}
"""Every command: what does it, what it is for, and what it is given."""


def parser() -> argparse.ArgumentParser:
    """Return what reads the command line."""
    made = argparse.ArgumentParser(
        "salaregistro-admin", description="Cuida de um registro da Sala de Conversa."
    )
    made.add_argument("--estado", type=Path, default=default_state(), help="a pasta do registro")
    made.add_argument("--armazem", default="sqlite", help="o Redis do registro, como na opção do daemon")
    commands = made.add_subparsers(dest="comando", required=True, metavar="COMANDO")
    for name, (run, text, arguments) in COMMANDS.items():
        command = commands.add_parser(name, help=text, description=text)
        command.set_defaults(run=run)
        for argument, options in arguments:
            add: Callable[..., object] = command.add_argument
            add(argument, **options)
    return made


def run(argv: Sequence[str], say: Say) -> int:
    """Carry a command out and return the exit status; AdminError has the sentence that says why not."""
    asked = parser().parse_args(argv)
    try:
        status: int = asked.run(asked, say)
    except (ValueError, StorageError, BackupError, sqlite3.Error, OSError) as error:
        text = AddressError.__doc__ if isinstance(error, AddressError) else str(error)
        raise AdminError(str(text).rstrip(".")) from error
    return status


def main() -> None:
    """Be the command `salaregistro-admin`."""
    try:
        sys.exit(run(sys.argv[1:], lambda line: sys.stdout.write(line + "\n")))
    except AdminError as error:
        sys.exit(f"salaregistro-admin: {error}")
