"""Where the panel listens: the value of `--painel`, checked. Off loopback only with TLS."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path

DEFAULT = "tcp:5080:interface=127.0.0.1"
OFF = "nao"
_KEYS = {"tcp": {"interface"}, "ssl": {"interface", "privateKey", "certKey"}}


class PlaceError(ValueError):
    """The value of --painel is wrong; `str()` of it is one sentence for a person."""


@dataclass(frozen=True, slots=True)
class PanelPlace:
    """A checked place: `key` and `certificate` are None where the registry's own are to be used."""

    tls: bool
    port: int
    interface: str
    key: Path | None = None
    certificate: Path | None = None

    @property
    def loopback(self) -> bool:
        """Whether only this machine can reach it."""
        return is_loopback(self.interface)


def is_loopback(host: str) -> bool:
    """Whether an address or name stands for this machine alone."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def parse_place(text: str) -> PanelPlace | None:
    """Read `tcp:PORT[:interface=A]`, `ssl:PORT[:interface=A][:privateKey=F:certKey=F]` or `nao` (None).

    It is Twisted's own way to write an endpoint, `\\:` inside an address included. Raises PlaceError.
    """
    if text == OFF:
        return None
    kind, *rest = _split(text)
    if (
        kind not in _KEYS
        or not rest
        or not rest[0].isascii()
        or not rest[0].isdigit()
        or int(rest[0]) > 65535
    ):
        raise PlaceError(f"--painel {text}: escreva tcp:PORTA:interface=ENDEREÇO, ssl:PORTA:… ou nao")
    options = dict(part.partition("=")[::2] for part in rest[1:])
    unknown = set(options) - _KEYS[kind]
    if unknown:
        raise PlaceError(f"--painel {text}: não conheço {', '.join(sorted(unknown))}")
    place = _place(kind == "ssl", int(rest[0]), options, text)
    if not place.tls and not place.loopback:
        raise PlaceError(
            f"--painel {text}: fora de loopback o painel só abre com TLS; escreva ssl: em vez de tcp:"
        )
    return place


def _place(tls: bool, port: int, options: dict[str, str], text: str) -> PanelPlace:
    interface = options.get("interface", "127.0.0.1")
    try:
        ip_address(interface)
    except ValueError:
        raise PlaceError(f"--painel {text}: interface tem de ser um endereço IP") from None
    key, certificate = options.get("privateKey"), options.get("certKey")
    if (key is None) != (certificate is None):
        raise PlaceError(f"--painel {text}: privateKey e certKey andam juntos")
    return PanelPlace(
        tls, port, interface, Path(key) if key else None, Path(certificate) if certificate else None
    )


def _split(text: str) -> list[str]:
    """Cut at colons that no backslash stands before."""
    parts = [""]
    letters = iter(text)
    for letter in letters:
        if letter == ":":
            parts.append("")
        elif letter == "\\":
            parts[-1] += next(letters, "")
        else:
            parts[-1] += letter
    return parts
