"""STUN and TURN messages as bytes: a pure codec that the client and the relay share.

Source: RFC 8489 (STUN), RFC 8656 (TURN, ChannelData), the short and the long-term credential of RFC 8489
sections 9.1 and 9.2 with MESSAGE-INTEGRITY (HMAC-SHA1). Nothing here reads a clock or a socket. Whatever the
bytes are, a parser here either returns a value or raises `StunError`.
"""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import os
import struct
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum

COOKIE = 0x2112A442
HEADER_LENGTH = 20
TRANSACTION_LENGTH = 12
#: The one channel of the profile (protocol, section 7): forwarded datagrams keep their bytes.
CHANNEL = 0x4000
UDP_TRANSPORT = 17

Address = tuple[str, int]
Attributes = Iterable[tuple[int, bytes]]

_HEADER = struct.Struct("!HHI12s")
_ATTRIBUTE = struct.Struct("!HH")
_COOKIE_BYTES = COOKIE.to_bytes(4, "big")
_FINGERPRINT_XOR = 0x5354554E
_INTEGRITY_LENGTH = 24
_FINGERPRINT_LENGTH = 8
_FAMILY_V4, _FAMILY_V6 = 1, 2


class StunError(ValueError):
    """The bytes are not the STUN message, the attribute or the ChannelData they were taken for."""


class Method(IntEnum):
    """The methods that the profile knows (RFC 8489 section 18.2, RFC 8656 section 17)."""

    BINDING = 0x001
    ALLOCATE = 0x003
    REFRESH = 0x004
    SEND = 0x006
    DATA = 0x007
    CREATE_PERMISSION = 0x008
    CHANNEL_BIND = 0x009


class Kind(IntEnum):
    """The class of a message: its two class bits as they lie in the message type."""

    REQUEST = 0x000
    INDICATION = 0x010
    SUCCESS = 0x100
    ERROR = 0x110


class Attribute(IntEnum):
    """Attribute types (RFC 8489 section 18.3, RFC 8656 section 18); below 8000 hex: must be understood."""

    MAPPED_ADDRESS = 0x0001
    USERNAME = 0x0006
    MESSAGE_INTEGRITY = 0x0008
    ERROR_CODE = 0x0009
    UNKNOWN_ATTRIBUTES = 0x000A
    CHANNEL_NUMBER = 0x000C
    LIFETIME = 0x000D
    XOR_PEER_ADDRESS = 0x0012
    DATA = 0x0013
    REALM = 0x0014
    NONCE = 0x0015
    XOR_RELAYED_ADDRESS = 0x0016
    REQUESTED_ADDRESS_FAMILY = 0x0017
    REQUESTED_TRANSPORT = 0x0019
    MESSAGE_INTEGRITY_SHA256 = 0x001C
    XOR_MAPPED_ADDRESS = 0x0020
    PRIORITY = 0x0024
    USE_CANDIDATE = 0x0025
    SOFTWARE = 0x8022
    FINGERPRINT = 0x8028


@dataclass(frozen=True, slots=True)
class Message:
    """One STUN message: `attributes` in wire order, without MESSAGE-INTEGRITY and FINGERPRINT.

    `method` is a number that may be outside `Method`. `signed` is the part that MESSAGE-INTEGRITY covers,
    with the length field as the signature saw it, and `integrity` the 20 bytes received; both empty if none.
    """

    method: int
    kind: Kind
    transaction: bytes
    attributes: tuple[tuple[int, bytes], ...] = ()
    signed: bytes = b""
    integrity: bytes = b""

    def get(self, attribute: int) -> bytes | None:
        """The value of the first attribute of that type (later ones do not count), or None."""
        for kind, value in self.attributes:
            if kind == attribute:
                return value
        return None

    def authentic(self, key: bytes) -> bool:
        """Whether the message carries a MESSAGE-INTEGRITY made with `key` (constant time)."""
        if not self.integrity:
            return False
        return hmac.compare_digest(self.integrity, hmac.digest(key, self.signed, "sha1"))

    def address(self, attribute: int) -> Address | None:
        """The XOR address in that attribute, or None when absent; StunError when it is malformed."""
        value = self.get(attribute)
        return None if value is None else unpack_xor_address(value, self.transaction)

    def number(self, attribute: int) -> int | None:
        """The value of a 32-bit attribute (LIFETIME), None when absent; StunError when not 4 bytes."""
        value = self.get(attribute)
        if value is None:
            return None
        if len(value) != 4:
            raise StunError("a number attribute is 4 bytes")
        return int.from_bytes(value, "big")

    def channel(self) -> int | None:
        """The CHANNEL-NUMBER, or None when absent; StunError when it is not 4 bytes."""
        value = self.number(Attribute.CHANNEL_NUMBER)
        return None if value is None else value >> 16

    def error(self) -> int | None:
        """The code of ERROR-CODE (300-699), or None when absent; StunError when it is malformed."""
        value = self.get(Attribute.ERROR_CODE)
        if value is None:
            return None
        if len(value) < 4 or not 3 <= value[2] & 7 <= 6 or value[3] > 99:
            raise StunError("not an error code")
        return (value[2] & 7) * 100 + value[3]

    def unknown(self, known: frozenset[int]) -> tuple[int, ...]:
        """The comprehension-required attribute types that are not in `known`, each once, in wire order."""
        types = [kind for kind, _ in self.attributes if kind < 0x8000 and kind not in known]
        return tuple(dict.fromkeys(types))


