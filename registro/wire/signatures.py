"""The bytes that a registration signs, and the proof that an invitation was given (protocol section 4)."""

from __future__ import annotations

import hashlib
import hmac

EXPORTER_LABEL = b"EXPORTER-Channel-Binding"
"""RFC 9266; with an empty context and 32 bytes."""

EXPORTER_SIZE = 32
_LOGIN = b"sala-registro-v1"
_LOGIN_LOCAL = b"sala-registro-local-v1"


def L(data: bytes) -> bytes:  # noqa: N802 - the protocol's own name for it
    """Return a 2-byte big-endian length and the bytes."""
    return len(data).to_bytes(2, "big") + data


def login_message(binding: bytes, nome: str, chave: bytes, local: bool = False) -> bytes:
    """Return what `sig` of PEDIDO-REGISTRO covers; `nome` as it is sent, `local` on the plain endpoint."""
    label = _LOGIN_LOCAL if local else _LOGIN
    return L(label) + L(binding) + L(nome.encode()) + L(chave)


def invitation_proof(secret: bytes, binding: bytes, chave: bytes) -> bytes:
    """Return `prova`: 32 bytes that only a holder of the invitation's secret can make for this connection."""
    return hmac.digest(secret, binding + chave, hashlib.sha256)
