"""recvmmsg and sendmmsg by ctypes: many datagrams for one system call, without an object for each.

The arrays have the layout of 64-bit Linux (`struct mmsghdr`, 64 bytes). Sources are read as raw socket
addresses, destinations written back over them, and the same buffers are sent that were received.
"""

from __future__ import annotations

import ctypes
import errno
import socket
import struct
import sys
from array import array
from collections.abc import Sequence

from voz.relay import local
from voz.stun import Address

#: Datagrams for one system call.
BATCH = 256
#: Bytes of one buffer; a datagram that fills it may have been cut and is not believed.
SLOT = 1536

_FAMILIES = {socket.AF_INET: 16, socket.AF_INET6: 32}
_NAME_LENGTHS = {socket.AF_INET: 16, socket.AF_INET6: 28}
_HEADER_SIZE = 64
_IOVEC_SIZE = 16
_MSG_DONTWAIT = 0x40


class SystemCalls:
    """The two calls of the C library; `available` says whether this machine has them in the known layout."""

    def __init__(self) -> None:
        library = ctypes.CDLL(None, use_errno=True)
        self.receive = library.recvmmsg
        self.receive.argtypes = [
            ctypes.c_int, ctypes.c_void_p, ctypes.c_uint, ctypes.c_int, ctypes.c_void_p,
        ]  # fmt: skip
        self.send = library.sendmmsg
        self.send.argtypes = [ctypes.c_int, ctypes.c_void_p, ctypes.c_uint, ctypes.c_int]

    @classmethod
    def available(cls) -> bool:
        """True on 64-bit Linux whose C library has both calls."""
        if not sys.platform.startswith("linux") or sys.maxsize < 2**32:
            return False
        try:
            cls()
        except (OSError, AttributeError):
            return False
        return True


