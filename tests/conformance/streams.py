"""Blocking byte streams to the registry: TLS 1.3 with pin and exporter, and the plain endpoint."""

import select
import socket
import time
from collections.abc import Callable
from functools import partial
from typing import Protocol, TypeVar

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from OpenSSL import SSL

from tests.conformance import keys

CHUNK = 65536
T = TypeVar("T")


class Stream(Protocol):
    """What the client needs of a connection."""

    socket: socket.socket
    label: str

    def send(self, data: bytes, timeout: float) -> None:
        """Send everything, or raise TimeoutError."""

    def send_some(self, data: bytes, timeout: float) -> int:
        """Send what is taken at once and return how much; TimeoutError when nothing is in time."""
        ...

    def receive(self, timeout: float) -> bytes | None:
        """Return what came, b"" at the end of the stream, None when nothing came in time."""

    def finish(self) -> None:
        """Say that nothing more will be sent: the orderly close of this direction."""

    def close(self) -> None:
        """Close the socket at once."""


def _wait(sock: socket.socket, event: int, deadline: float) -> bool:
    poll = select.poll()
    poll.register(sock, event)
    return bool(poll.poll(max(0.0, deadline - time.monotonic()) * 1000))


def connect(
    host: str, port: int, receive_buffer: int | None = None, source: str | None = None
) -> socket.socket:
    """Open a TCP connection; ``receive_buffer`` bounds what the kernel takes for one that does not read."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_STREAM)
    if receive_buffer is not None:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
    sock.settimeout(10)
    if source is not None:
        sock.bind((source, 0))
    try:
        sock.connect((host, port))
    except OSError:
        sock.close()
        raise
    return sock


class PlainStream:
    """The plain endpoint."""

    label = keys.PLAIN_LABEL

    def __init__(self, sock: socket.socket) -> None:
        self.socket = sock
        sock.setblocking(False)

    def send(self, data: bytes, timeout: float) -> None:
        """Send everything, or raise TimeoutError."""
        while data:
            data = data[self.send_some(data, timeout) :]

    def send_some(self, data: bytes, timeout: float) -> int:
        """Send what is taken at once and return how much; TimeoutError when nothing is in time."""
        if not _wait(self.socket, select.POLLOUT, time.monotonic() + timeout):
            raise TimeoutError(f"{len(data)} bytes were not taken")
        return self.socket.send(data)

    def receive(self, timeout: float) -> bytes | None:
        """Return what came, b"" at the end of the stream, None when nothing came in time."""
        if not _wait(self.socket, select.POLLIN, time.monotonic() + timeout):
            return None
        try:
            return self.socket.recv(CHUNK)
        except ConnectionError:
            return b""

    def finish(self) -> None:
        """Close the sending half."""
        self.socket.shutdown(socket.SHUT_WR)

    def close(self) -> None:
        """Close the socket at once."""
        self.socket.close()


class PinError(Exception):
    """The server's key is not the pinned one."""


class TlsStream:
    """TLS 1.3 only, as section 1 asks; nothing is sent before the pin was checked."""

    label = keys.TLS_LABEL

    def __init__(self, sock: socket.socket, pin: str) -> None:
        self.socket = sock
        context = SSL.Context(SSL.TLS_CLIENT_METHOD)
        context.set_min_proto_version(SSL.TLS1_3_VERSION)
        context.set_verify(SSL.VERIFY_NONE, lambda *_: True)
        self.tls = SSL.Connection(context, sock)
        self.tls.set_connect_state()
        sock.setblocking(False)
        self._retry(self.tls.do_handshake, 10)
        if self.fingerprint() != pin:
            sock.close()
            raise PinError(self.fingerprint())

    def fingerprint(self) -> str:
        """Return the fingerprint of the key the server showed."""
        certificate = self.tls.get_peer_certificate(as_cryptography=True)
        assert certificate is not None
        spki = certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        return keys.fingerprint(spki)

    def exporter(self) -> bytes:
        """Return the channel binding of RFC 9266."""
        return self.tls.export_keying_material(b"EXPORTER-Channel-Binding", 32, b"")

    def _retry(self, operation: Callable[[], T], timeout: float) -> T:
        deadline = time.monotonic() + timeout
        while True:
            try:
                return operation()
            except SSL.WantReadError:
                event = select.POLLIN
            except SSL.WantWriteError:
                event = select.POLLOUT
            if not _wait(self.socket, event, deadline):
                raise TimeoutError("the TLS connection does not move")

    def send(self, data: bytes, timeout: float) -> None:
        """Send everything, or raise TimeoutError."""
        while data:
            data = data[self.send_some(data, timeout) :]

    def send_some(self, data: bytes, timeout: float) -> int:
        """Send at most one record; TimeoutError when it is not taken in time."""
        return self._retry(partial(self.tls.send, data[:16384]), timeout)

    def receive(self, timeout: float) -> bytes | None:
        """Return what came, b"" at the end of the stream, None when nothing came in time."""
        try:
            return self._retry(lambda: self.tls.recv(CHUNK), timeout)
        except TimeoutError:
            return None
        except (SSL.ZeroReturnError, SSL.SysCallError, SSL.Error, OSError):
            return b""

    def finish(self) -> None:
        """Send close_notify."""
        self.tls.shutdown()

    def close(self) -> None:
        """Close the socket at once, without close_notify, as a lost connection does."""
        self.socket.close()
