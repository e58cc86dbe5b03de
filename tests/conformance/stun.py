"""STUN and TURN messages (RFC 8489, RFC 8656), only what section 7 of the page needs, written by hand."""

import base64
import hashlib
import hmac
import ipaddress
import os
import struct
import zlib
from dataclasses import dataclass

COOKIE = 0x2112A442
CHANNEL = 0x4000

BINDING, ALLOCATE, REFRESH, SEND, PERMISSION, BIND = 0x001, 0x003, 0x004, 0x006, 0x008, 0x009
REQUEST, INDICATION, SUCCESS, FAILURE = 0x000, 0x010, 0x100, 0x110

USERNAME, INTEGRITY, ERROR_CODE, UNKNOWN, CHANNEL_NUMBER, LIFETIME = (
    0x0006,
    0x0008,
    0x0009,
    0x000A,
    0x000C,
    0x000D,
)
PEER, DATA, REALM, NONCE, RELAYED, TRANSPORT, MAPPED = 0x0012, 0x0013, 0x0014, 0x0015, 0x0016, 0x0019, 0x0020
USE_CANDIDATE, SOFTWARE, FINGERPRINT = 0x0025, 0x8022, 0x8028

Address = tuple[str, int]


@dataclass(frozen=True)
class Message:
    """A STUN message as it came: attributes in the order of the bytes."""

    kind: int
    transaction: bytes
    attributes: tuple[tuple[int, bytes], ...]
    datagram: bytes

    def get(self, number: int) -> bytes | None:
        """Return the first attribute of this number."""
        return next((value for kind, value in self.attributes if kind == number), None)

    @property
    def code(self) -> int | None:
        """Return the number in ERROR-CODE, None where there is none."""
        value = self.get(ERROR_CODE)
        return None if value is None else value[2] * 100 + value[3]

    def address(self, number: int) -> Address:
        """Return the address under an XOR-… attribute."""
        value = self.get(number)
        assert value is not None, f"no attribute {number:#06x} in {self.datagram.hex()}"
        return unxor(value, self.transaction)


def _mask(size: int, transaction: bytes) -> bytes:
    return (struct.pack("!I", COOKIE) + transaction)[:size]


def xor_address(address: Address, transaction: bytes) -> bytes:
    """Encode the value of an XOR-… address attribute."""
    packed = ipaddress.ip_address(address[0]).packed
    masked = bytes(a ^ b for a, b in zip(packed, _mask(len(packed), transaction), strict=True))
    return struct.pack("!xBH", 1 if len(packed) == 4 else 2, address[1] ^ (COOKIE >> 16)) + masked


def unxor(value: bytes, transaction: bytes) -> Address:
    """Decode the value of an XOR-… address attribute."""
    family, port = struct.unpack("!xBH", value[:4])
    assert len(value) == {1: 8, 2: 20}[family], value.hex()
    packed = bytes(a ^ b for a, b in zip(value[4:], _mask(len(value) - 4, transaction), strict=True))
    return str(ipaddress.ip_address(packed)), port ^ (COOKIE >> 16)


def attribute(number: int, value: bytes) -> bytes:
    """Encode one attribute, padded with zeros to a multiple of four."""
    return struct.pack("!HH", number, len(value)) + value + bytes(-len(value) % 4)


def _header(kind: int, length: int, transaction: bytes) -> bytes:
    return struct.pack("!HHI", kind, length, COOKIE) + transaction


def build(
    kind: int,
    attributes: list[tuple[int, bytes]],
    *,
    transaction: bytes | None = None,
    key: bytes | None = None,
    fingerprint: bool = False,
) -> bytes:
    """Encode a message; ``key`` adds MESSAGE-INTEGRITY, ``fingerprint`` FINGERPRINT after it."""
    transaction = os.urandom(12) if transaction is None else transaction
    body = b"".join(attribute(*pair) for pair in attributes)
    if key is not None:
        covered = _header(kind, len(body) + 24, transaction) + body
        body += attribute(INTEGRITY, hmac.new(key, covered, hashlib.sha1).digest())
    if fingerprint:
        crc = zlib.crc32(_header(kind, len(body) + 8, transaction) + body) ^ 0x5354554E
        body += attribute(FINGERPRINT, struct.pack("!I", crc))
    return _header(kind, len(body), transaction) + body


def parse(datagram: bytes) -> Message:
    """Decode a message; anything that is not exactly one is an AssertionError."""
    assert len(datagram) >= 20, datagram.hex()
    kind, length, cookie = struct.unpack("!HHI", datagram[:8])
    assert kind < 0x4000, datagram.hex()
    assert cookie == COOKIE, datagram.hex()
    assert length == len(datagram) - 20, datagram.hex()
    assert length % 4 == 0, datagram.hex()
    attributes, at = [], 20
    while at < len(datagram):
        number, size = struct.unpack_from("!HH", datagram, at)
        assert at + 4 + size <= len(datagram), datagram.hex()
        attributes.append((number, datagram[at + 4 : at + 4 + size]))
        at += 4 + size + -size % 4
    return Message(kind, datagram[8:20], tuple(attributes), datagram)


def verify(message: Message, key: bytes) -> bool:
    """Say whether MESSAGE-INTEGRITY is there and right."""
    at = 20
    for number, value in message.attributes:
        if number == INTEGRITY:
            covered = _header(message.kind, at - 20 + 24, message.transaction) + message.datagram[20:at]
            return hmac.compare_digest(value, hmac.new(key, covered, hashlib.sha1).digest())
        at += 4 + len(value) + -len(value) % 4
    return False


def password(secret: bytes, username: str) -> str:
    """Return ``senha`` as coturn's use-auth-secret computes it."""
    return base64.b64encode(hmac.new(secret, username.encode(), hashlib.sha1).digest()).decode()


def long_term_key(username: str, realm: str, senha: str) -> bytes:
    """Return the key of MESSAGE-INTEGRITY for the long-term credential (RFC 8489, 9.2.2)."""
    return hashlib.md5(f"{username}:{realm}:{senha}".encode()).digest()


def channel_data(payload: bytes, channel: int = CHANNEL, length: int | None = None) -> bytes:
    """Encode a ChannelData datagram; ``length`` may lie."""
    return struct.pack("!HH", channel, len(payload) if length is None else length) + payload
