"""Which relays a call may use, and each side's credentials for them (protocol section 7)."""

from __future__ import annotations

from dataclasses import dataclass

from registro.wire import credentials
from registro.wire.fields import join_list

RELAY_SECRET = "segredo-do-rele"  # noqa: S105 - a file's name
"""Where the state directory keeps the secret that registry and relay share."""

VALIDADE = 12 * 3600
"""Seconds that credentials are good for: longer than a call, as a change of network allocates anew."""


def turn_uri(host: str, port: int) -> str:
    """Return `turn:host:port`, IPv6 in brackets."""
    return f"turn:[{host}]:{port}" if ":" in host else f"turn:{host}:{port}"


@dataclass(slots=True)
class Relays:
    """The relay of the registry itself, on its own port, or those elsewhere that share a secret with it."""

    secret: bytes
    port: int = 0
    public_name: str = ""
    elsewhere: tuple[str, ...] = ()
    """`turn:host:port` of relays that are used instead of the built-in one"""

    def addresses(self, local_host: str) -> tuple[str, ...]:
        """Return the relays for a client that reached us at `local_host`."""
        return self.elsewhere or (turn_uri(self.public_name or local_host, self.port),)

    def ligacao(self, chamada: str, leg: str, local_host: str, now: float) -> bytes:
        """Return the LIGACAO of one side of a call (its wire text); `now` in Unix seconds.

        No value here needs an escape but those of `reles`, so the line is put together without the codec;
        a test reads it with it.
        """
        usuario = credentials.username(int(now) + VALIDADE, chamada, leg)
        senha = credentials.password(self.secret, usuario)
        reles = join_list(self.addresses(local_host))
        line = (
            f"LIGACAO 0 chamada={chamada} usuario={usuario} senha={senha} reles={reles} validade={VALIDADE}\n"
        )
        return line.encode()