class DatagramVectors:
    """The arrays for one socket. After `receive() == n` the first n datagrams stand in `lengths`, `heads`,
    `names(n)` and `data(i)`; `readdress` and `send` pass them on.

    A name is the raw socket address of the other end and, behind it, the control message that says which of
    our own addresses it speaks to: the five-tuple, in the bytes that the kernel gives and takes.
    """

    def __init__(self, bound: socket.socket) -> None:
        self._calls = SystemCalls()
        self._descriptor = bound.fileno()
        self._family = bound.family
        self._address_room = _FAMILIES[bound.family]
        knows_local = local.ask_for_local(bound)
        self._control = local.control_size(bound.family) if knows_local else 0
        self._name_size = size = self._address_room + self._control
        self._buffers = bytearray(BATCH * SLOT)
        self._names = bytearray(BATCH * size)
        self._packers = [struct.Struct("=" + f"{size}s" * count) for count in range(BATCH + 1)]
        _, receive_vectors, receive = self._headers(self._control)
        # Without the padding behind it a control message fits where the kernel need not allocate for it.
        said = local.control_length(bound.family) if knows_local else 0
        self._send_lengths, send_vectors, send = self._headers(said)
        # The kernel is given addresses: what they point to must live as long as this object.
        self._kept = (receive_vectors, receive, send_vectors, send)
        self._receive_at = ctypes.addressof(ctypes.c_char.from_buffer(receive))
        self._send_at = ctypes.addressof(ctypes.c_char.from_buffer(send))
        self._arrived = memoryview(receive).cast("I")[14::16]
        self._heads = memoryview(self._buffers).cast("I")[:: SLOT // 4]
        self._view = memoryview(self._buffers)
        #: Every byte of every slot: slot `i` begins at `i * SLOT`.
        self.first_bytes = self._view.toreadonly()
        interface = self._address_room + local.interface_at(bound.family)
        self._interfaces = memoryview(self._names).cast("I")[interface // 4 :: size // 4]
        self._no_interfaces = memoryview(array("I", bytes(4 * BATCH)))

    def _headers(self, control_length: int) -> tuple[memoryview, bytearray, bytearray]:
        """An array of mmsghdr over the shared buffers and names, with so many bytes of control messages: (the
        lengths in its iovecs, the iovecs, itself)."""
        buffers = ctypes.addressof(ctypes.c_char.from_buffer(self._buffers))
        names = ctypes.addressof(ctypes.c_char.from_buffer(self._names))
        vectors, headers = bytearray(BATCH * _IOVEC_SIZE), bytearray(BATCH * _HEADER_SIZE)
        vectors_at = ctypes.addressof(ctypes.c_char.from_buffer(vectors))
        for index in range(BATCH):
            name = names + index * self._name_size
            control = (name + self._address_room, control_length) if control_length else (0, 0)
            struct.pack_into("=QQ", vectors, index * _IOVEC_SIZE, buffers + index * SLOT, SLOT)
            struct.pack_into(
                "=QIxxxxQQQQiIII",
                headers,
                index * _HEADER_SIZE,
                name,
                _NAME_LENGTHS[self._family],
                vectors_at + index * _IOVEC_SIZE,
                *(1, *control, 0, 0, 0, 0),
            )
        return memoryview(vectors).cast("Q")[1::2], vectors, headers

    def receive(self) -> int:
        """Take what has arrived, at most `BATCH` datagrams, without waiting; how many."""
        count: int = self._calls.receive(self._descriptor, self._receive_at, BATCH, _MSG_DONTWAIT, None)
        if count <= 0:
            return 0
        if self._control:
            self._interfaces[:count] = self._no_interfaces[:count]
        return count

    def lengths(self, count: int) -> list[int]:
        """How long each of the first `count` datagrams is."""
        return self._arrived[:count].tolist()

    def heads(self, count: int) -> list[int]:
        """The first four bytes of each buffer, in the machine's byte order."""
        return self._heads[:count].tolist()

    def names(self, count: int) -> tuple[bytes, ...]:
        """The name of each source."""
        return self._packers[count].unpack_from(self._names)

    def data(self, index: int, length: int) -> bytes:
        """A copy of one datagram."""
        return bytes(self._view[index * SLOT : index * SLOT + length])

    def readdress(self, names: Sequence[bytes], lengths: list[int]) -> None:
        """The datagrams are to go to these names now, with the length they came with."""
        count = len(names)
        self._packers[count].pack_into(self._names, 0, *names)
        self._send_lengths[:count] = memoryview(array("Q", lengths))

    def replace(self, index: int, data: bytes, name: bytes) -> None:
        """Put another datagram, for that name, in the place of one; it must fit a slot."""
        self._view[index * SLOT : index * SLOT + len(data)] = data
        self._names[index * self._name_size : (index + 1) * self._name_size] = name
        self._send_lengths[index] = len(data)

    def send(self, first: int, last: int) -> int:
        """Send the datagrams `first` to `last - 1` where `readdress` said; how many the kernel took.

        One that it refuses (a destination that is gone) is passed over; a full queue loses the rest.
        """
        sent = 0
        while first < last:
            at = self._send_at + first * _HEADER_SIZE
            count: int = self._calls.send(self._descriptor, at, last - first, _MSG_DONTWAIT)
            if count > 0:
                sent += count
                first += count
            elif ctypes.get_errno() in (errno.EAGAIN, errno.ENOBUFS):
                break
            else:
                first += 1
        return sent

    def address_of(self, name: bytes) -> Address:
        """The normal (address, port) of the other end; IPv4-mapped addresses become IPv4."""
        return address_of(self._family, name)

    def host_of(self, name: bytes) -> str | None:
        """Which of our own addresses it speaks to, if the kernel says so."""
        if not self._control:
            return None
        control = name[self._address_room :]
        return local.host_in(self._family, local.local_in_control(self._family, control))


def address_of(family: int, name: bytes) -> Address:
    """The normal (address, port) of a raw socket address; IPv4-mapped addresses become IPv4."""
    port = int.from_bytes(name[2:4], "big")
    if family == socket.AF_INET:
        return socket.inet_ntop(socket.AF_INET, name[4:8]), port
    if name[8:20] == b"\0" * 10 + b"\xff\xff":
        return socket.inet_ntop(socket.AF_INET, name[20:24]), port
    return socket.inet_ntop(socket.AF_INET6, name[8:24]), port
