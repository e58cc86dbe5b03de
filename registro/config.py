"""The daemon's settings, checked: what `tap` reads from the command line and `service` builds from."""

from __future__ import annotations

import ipaddress
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import NoReturn

import platformdirs

from registro.admission import Bursts
from registro.panel.where import PanelPlace, PlaceError, parse_place
from registro.wire.address import DEFAULT_PORT
from registro.wire.limits import Limits

SECRET_LEAST = 8
"""Bytes that an invitation's or a relay's secret must have."""


class ConfigError(ValueError):
    """A setting that cannot be; `str` of it is one sentence for a person."""


@dataclass(frozen=True, slots=True)
class PlainPlace:
    """Where the plain-text endpoint is: a loopback address and port, or a socket's path."""

    host: str = ""
    port: int = 0
    path: str = ""


@dataclass(frozen=True, slots=True)
class Config:
    """Everything that the composition root needs to know."""

    state: Path
    port: int = DEFAULT_PORT
    interface: str = "::"
    plain: PlainPlace | None = None
    silent: bool = False
    diary: Path | None = None
    drain: float = 60.0
    invitation: bytes | None = None
    public_name: str = ""
    reveal: bool = False
    limit_loopback: bool = False
    relay: tuple[str, ...] = ()
    relay_secret: bytes | None = None
    certificate: Path | None = None
    key: Path | None = None
    direct_write: bool = True
    echo: bool = False
    panel: PanelPlace | None = None
    store: str | None = None
    """the address of a Redis; None for the SQLite file in `state`"""
    limits: Limits = field(default_factory=Limits)
    bursts: Bursts = field(default_factory=Bursts)


def give_up(sentence: str) -> NoReturn:
    """Say one sentence and end with exit status 1, also where twistd has made a log of standard error."""
    screen = sys.__stderr__ or sys.stderr
    screen.write(f"salaregistro: {sentence}\n")
    screen.flush()
    raise SystemExit(1)


def default_state() -> Path:
    """Return the platform's directory for the registry's state."""
    return Path(platformdirs.user_state_dir("sala-de-conversa")) / "registro"


def panel_place(text: str) -> PanelPlace | None:
    """Read where the operator's page is, None for nowhere; raise ConfigError for what is no such place."""
    try:
        return parse_place(text)
    except PlaceError as error:
        raise ConfigError(str(error)) from None


def plain_place(text: str) -> PlainPlace:
    """Read `PORT`, `ADDRESS:PORT`, `[ADDRESS]:PORT` or `unix:PATH`; raise ConfigError off loopback."""
    if text.startswith("unix:"):
        if not text[5:]:
            raise ConfigError("--texto-simples unix: precisa de um caminho")
        return PlainPlace(path=text[5:])
    host, _, port = text.rpartition(":")
    host = host.removeprefix("[").removesuffix("]") or "127.0.0.1"
    try:
        loopback = ipaddress.ip_address(host).is_loopback
    except ValueError:
        raise ConfigError(f"--texto-simples: {host} não é um endereço") from None
    if not loopback:
        raise ConfigError(f"--texto-simples só existe em endereços locais, e {host} não é um")
    return PlainPlace(host, whole("--texto-simples", port, 0, 65535))


def whole(name: str, text: str, least: int, most: int) -> int:
    """Read a whole number within bounds; raise ConfigError otherwise."""
    if not (text.isascii() and text.isdigit() and len(text) <= 12 and least <= int(text) <= most):
        raise ConfigError(f"{name} deve ser um número de {least} a {most}, e não {text!r}")
    return int(text)


def interface(text: str) -> str:
    """Read an address to listen on; raise ConfigError for what is none."""
    try:
        ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        raise ConfigError(f"--interface deve ser um endereço IP, e não {text!r}") from None
    return text


def relay_address(text: str) -> str:
    """Read `turn:HOST:PORT` of a relay elsewhere; raise ConfigError for anything else."""
    scheme, _, place = text.partition(":")
    host, _, port = place.rpartition(":")
    bare = host.removeprefix("[").removesuffix("]")
    if scheme != "turn" or not bare or any(letter in bare for letter in " ,/@?"):
        raise ConfigError(f"--rele deve ser turn:MÁQUINA:PORTA, e não {text!r}")
    whole("a porta de --rele", port, 1, 65535)
    return f"turn:[{bare}]:{port}" if ":" in bare else text


STORES = ("redis://", "rediss://", "unix://")


def store_url(text: str) -> str | None:
    """Read where the data is: `sqlite` is None, else a Redis's address, or a file that holds it (because it
    may hold a password); raise ConfigError for anything else."""
    if text == "sqlite":
        return None
    url = text
    if not text.startswith(STORES):
        try:
            url = Path(text).read_text(encoding="utf-8").strip()
        except (OSError, ValueError):
            url = ""
    if not url.startswith(STORES):
        raise ConfigError(
            f"--armazem deve ser sqlite, redis://…, ou um arquivo com tal endereço, e não {text!r}"
        )
    return url


def secret_file(name: str, path: str) -> bytes:
    """Read a secret: the bytes of a file without a final newline; raise ConfigError if it is none."""
    try:
        secret = Path(path).read_bytes().removesuffix(b"\n").removesuffix(b"\r")
    except OSError as error:
        raise ConfigError(f"{name}: {path} não pôde ser lido ({error.strerror})") from None
    if len(secret) < SECRET_LEAST:
        raise ConfigError(f"{name}: o segredo em {path} tem menos de {SECRET_LEAST} bytes")
    return secret