def new_transaction() -> bytes:
    """12 random bytes."""
    return os.urandom(TRANSACTION_LENGTH)


def is_stun(data: bytes) -> bool:
    """Whether the datagram starts like STUN (first byte 00-3F, magic cookie), and no more than that."""
    return len(data) >= HEADER_LENGTH and data[0] < 0x40 and data[4:8] == _COOKIE_BYTES


def message_type(method: int, kind: Kind) -> int:
    """The 14-bit message type: the class bits woven into the method (RFC 8489 section 5)."""
    return (method & 0xF) | (method & 0x70) << 1 | (method & 0xF80) << 2 | kind


def build(
    method: int,
    kind: Kind,
    transaction: bytes,
    attributes: Attributes = (),
    *,
    key: bytes | None = None,
    fingerprint: bool = False,
) -> bytes:
    """The bytes of a message: attributes in the order given, zero padding, then MESSAGE-INTEGRITY under `key`
    and FINGERPRINT when asked for. Raises StunError when it would not fit the length field."""
    body = b"".join(_pack_attribute(number, value) for number, value in attributes)
    kind_and_method = message_type(method, kind)
    if len(body) > 0xFFFF - _INTEGRITY_LENGTH - _FINGERPRINT_LENGTH or len(transaction) != TRANSACTION_LENGTH:
        raise StunError("the message does not fit its header")
    if key is not None:
        covered = _HEADER.pack(kind_and_method, len(body) + _INTEGRITY_LENGTH, COOKIE, transaction) + body
        body += _pack_attribute(Attribute.MESSAGE_INTEGRITY, hmac.digest(key, covered, "sha1"))
    if fingerprint:
        covered = _HEADER.pack(kind_and_method, len(body) + _FINGERPRINT_LENGTH, COOKIE, transaction) + body
        body += _pack_attribute(Attribute.FINGERPRINT, _fingerprint(covered))
    return _HEADER.pack(kind_and_method, len(body), COOKIE, transaction) + body


def parse(data: bytes) -> Message:
    """Read one message that fills the datagram exactly.

    Attributes after MESSAGE-INTEGRITY are dropped (nobody vouches for them, RFC 8489 section 14.5); a
    FINGERPRINT must be last and right. MESSAGE-INTEGRITY is only collected: `authentic` judges it.
    """
    if len(data) < HEADER_LENGTH:
        raise StunError("shorter than a STUN header")
    kind_and_method, length, cookie, transaction = _HEADER.unpack_from(data)
    if kind_and_method & 0xC000 or cookie != COOKIE:
        raise StunError("not STUN")
    if length % 4 or length != len(data) - HEADER_LENGTH:
        raise StunError("the length field does not match the datagram")
    attributes, signed, integrity = _parse_attributes(data)
    method = kind_and_method & 0xF | (kind_and_method & 0xE0) >> 1 | (kind_and_method & 0x3E00) >> 2
    return Message(method, Kind(kind_and_method & 0x110), transaction, attributes, signed, integrity)


def _parse_attributes(data: bytes) -> tuple[tuple[tuple[int, bytes], ...], bytes, bytes]:
    """Walk the attributes: (those in front of the integrity, the bytes it covers, its value)."""
    attributes: list[tuple[int, bytes]] = []
    signed = integrity = b""
    position, end = HEADER_LENGTH, len(data)
    while position < end:
        number, size = _ATTRIBUTE.unpack_from(data, position)
        value = data[position + 4 : position + 4 + size]
        if len(value) != size:
            raise StunError("an attribute reaches past the end")
        following = position + 4 + size + -size % 4
        if number == Attribute.FINGERPRINT:
            _check_fingerprint(data, position, following, value)
        elif not signed and number == Attribute.MESSAGE_INTEGRITY:
            if size != 20:
                raise StunError("MESSAGE-INTEGRITY is 20 bytes")
            signed, integrity = _covered(data, position), value
        elif not signed:
            attributes.append((number, value))
        position = following
    return tuple(attributes), signed, integrity


