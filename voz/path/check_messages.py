"""The messages of a connectivity check, and the checks that are under way. Pure."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from voz import stun
from voz.stun import Address, Attribute, Kind, Message, Method

KNOWN = frozenset({Attribute.USERNAME, Attribute.PRIORITY, Attribute.USE_CANDIDATE})

P = TypeVar("P", bound=Hashable)


def request(username: bytes, key: bytes, *, nominate: bool) -> tuple[bytes, bytes]:
    """A check: (its transaction id, its bytes)."""
    transaction = stun.new_transaction()
    attributes: list[tuple[int, bytes]] = [(Attribute.USERNAME, username)]
    if nominate:
        attributes.append((Attribute.USE_CANDIDATE, b""))
    return transaction, stun.build(Method.BINDING, Kind.REQUEST, transaction, attributes, key=key)


def answer(message: Message, remote: Address, key: bytes) -> bytes:
    """The signed answer to a check from that address: where it came from, or 420 for what is not
    understood."""
    unknown = message.unknown(KNOWN)
    if unknown:
        named = b"".join(kind.to_bytes(2, "big") for kind in unknown)
        said = [(int(Attribute.ERROR_CODE), stun.pack_error(420)), (int(Attribute.UNKNOWN_ATTRIBUTES), named)]
        return stun.build(Method.BINDING, Kind.ERROR, message.transaction, said, key=key)
    mapped = [(int(Attribute.XOR_MAPPED_ADDRESS), stun.pack_xor_address(remote, message.transaction))]
    return stun.build(Method.BINDING, Kind.SUCCESS, message.transaction, mapped, key=key)


@dataclass(slots=True)
class UnderWay(Generic[P]):
    """Checks that were sent and not answered yet, by transaction id: for which pair, and when."""

    _sent: dict[bytes, tuple[P, float]] = field(default_factory=dict)

    def add(self, transaction: bytes, pair: P, now: float) -> None:
        """A check was sent."""
        self._sent[transaction] = (pair, now)

    def sent(self, transaction: bytes) -> tuple[P, float] | None:
        """The pair that a transaction was for, and when it was sent."""
        return self._sent.get(transaction)

    def answered(self, pair: P) -> None:
        """The pair has answered: what else was sent on it is not waited for."""
        self._sent = {key: sent for key, sent in self._sent.items() if sent[0] != pair}

    def waits_for(self, pair: P, since: float = float("-inf")) -> bool:
        """Whether a check of the pair, sent after that moment, has no answer yet."""
        return any(asked == pair and at > since for asked, at in self._sent.values())

    def forget(self, before: float) -> None:
        """Checks sent before that moment are not waited for any more."""
        self._sent = {key: sent for key, sent in self._sent.items() if sent[1] >= before}

    def clear(self) -> None:
        """Nothing is under way."""
        self._sent.clear()
