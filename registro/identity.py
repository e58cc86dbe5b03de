"""Names and keys: who owns a name, and whether a PEDIDO-REGISTRO proves it (protocol section 4)."""

from __future__ import annotations

import hmac
import ipaddress
from collections.abc import Callable
from dataclasses import dataclass

from twisted.internet.defer import Deferred

from registro.ed25519 import is_public_key, is_weak, verifies
from registro.refusal import Refused
from registro.storage.interface import Ban, BanKind, Invitation, Store, Stored
from registro.wire.errors import Codigo
from registro.wire.fields import NameError_, b64, canonical_name
from registro.wire.limits import VERSION
from registro.wire.messages import PedidoRegistro
from registro.wire.signatures import invitation_proof, login_message

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class Banned(Exception):  # noqa: N818 - it is an answer, not a fault
    """The operator keeps this name or key out."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """A registration that is proved; `claims` if the name is new, with the invitation that allowed it."""

    nome: str
    chave: bytes
    claims: bool
    invitation: int | None = None


class Identity:
    """The owners of all names, in memory as in the store."""

    def __init__(
        self, store: Store, stored: Stored, clock: Callable[[], float], secret: bytes | None
    ) -> None:
        """`clock` gives Unix seconds; with a `secret`, new names need an invitation."""
        self._store, self._clock, self._secret = store, clock, secret
        self.owners = stored.owners
        self._claiming: dict[str, bytes] = {}
        self.set_invitations(stored.invitations)
        self.set_bans(stored.bans)

    def set_invitations(self, invitations: tuple[Invitation, ...]) -> None:
        """Learn which stored invitations are good."""
        self._invitations = tuple((made.segredo.encode(), made.ident) for made in invitations)

    def set_bans(self, bans: tuple[Ban, ...]) -> None:
        """Learn who is kept out."""
        self._names = frozenset(ban.valor for ban in bans if ban.tipo is BanKind.NOME)
        self._keys = frozenset(ban.valor for ban in bans if ban.tipo is BanKind.CHAVE)
        self._ranges: tuple[Network, ...] = tuple(
            ipaddress.ip_network(ban.valor, strict=False) for ban in bans if ban.tipo is BanKind.FAIXA
        )

    def is_banned(self, nome: str, chave: bytes) -> bool:
        """Say whether a name or a key is kept out."""
        return nome in self._names or (bool(self._keys) and b64(chave) in self._keys)

    def is_address_banned(self, host: str) -> bool:
        """Say whether an address is kept out; costs nothing while none is."""
        if not self._ranges:
            return False
        try:
            address = ipaddress.ip_address(host.partition("%")[0])
        except ValueError:
            return False
        return any(address in network for network in self._ranges)

    def owner(self, nome: str) -> bytes | None:
        """Return the key that owns a canonical name."""
        return self.owners.get(nome)

    def judge(self, asked: PedidoRegistro, binding: bytes, local: bool) -> Verdict:
        """Check a registration in the protocol's order; raise Refused, or Banned for who is kept out."""
        if asked.versao != VERSION:
            raise Refused(Codigo.VERSAO)
        try:
            nome = self._signed_name(asked, binding, local)
        except Refused:
            # Asking whether a key is a point costs as much as a signature, and one that verifies proves it.
            if not is_public_key(asked.chave):
                raise Refused(Codigo.CHAVE_INVALIDA) from None
            raise
        if self.is_banned(nome, asked.chave):
            raise Banned(nome)
        owner = self.owners.get(nome) or self._claiming.get(nome)
        if owner not in (None, asked.chave):
            raise Refused(Codigo.NOME_EM_USO)
        if nome in self.owners:
            return Verdict(nome, asked.chave, claims=False)
        return Verdict(nome, asked.chave, True, self._invited(asked, binding))

    def _signed_name(self, asked: PedidoRegistro, binding: bytes, local: bool) -> str:
        """Return the canonical name if the signature over it is the key's."""
        nome = self._name(asked.nome)
        message = login_message(binding, asked.nome, asked.chave, local)
        if is_weak(asked.chave) or not verifies(asked.chave, asked.sig, message):
            raise Refused(Codigo.ASSINATURA)
        return nome

    @staticmethod
    def _name(sent: str) -> str:
        try:
            return canonical_name(sent)
        except NameError_:
            raise Refused(Codigo.NOME_INVALIDO) from None

    def _invited(self, asked: PedidoRegistro, binding: bytes) -> int | None:
        """Return the stored invitation that was used, None if it is the operator's file or none is needed."""
        if self._secret is None:
            return None
        for secret, ident in ((self._secret, None), *self._invitations):
            proof = invitation_proof(secret, binding, asked.chave)
            if asked.prova and hmac.compare_digest(proof, asked.prova):
                return ident
        raise Refused(Codigo.CONVITE_EXIGIDO)

    def claim(self, verdict: Verdict) -> Deferred[bool]:
        """Own the name; fires when that is on disk, with False if somebody else was quicker."""
        self._claiming[verdict.nome] = verdict.chave
        claimed = self._store.claim(verdict.nome, verdict.chave, int(self._clock()), verdict.invitation)

        def done(result: bool) -> bool:
            if result:
                self.owners[verdict.nome] = verdict.chave
            return result

        def forget(result: bool) -> bool:
            self._claiming.pop(verdict.nome, None)
            return result

        return claimed.addBoth(forget).addCallback(done)

    def claimed(self, nome: str, chave: bytes) -> None:
        """Learn that a name has an owner since it was claimed at another node."""
        self.owners[nome] = chave

    def freed(self, nome: str) -> None:
        """Learn that a name may be claimed again."""
        self.owners.pop(nome, None)
