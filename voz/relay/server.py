"""What the relay answers to a STUN message: RFC 8489 and RFC 8656 cut down to the protocol's section 7. Pure.

An answer goes to nobody but the source of the request; requests that nobody signed are answered only within
the limits of their network and never with more than 2.3 bytes for one.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from voz import stun
from voz.relay import limits
from voz.relay.counters import Counters
from voz.relay.credentials import Authority, User, read_username
from voz.relay.table import AllocationTable, Leg, TableFull
from voz.stun import Address, Attribute, Kind, Message, Method, StunError

K = TypeVar("K", bound=Hashable)

BAD_REQUEST, UNAUTHORISED, FORBIDDEN, UNKNOWN_ATTRIBUTE = 400, 401, 403, 420
MISMATCH, STALE_NONCE, WRONG_FAMILY, WRONG_USER, WRONG_TRANSPORT, FULL = 437, 438, 440, 441, 442, 508

#: What is understood in a request to the relay; anything else below 8000 hex is answered with 420.
KNOWN = frozenset(
    {
        Attribute.USERNAME,
        Attribute.CHANNEL_NUMBER,
        Attribute.LIFETIME,
        Attribute.XOR_PEER_ADDRESS,
        Attribute.DATA,
        Attribute.REALM,
        Attribute.NONCE,
        Attribute.REQUESTED_ADDRESS_FAMILY,
        Attribute.REQUESTED_TRANSPORT,
        Attribute.MESSAGE_INTEGRITY_SHA256,
    }
)
#: What is understood in a plain Binding request.
KNOWN_IN_BINDING = frozenset({Attribute.USERNAME, Attribute.PRIORITY, Attribute.USE_CANDIDATE})

_PLAIN_BINDING = b"\0\1"
_FAMILIES = {4: b"\x01", 6: b"\x02"}

Attributes = list[tuple[int, bytes]]


class RefusedError(Exception):
    """A signed request that is answered with an error: the code, and attributes that go with it."""

    def __init__(self, code: int, attributes: Attributes | None = None) -> None:
        super().__init__(code)
        self.code = code
        self.attributes = attributes or []


@dataclass(frozen=True, slots=True)
class Request(Generic[K]):
    """A request that was signed as it should be."""

    message: Message
    source: K
    address: Address
    username: str
    user: User
    key: bytes
    now: float


@dataclass(slots=True)
class RelayServer(Generic[K]):
    """Answers STUN messages. `wall` is Unix time for nonces and expiries; `host_for` names the local address
    on which a client at that address is served: the host of its relayed address."""

    authority: Authority
    wall: Callable[[], float]
    host_for: Callable[[K], str]
    table: AllocationTable[K] = field(default_factory=AllocationTable)
    counters: Counters = field(default_factory=Counters)
    bindings: limits.SourceLimiter = field(
        default_factory=lambda: limits.SourceLimiter(limits.BINDINGS_A_SECOND)
    )
    challenges: limits.SourceLimiter = field(
        default_factory=lambda: limits.SourceLimiter(limits.CHALLENGES_A_SECOND)
    )

    def answer(self, data: bytes, source: K, address: Address, now: float) -> bytes | None:
        """The answer to a datagram from `source`, or None for silence. `now` is steady time in seconds."""
        if data[:2] == _PLAIN_BINDING and self.bindings.exhausted(address, now):
            self.counters.throttled += 1
            return None
        try:
            message = stun.parse(data)
        except StunError:
            self.counters.dropped_junk += 1
            return None
        if message.kind is not Kind.REQUEST:
            return None
        if message.method == Method.BINDING:
            return self._binding(data, message, address, now)
        if message.method in _HANDLERS:
            return self._signed(data, message, source, address, now)
        self.counters.dropped_junk += 1
        return None

    def _binding(self, data: bytes, message: Message, address: Address, now: float) -> bytes | None:
        """A plain Binding: the mapped address."""
        mapped = stun.pack_xor_address(address, message.transaction)
        unknown = message.unknown(KNOWN_IN_BINDING)
        if unknown:
            answer = _error(message, UNKNOWN_ATTRIBUTE, _unknown_attributes(unknown))
        else:
            attributes = [(int(Attribute.XOR_MAPPED_ADDRESS), mapped)]
            answer = stun.build(Method.BINDING, Kind.SUCCESS, message.transaction, attributes)
        return self._unsigned(data, answer, address, self.bindings, now)

    def _unsigned(
        self, data: bytes, answer: bytes, address: Address, limiter: limits.SourceLimiter, now: float
    ) -> bytes | None:
        """`answer` if its network has not had too many and it is small enough, else None."""
        if not limits.small_enough(data, answer, address) or not limiter.admit(address, now):
            self.counters.throttled += 1
            return None
        if limiter is self.bindings:
            self.counters.bindings += 1
        else:
            self.counters.challenges += 1
        return answer

    def _signed(self, data: bytes, message: Message, source: K, address: Address, now: float) -> bytes | None:
        """A request that needs a credential."""
        verdict = self._authenticate(message, source, address, now)
        if isinstance(verdict, int):
            if self.challenges.exhausted(address, now):
                self.counters.throttled += 1
                return None
            challenge = [] if verdict == BAD_REQUEST else self._challenge(address)
            answer = _error(message, verdict, challenge)
            return self._unsigned(data, answer, address, self.challenges, now)
        try:
            unknown = message.unknown(KNOWN)
            if unknown:
                raise RefusedError(UNKNOWN_ATTRIBUTE, _unknown_attributes(unknown))
            attributes = _HANDLERS[message.method](self, verdict)
        except StunError:
            return self._refuse(verdict, RefusedError(BAD_REQUEST))
        except RefusedError as refusal:
            return self._refuse(verdict, refusal)
        return stun.build(message.method, Kind.SUCCESS, message.transaction, attributes, key=verdict.key)

    def _authenticate(self, message: Message, source: K, address: Address, now: float) -> Request[K] | int:
        """The request if it is signed by a credential that is good, else the code of the refusal."""
        if not message.integrity:
            return UNAUTHORISED
        raw, nonce = message.get(Attribute.USERNAME), message.get(Attribute.NONCE)
        if raw is None or nonce is None or message.get(Attribute.REALM) is None:
            return BAD_REQUEST
        wall = self.wall()
        if not self.authority.fresh(nonce, address, wall):
            return STALE_NONCE
        username = raw.decode("utf-8", "replace")
        user = read_username(username)
        if user is None:
            return UNAUTHORISED
        held = self.table.held_as(user)
        mine = held is not None and held.username == username
        # A call may outlast its credential: a leg that lives may be kept and moved, only a new one needs a
        # fresh one.
        if user.expiry <= wall and not mine:
            return UNAUTHORISED
        key = held.key if held is not None and mine else self.authority.key(username)
        if not message.authentic(key):
            return UNAUTHORISED
        return Request(message, source, address, username, user, key, now)

    def _challenge(self, address: Address) -> Attributes:
        """REALM and a new NONCE."""
        return [
            (Attribute.REALM, self.authority.realm.encode()),
            (Attribute.NONCE, self.authority.nonce(address, self.wall())),
        ]

    def _refuse(self, request: Request[K], refusal: RefusedError) -> bytes:
        """A signed error answer."""
        self.counters.refused += 1
        return _error(request.message, refusal.code, refusal.attributes, key=request.key)

    def allocate(self, request: Request[K]) -> Attributes:
        """A new leg, or the leg that this `usuario` held at another address."""
        self._check_transport(request)
        held = self.table.held_by(request.source)
        if held is not None:
            if (held.username, held.transaction) != (request.username, request.message.transaction):
                raise RefusedError(MISMATCH)
            return _granted(held, request)
        leg = self.table.held_as(request.user)
        if leg is not None and leg.username == request.username:
            self.table.move(leg, request.source, request.address, request.now)
            self.counters.moved += 1
        else:
            leg = self._new_leg(request, leg)
        leg.transaction = request.message.transaction
        return _granted(leg, request)

    def _check_transport(self, request: Request[K]) -> None:
        """Only UDP, and only the family that the client itself uses."""
        transport = request.message.get(Attribute.REQUESTED_TRANSPORT)
        if transport is None or len(transport) != 4:
            raise RefusedError(BAD_REQUEST)
        if transport[0] != stun.UDP_TRANSPORT:
            raise RefusedError(WRONG_TRANSPORT)
        family = request.message.get(Attribute.REQUESTED_ADDRESS_FAMILY)
        if family is not None and family[:1] != _FAMILIES[6 if ":" in request.address[0] else 4]:
            raise RefusedError(WRONG_FAMILY)

    def _new_leg(self, request: Request[K], replaced: Leg[K] | None) -> Leg[K]:
        """Allocate; a leg of an older credential for the same place in the call gives way."""
        if replaced is not None:
            self.table.end(replaced)
        host = self.host_for(request.source)
        try:
            leg = self.table.add(
                request.username,
                request.user,
                request.source,
                request.address,
                host,
                request.key,
                request.now,
            )
        except TableFull:
            raise RefusedError(FULL) from None
        self.counters.allocated += 1
        return leg

    def _leg_of(self, request: Request[K]) -> Leg[K]:
        """The allocation that the request speaks about."""
        leg = self.table.held_by(request.source)
        if leg is None:
            raise RefusedError(MISMATCH)
        if leg.username != request.username:
            raise RefusedError(WRONG_USER)
        return leg

    def refresh(self, request: Request[K]) -> Attributes:
        """Another `LIFETIME` seconds, or the end when the client asks for 0."""
        leg = self._leg_of(request)
        if request.message.number(Attribute.LIFETIME) == 0:
            self.table.end(leg)
            self.counters.ended += 1
            return [(Attribute.LIFETIME, stun.pack_number(0))]
        self.table.refresh(leg, request.now)
        return [(Attribute.LIFETIME, stun.pack_number(limits.LIFETIME))]

    def channel_bind(self, request: Request[K]) -> Attributes:
        """Channel 4000 towards the other leg of the same call, and nothing else."""
        leg = self._leg_of(request)
        channel = request.message.channel()
        peer = request.message.address(Attribute.XOR_PEER_ADDRESS)
        if channel != stun.CHANNEL or peer is None:
            raise RefusedError(BAD_REQUEST)
        if not self.table.bind(leg, stun.normalised(peer)):
            raise RefusedError(FORBIDDEN)
        return []

    def create_permission(self, request: Request[K]) -> Attributes:
        """Always 403: a permission would reach an address that did not ask for it."""
        self._leg_of(request)
        raise RefusedError(FORBIDDEN)

    def expire(self, now: float) -> None:
        """Let go of allocations whose time is over; to be called about once a second."""
        self.counters.expired += self.table.expire(now)
        self.counters.legs = len(self.table)


def _granted(leg: Leg[K], request: Request[K]) -> Attributes:
    """The attributes of a successful Allocate."""
    transaction = request.message.transaction
    return [
        (Attribute.XOR_RELAYED_ADDRESS, stun.pack_xor_address(leg.relayed, transaction)),
        (Attribute.LIFETIME, stun.pack_number(limits.LIFETIME)),
        (Attribute.XOR_MAPPED_ADDRESS, stun.pack_xor_address(request.address, transaction)),
    ]


def _unknown_attributes(types: tuple[int, ...]) -> Attributes:
    """UNKNOWN-ATTRIBUTES."""
    return [(Attribute.UNKNOWN_ATTRIBUTES, struct.pack(f"!{len(types)}H", *types))]


def _error(message: Message, code: int, attributes: Attributes, key: bytes | None = None) -> bytes:
    """An error answer without a reason phrase."""
    everything = [(int(Attribute.ERROR_CODE), stun.pack_error(code)), *attributes]
    return stun.build(message.method, Kind.ERROR, message.transaction, everything, key=key)


_HANDLERS: dict[int, Callable[[RelayServer[K], Request[K]], Attributes]] = {
    Method.ALLOCATE: RelayServer.allocate,
    Method.REFRESH: RelayServer.refresh,
    Method.CHANNEL_BIND: RelayServer.channel_bind,
    Method.CREATE_PERMISSION: RelayServer.create_permission,
}
