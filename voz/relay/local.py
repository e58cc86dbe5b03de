"""To which of our own addresses a datagram came, and from which one the answer leaves (IP_PKTINFO, RFC 3542).

A machine may have several addresses. A client believes only datagrams from the address that it speaks to, so
a relay on a wildcard socket must answer from where it was asked.
"""

from __future__ import annotations

import socket
import struct
import sys

Ancillary = list[tuple[int, int, bytes]]

#: By family: level, type, size of the structure, where the local address begins in it, and where the
#: interface's number stands, which is not kept: routes may change under a call.
_V4 = (socket.IPPROTO_IP, getattr(socket, "IP_PKTINFO", 8), 12, 4, 0)
_V6 = (socket.IPPROTO_IPV6, getattr(socket, "IPV6_PKTINFO", 50), 20, 0, 16)
#: Room for the control message of either family.
ROOM = 64


def ask_for_local(bound: socket.socket) -> bool:
    """Have the kernel say with each datagram where it came to; False where it cannot."""
    option = getattr(socket, "IPV6_RECVPKTINFO", None) if bound.family == socket.AF_INET6 else _V4[1]
    # The numbers and structures above are those of Linux; elsewhere a relay is bound to one address.
    if option is None or not sys.platform.startswith("linux"):
        return False
    try:
        bound.setsockopt(_kind(bound.family)[0], option, 1)
    except OSError:
        return False
    return True


def _kind(family: int) -> tuple[int, int, int, int, int]:
    return _V6 if family == socket.AF_INET6 else _V4


def control_size(family: int) -> int:
    """Bytes of the one control message in memory (CMSG_SPACE)."""
    return socket.CMSG_SPACE(_kind(family)[2])


def control_length(family: int) -> int:
    """Bytes of it without the padding behind it (CMSG_LEN)."""
    return socket.CMSG_LEN(_kind(family)[2])


def interface_at(family: int) -> int:
    """Where the number of the interface stands in the control message in memory."""
    return socket.CMSG_LEN(0) + _kind(family)[4]


def local_in(family: int, ancillary: Ancillary) -> bytes:
    """The structure that says where a datagram came to, without the interface; empty when there is none."""
    level, kind, size, _, interface = _kind(family)
    for said_level, said_kind, data in ancillary:
        if (said_level, said_kind) == (level, kind) and len(data) == size:
            return data[:interface] + bytes(4) + data[interface + 4 :]
    return b""


def ancillary_for(family: int, local: bytes) -> Ancillary:
    """What makes a datagram leave from there."""
    level, kind, *_ = _kind(family)
    return [(level, kind, local)] if local else []


def host_in(family: int, local: bytes) -> str | None:
    """The local address in such a structure, IPv4-mapped ones as IPv4; None when there is none."""
    _, _, size, begin, _ = _kind(family)
    if len(local) != size:
        return None
    if family == socket.AF_INET:
        return socket.inet_ntop(socket.AF_INET, local[begin : begin + 4])
    packed = local[begin : begin + 16]
    if packed[:12] == b"\0" * 10 + b"\xff\xff":
        return socket.inet_ntop(socket.AF_INET, packed[12:])
    return socket.inet_ntop(socket.AF_INET6, packed)


def local_in_control(family: int, control: bytes) -> bytes:
    """The structure inside a control message as it lies in memory; empty when it is another one."""
    level, kind, size, *_ = _kind(family)
    begin = socket.CMSG_LEN(0)
    length, said_level, said_kind = struct.unpack_from("@Qii", control)
    if (length, said_level, said_kind) != (begin + size, level, kind):
        return b""
    return control[begin : begin + size]
