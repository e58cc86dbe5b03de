"""A blocking client of the relay: the profile of section 7, one UDP socket, one transaction at a time."""

import atexit
import contextlib
import os
import socket
import struct
import time
from dataclasses import dataclass

from tests.conformance import stun, wire

TRIES = 8
"""Attempts, each of 1.5 s; on a busy machine the relay may start a few seconds after the registry."""
UDP_TRANSPORT = (stun.TRANSPORT, b"\x11\0\0\0")


_kept: list[socket.socket] = []
"""Every socket stays open: a port that is used again would find somebody's allocation, which is 437."""


@atexit.register
def close_all() -> None:
    """Close the sockets of all legs."""
    for sock in _kept:
        sock.close()


@dataclass(frozen=True)
class Credentials:
    """What LIGACAO gave one side."""

    server: tuple[str, int]
    username: str
    password: str

    @classmethod
    def of(cls, ligacao: wire.Line) -> "Credentials":
        """Read a LIGACAO."""
        scheme, _, rest = ligacao.items("reles")[0].partition(":")
        assert scheme == "turn", ligacao
        host, _, port = rest.rpartition(":")
        return cls((host.strip("[]"), int(port)), ligacao.keys["usuario"], ligacao.keys["senha"])


class Leg:
    """One socket that speaks to the relay with one side's credentials."""

    def __init__(self, credentials: Credentials, source: str | None = None) -> None:
        self.credentials = credentials
        self.realm = self.nonce = b""
        self.relayed: stun.Address | None = None
        family = socket.AF_INET6 if ":" in credentials.server[0] else socket.AF_INET
        self.socket = socket.socket(family, socket.SOCK_DGRAM)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        self.socket.bind((source or ("::" if family == socket.AF_INET6 else "0.0.0.0"), 0))
        self.socket.connect(credentials.server)
        self.data: list[bytes] = []
        self.last = 0.0
        _kept.append(self.socket)

    @property
    def address(self) -> stun.Address:
        """The local address, which is the reflexive one where there is no NAT."""
        host, port = self.socket.getsockname()[:2]
        return host, port

    @property
    def key(self) -> bytes:
        """The long-term key."""
        who = self.credentials
        return stun.long_term_key(who.username, self.realm.decode(), who.password)

    def receive(self, timeout: float) -> bytes | None:
        """Return the next datagram, None when none came in time."""
        self.socket.settimeout(max(0.001, timeout))
        try:
            return self.socket.recv(65536)
        except (TimeoutError, BlockingIOError):
            return None
        except ConnectionError:
            return None

    def send(self, datagram: bytes) -> None:
        """Send a datagram as it is."""
        with contextlib.suppress(ConnectionError):
            self.socket.send(datagram)

    def exchange(self, datagram: bytes, patience: float = 1.5, tries: int = TRIES) -> stun.Message | None:
        """Send a request, again when nothing comes; return the answer with its transaction id."""
        for _ in range(tries):
            self.send(datagram)
            deadline = time.monotonic() + patience
            while (left := deadline - time.monotonic()) > 0:
                answer = self.receive(left)
                if answer is None:
                    continue
                if answer[0] >= 0x40:
                    self.data.append(answer)
                elif answer[8:20] == datagram[8:20]:
                    return stun.parse(answer)
        return None

    def ask(self, datagram: bytes) -> stun.Message:
        """Send a request whose answer must come."""
        answer = self.exchange(datagram)
        assert answer is not None, f"no answer to {datagram.hex()}"
        return answer

    def silent(self, datagram: bytes) -> None:
        """Send a datagram that must have no answer: the next one's answer is the first that comes."""
        probe = stun.build(stun.BINDING, [])
        for _ in range(TRIES):
            self.send(datagram)
            self.send(probe)
            answer = self.receive(1.5)
            if answer is not None:
                assert answer[8:20] == probe[8:20], f"{datagram.hex()} was answered by {answer.hex()}"
                late = self.receive(0.02)
                assert late is None, f"{datagram.hex()} was answered by {late!r}"
                return
        raise AssertionError("the probe after it was not answered")

    def credentials_of(self) -> list[tuple[int, bytes]]:
        """Return the attributes of the long-term credential."""
        username = self.credentials.username.encode()
        return [(stun.USERNAME, username), (stun.REALM, self.realm), (stun.NONCE, self.nonce)]

    def challenge(self) -> stun.Message:
        """Ask without credentials and keep the realm and nonce of the 401."""
        answer = self.ask(stun.build(stun.ALLOCATE, [UDP_TRANSPORT]))
        assert answer.code == 401, answer
        self.realm, self.nonce = answer.get(stun.REALM) or b"", answer.get(stun.NONCE) or b""
        return answer

    def request(
        self,
        method: int,
        *attributes: tuple[int, bytes],
        transaction: bytes | None = None,
        fingerprint: bool = True,
    ) -> bytes:
        """Encode an authenticated request."""
        everything = [*attributes, *self.credentials_of()]
        return stun.build(method, everything, transaction=transaction, key=self.key, fingerprint=fingerprint)

    def call(self, method: int, *attributes: tuple[int, bytes]) -> stun.Message:
        """Ask with credentials, once more with a new nonce when the old one is stale."""
        if not self.nonce:
            self.challenge()
        answer = self.ask(self.request(method, *attributes))
        if answer.code == 438:
            self.nonce = answer.get(stun.NONCE) or b""
            answer = self.ask(self.request(method, *attributes))
        return answer

    def allocate(self) -> stun.Message:
        """Allocate, which must succeed, and keep the relayed address."""
        answer = self.call(stun.ALLOCATE, UDP_TRANSPORT)
        assert answer.kind == stun.ALLOCATE | stun.SUCCESS, (answer, answer.code)
        self.relayed = answer.address(stun.RELAYED)
        return answer

    def bind(self, peer: stun.Address | None, channel: int = stun.CHANNEL) -> stun.Message:
        """Bind a channel to a peer."""
        assert peer is not None
        transaction = os.urandom(12)
        if not self.nonce:
            self.challenge()
        number = (stun.CHANNEL_NUMBER, struct.pack("!HH", channel, 0))
        where = (stun.PEER, stun.xor_address(peer, transaction))
        return self.ask(self.request(stun.BIND, number, where, transaction=transaction))

    def refresh(self, lifetime: int | None = None) -> stun.Message:
        """Refresh."""
        attributes = [] if lifetime is None else [(stun.LIFETIME, struct.pack("!I", lifetime))]
        return self.call(stun.REFRESH, *attributes)

    def wait_data(self, timeout: float = 5.0) -> bytes | None:
        """Return the next datagram that is no STUN message."""
        if self.data:
            return self.data.pop(0)
        deadline = time.monotonic() + timeout
        while (left := deadline - time.monotonic()) > 0:
            datagram = self.receive(left)
            if datagram and datagram[0] >= 0x40:
                return datagram
        return None

    def gather(self, quiet: float = 0.3) -> list[bytes]:
        """Return all data until nothing more comes; ``last`` is then when the last of it came."""
        found = []
        while (datagram := self.wait_data(quiet)) is not None:
            found.append(datagram)
            self.last = time.monotonic()
        return found


def reaches(one: Leg, other: Leg, payload: bytes | None = None, tries: int = TRIES) -> bool:
    """Say whether ChannelData of one comes out at the other, byte for byte."""
    datagram = stun.channel_data(payload or b"\x80" + os.urandom(40))
    for _ in range(tries):
        one.send(datagram)
        while (got := other.wait_data(0.7)) is not None:
            if got == datagram:
                return True
    return False


def passes_not(one: Leg, other: Leg, datagram: bytes) -> None:
    """Assert that a datagram of one never reaches the other, while a good one after it does."""
    one.send(datagram)
    good = stun.channel_data(b"\x80" + os.urandom(12))
    for _ in range(TRIES):
        one.send(good)
        while (got := other.wait_data(0.7)) is not None:
            assert got == good, f"{datagram.hex()} came out as {got.hex()}"
            return
    raise AssertionError("a good datagram after it did not come out")