def _covered(data: bytes, position: int) -> bytes:
    """What MESSAGE-INTEGRITY at `position` covers: the message up to it, its length ending there."""
    length = position + _INTEGRITY_LENGTH - HEADER_LENGTH
    return data[:2] + length.to_bytes(2, "big") + data[4:position]


def _check_fingerprint(data: bytes, position: int, following: int, value: bytes) -> None:
    """Raise StunError unless the FINGERPRINT is last and right."""
    if following != len(data) or value != _fingerprint(data[:position]):
        raise StunError("wrong FINGERPRINT")


def _fingerprint(covered: bytes) -> bytes:
    """CRC-32 of what stands before the attribute, XOR 'STUN'."""
    return (zlib.crc32(covered) ^ _FINGERPRINT_XOR).to_bytes(4, "big")


def _pack_attribute(number: int, value: bytes) -> bytes:
    """Type, length, value and zero padding to 4 bytes."""
    return _ATTRIBUTE.pack(number, len(value)) + value + bytes(-len(value) % 4)


def pack_xor_address(address: Address, transaction: bytes) -> bytes:
    """The value of an XOR-*-ADDRESS attribute; StunError when it is no IP address and port."""
    try:
        ip = ipaddress.ip_address(address[0])
        port = (address[1] ^ COOKIE >> 16).to_bytes(2, "big")
    except (ValueError, OverflowError) as problem:
        raise StunError("not an address") from problem
    family = _FAMILY_V4 if ip.version == 4 else _FAMILY_V6
    return bytes((0, family)) + port + _xor(ip.packed, _COOKIE_BYTES + transaction)


def unpack_xor_address(value: bytes, transaction: bytes) -> Address:
    """The (address, port) in the value of an XOR-*-ADDRESS attribute; StunError when it is malformed."""
    if len(value) not in (8, 20) or value[1] != (_FAMILY_V4 if len(value) == 8 else _FAMILY_V6):
        raise StunError("malformed address attribute")
    packed = _xor(value[4:], _COOKIE_BYTES + transaction)
    port = int.from_bytes(value[2:4], "big") ^ COOKIE >> 16
    return str(ipaddress.ip_address(packed)), port


def _xor(data: bytes, pad: bytes) -> bytes:
    """`data` XOR the beginning of `pad`."""
    size = len(data)
    return (int.from_bytes(data, "big") ^ int.from_bytes(pad[:size], "big")).to_bytes(size, "big")


def pack_error(code: int) -> bytes:
    """The value of ERROR-CODE without a reason phrase: answers stay small (protocol, section 7)."""
    return bytes((0, 0, code // 100, code % 100))


def pack_channel(channel: int) -> bytes:
    """The value of CHANNEL-NUMBER."""
    return channel.to_bytes(2, "big") + b"\0\0"


def pack_number(value: int) -> bytes:
    """The value of a 32-bit attribute such as LIFETIME."""
    return value.to_bytes(4, "big")


def pack_transport(protocol: int = UDP_TRANSPORT) -> bytes:
    """The value of REQUESTED-TRANSPORT: the protocol number and three reserved bytes."""
    return bytes((protocol, 0, 0, 0))


def long_term_key(username: str, realm: str, password: str) -> bytes:
    """The HMAC key of the long-term credential: MD5(username:realm:password) (RFC 8489 section 9.2.2)."""
    text = f"{username}:{realm}:{password}".encode()
    return hashlib.md5(text, usedforsecurity=False).digest()


def channel_data(payload: bytes, channel: int = CHANNEL) -> bytes:
    """A ChannelData message over UDP: channel, length, payload, no padding (RFC 8656 section 12.4)."""
    if len(payload) > 0xFFFF:
        raise StunError("the payload does not fit ChannelData")
    return _ATTRIBUTE.pack(channel, len(payload)) + payload


def parse_channel_data(data: bytes) -> tuple[int, bytes]:
    """(channel, payload) of a ChannelData datagram; up to 3 bytes of padding are dropped, else StunError."""
    if len(data) < 4 or not 0x40 <= data[0] <= 0x7F:
        raise StunError("not ChannelData")
    channel, size = _ATTRIBUTE.unpack_from(data)
    if not 0 <= len(data) - 4 - size <= 3:
        raise StunError("the length of ChannelData does not match the datagram")
    return channel, data[4 : 4 + size]


def normalised(address: Address) -> Address:
    """`address` with an IPv4-mapped IPv6 address written as IPv4, and IPv6 in its short spelling, no zone.

    Raises StunError when it is no IP address.
    """
    try:
        ip = ipaddress.ip_address(address[0].partition("%")[0])
    except ValueError as problem:
        raise StunError("not an address") from problem
    mapped = ip.ipv4_mapped if ip.version == 6 else None
    return str(mapped or ip), address[1]
