"""What every request to the panel has to pass before anything looks at it, and the headers of every answer.

Against DNS rebinding: a Host that is not ours is refused. Against actions from other sites: they need the
session's own mark, JSON, and an Origin that is ours. Against framing and injected script: the headers.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import urlsplit

HEADERS: tuple[tuple[str, str], ...] = (
    (
        "content-security-policy",
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'",
    ),
    ("x-frame-options", "DENY"),
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "no-referrer"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
    ("permissions-policy", "camera=(), microphone=(), geolocation=()"),
    ("cache-control", "no-store"),
)


@dataclass(frozen=True, slots=True)
class HostRule:
    """Which Host headers are ours: on loopback its addresses and `localhost`, else any address and our names.

    A rebinding attack needs a name that the attacker's own DNS answers for, so an address is always honest.
    """

    loopback: bool
    names: frozenset[str] = frozenset()

    def allows(self, host: str) -> bool:
        """Judge a Host header; its port may be any, for people who come through a tunnel."""
        name = _host_name(host)
        if name is None:
            return False
        if name == "localhost" or name in self.names:
            return True
        try:
            address = ip_address(name)
        except ValueError:
            return False
        return address.is_loopback or not self.loopback


def host_rule(loopback: bool, names: Collection[str]) -> HostRule:
    """Make the rule from the operator's public names, in any case."""
    return HostRule(loopback, frozenset(name.lower().rstrip(".") for name in names if name))


def same_origin(origin: str, host: str, tls: bool) -> bool:
    """Whether an Origin header is the very place that the Host header names; a missing one is not."""
    parts = _split(origin)
    return parts is not None and parts.scheme == ("https" if tls else "http") and parts.netloc == host.lower()


class _Parts:
    def __init__(self, scheme: str, netloc: str) -> None:
        self.scheme = scheme
        self.netloc = netloc


def _split(origin: str) -> _Parts | None:
    try:
        parts = urlsplit(origin)
    except ValueError:
        return None
    whole = f"{parts.scheme}://{parts.netloc}"
    return _Parts(parts.scheme, parts.netloc.lower()) if whole.lower() == origin.lower() else None


def _host_name(host: str) -> str | None:
    """Take the name out of `name`, `name:port`, `[v6]`, `[v6]:port`; None when it is none of these."""
    try:
        parts = urlsplit(f"//{host}")
        _ = parts.port
    except ValueError:
        return None
    if not parts.hostname or parts.netloc != host or "@" in host or parts.path:
        return None
    return parts.hostname.rstrip(".")
