"""A TURN client for tests that says exactly what it is told to, right or wrong. No I/O."""

from __future__ import annotations

import base64
import hmac

from voz import stun
from voz.stun import Address, Attribute, Kind, Message, Method

CALL = "8PHy8_T19vf4-fr7_P3-_w"
TRANSPORT = (int(Attribute.REQUESTED_TRANSPORT), stun.pack_transport())


class TurnClient:
    """One leg. `nonce` is what the relay last said; `last` the bytes of the last request."""

    def __init__(self, secret: bytes, leg: str, expiry: int, call: str = CALL, realm: str = "sala") -> None:
        self.username = f"{expiry}:{call}.{leg}"
        self.password = base64.b64encode(hmac.digest(secret, self.username.encode(), "sha1")).decode()
        self.realm = realm
        self.nonce = b""
        self.relayed: Address | None = None
        self.last = b""

    @property
    def key(self) -> bytes:
        """The key of our messages."""
        return stun.long_term_key(self.username, self.realm, self.password)

    def request(
        self, method: int, attributes: list[tuple[int, bytes]], transaction: bytes | None = None
    ) -> bytes:
        """A request, signed once there is a nonce."""
        transaction = transaction or stun.new_transaction()
        if not self.nonce:
            self.last = stun.build(method, Kind.REQUEST, transaction, attributes)
            return self.last
        signed = [
            *attributes,
            (int(Attribute.USERNAME), self.username.encode()),
            (int(Attribute.REALM), self.realm.encode()),
            (int(Attribute.NONCE), self.nonce),
        ]
        self.last = stun.build(method, Kind.REQUEST, transaction, signed, key=self.key, fingerprint=True)
        return self.last

    def allocate(self, *more: tuple[int, bytes]) -> bytes:
        """Allocate."""
        return self.request(Method.ALLOCATE, [TRANSPORT, *more])

    def refresh(self, lifetime: int | None = None) -> bytes:
        """Refresh."""
        said = [] if lifetime is None else [(int(Attribute.LIFETIME), stun.pack_number(lifetime))]
        return self.request(Method.REFRESH, said)

    def bind(self, peer: Address, channel: int = stun.CHANNEL) -> bytes:
        """ChannelBind."""
        transaction = stun.new_transaction()
        said = [
            (int(Attribute.CHANNEL_NUMBER), stun.pack_channel(channel)),
            (int(Attribute.XOR_PEER_ADDRESS), stun.pack_xor_address(peer, transaction)),
        ]
        return self.request(Method.CHANNEL_BIND, said, transaction)

    def permission(self, peer: Address) -> bytes:
        """CreatePermission."""
        transaction = stun.new_transaction()
        said = [(int(Attribute.XOR_PEER_ADDRESS), stun.pack_xor_address(peer, transaction))]
        return self.request(Method.CREATE_PERMISSION, said, transaction)

    def heard(self, data: bytes) -> Message:
        """Read an answer, and learn the nonce and the relayed address from it."""
        message = stun.parse(data)
        self.nonce = message.get(Attribute.NONCE) or self.nonce
        self.relayed = message.address(Attribute.XOR_RELAYED_ADDRESS) or self.relayed
        return message
