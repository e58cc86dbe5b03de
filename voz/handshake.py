"""The keys of a call, end to end (wire contract, section 5): commitment, signatures, key schedule. Pure;
`now` is given.

Both sides are small objects that are used once and forget their ephemeral key as soon as the secrets
are made:

    caller = Caller(me, signing_key, peer, now)
    caller.invitation            -- CONVITE -->         callee = Callee(me, key, peer, invitation, now, seen)
                             <-- CONVITE-ACEITO --      callee.accept()
    caller.open(acceptance)      -- CHAVE -->           callee.finish(opening)

`me` and `peer` hold canonical names and long-term Ed25519 public keys; the peer's key is the pinned one.
"""

import hashlib
import os
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from voz.words import words_of

CALL_ID_SIZE = 16
CLOCK_TOLERANCE = 120
"""Seconds by which the two clocks may differ."""

_SUITE = b"AES_CM_128_HMAC_SHA1_80"
_MASTER_KEY, _MASTER_SALT, _SSRC, _STUN_KEY, _RESERVED = 16, 14, 4, 32, 40
_OKM_SIZE = 2 * (_MASTER_KEY + _MASTER_SALT) + 2 * _SSRC + _STUN_KEY + _RESERVED
_SAS_SIZE, _SAS_WORDS = 8, 3


class HandshakeError(Exception):
    """The call could not be secured."""


class BadSignatureError(HandshakeError):
    """A signature is not that of the key this name is known by: somebody may be in the middle."""


class WrongCommitmentError(HandshakeError):
    """The caller's key is not the one it promised when it called: somebody may be in the middle."""


class ReplayedCallError(HandshakeError):
    """This invitation was already seen: somebody repeats an old one."""


class WrongClockError(HandshakeError):
    """The clocks of the two computers differ by more than two minutes."""


class WeakKeyError(HandshakeError):
    """The other side sent a key that hides nothing."""


class OutOfStepError(HandshakeError):
    """A step of the call's key exchange came twice, or in the wrong order."""


@dataclass(frozen=True, slots=True)
class Party:
    """One end of a call: its canonical name and its long-term Ed25519 public key (32 bytes)."""

    name: str
    key: bytes


@dataclass(frozen=True, slots=True)
class MasterKey:
    """An SRTP master key (16 bytes) and salt (14 bytes), RFC 3711."""

    key: bytes = field(repr=False)
    salt: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class CallSecrets:
    """What one side of a call works with; `words` are the three to compare aloud."""

    send: MasterKey
    receive: MasterKey
    ssrc_out: int
    ssrc_in: int
    stun_key: bytes = field(repr=False)
    words: tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Invitation:
    """What CONVITE carries: the call's id (16 bytes), the commitment (32), the caller's Unix time, its
    signature.
    """

    call_id: bytes
    commitment: bytes
    hour: int
    signature: bytes


@dataclass(frozen=True, slots=True)
class Reply:
    """What CONVITE-ACEITO and CHAVE carry: an ephemeral X25519 public key (32 bytes) and a signature."""

    ephemeral: bytes
    signature: bytes


class SeenCalls:
    """The call ids of the invitations taken lately: one that comes again is refused.

    An invitation is good for `CLOCK_TOLERANCE` on both sides of its hour, so an id is remembered twice that
    long. At most `most` are kept; only correctly signed ones get in.
    """

    def __init__(self, most: int = 1024) -> None:
        self._most = most
        self._until: dict[bytes, float] = {}

    def take(self, call_id: bytes, now: float) -> None:
        """Remember this id, or raise ReplayedCallError if it is remembered already."""
        for old in [known for known, until in self._until.items() if until < now]:
            del self._until[old]
        if call_id in self._until:
            raise ReplayedCallError
        while len(self._until) >= self._most:
            del self._until[next(iter(self._until))]
        self._until[call_id] = now + 2 * CLOCK_TOLERANCE + 1


@dataclass(frozen=True, slots=True)
class _Transcript:
    """What both sides sign, step by step; `caller` is A and `callee` B."""

    call_id: bytes
    caller: Party
    callee: Party
    commitment: bytes
    hour: int

    def first(self) -> bytes:
        """Return T0."""
        return _join(
            b"sala-chamada-v1",
            _SUITE,
            self.call_id,
            self.caller.name.encode(),
            self.caller.key,
            self.callee.name.encode(),
            self.callee.key,
        )

    def _promised(self) -> bytes:
        return self.first() + _join(self.commitment, self.hour.to_bytes(8, "big"))

    def invitation(self) -> bytes:
        """Return what the caller signs in CONVITE."""
        return _join(b"sala-convite-v1") + self._promised()

    def acceptance(self, e_b: bytes) -> bytes:
        """Return what the callee signs in CONVITE-ACEITO."""
        return _join(b"sala-aceite-v1") + self._promised() + _join(e_b)

    def whole(self, e_b: bytes, e_a: bytes) -> bytes:
        """Return T, the hash of the whole exchange."""
        return hashlib.sha256(self._promised() + _join(e_b, e_a)).digest()

    def opening(self, whole: bytes) -> bytes:
        """Return what the caller signs in CHAVE."""
        return _join(b"sala-chave-v1") + whole


def _join(*parts: bytes) -> bytes:
    """Return each part after its 2-byte big-endian length (`L` of the contract)."""
    return b"".join(len(part).to_bytes(2, "big") + part for part in parts)


def commitment_of(ephemeral: bytes) -> bytes:
    """Return `c` for the caller's ephemeral public key."""
    return hashlib.sha256(_join(b"sala-compromisso-v1") + _join(ephemeral)).digest()


def _verify(party: Party, signature: bytes, message: bytes) -> None:
    try:
        Ed25519PublicKey.from_public_bytes(party.key).verify(signature, message)
    except (InvalidSignature, ValueError) as error:
        raise BadSignatureError from error


def _agree(mine: X25519PrivateKey, theirs: bytes) -> bytes:
    """Return Z; a result of nothing but zeros, or a key that is none, is refused."""
    try:
        shared = mine.exchange(X25519PublicKey.from_public_bytes(theirs))
    except ValueError as error:
        raise WeakKeyError from error
    if not any(shared):
        raise WeakKeyError
    return shared


def _expand(shared: bytes, salt: bytes, info: bytes, size: int) -> bytes:
    return HKDF(algorithm=hashes.SHA256(), length=size, salt=salt, info=info).derive(shared)


def _schedule(shared: bytes, transcript: bytes, caller: bool) -> CallSecrets:
    """Cut the key material into what the caller (or the callee) works with."""
    material = _expand(shared, transcript, b"sala-chamada-v1 chaves", _OKM_SIZE)
    sizes = (_MASTER_KEY, _MASTER_SALT, _MASTER_KEY, _MASTER_SALT, _SSRC, _SSRC, _STUN_KEY)
    parts, start = [], 0
    for size in sizes:
        parts.append(material[start : start + size])
        start += size
    ab, ba = MasterKey(parts[0], parts[1]), MasterKey(parts[2], parts[3])
    ssrc_a, ssrc_b = (int.from_bytes(part, "big") for part in parts[4:6])
    first, second, third = words_of(sas_of(shared, transcript))
    words = (first, second, third)
    if caller:
        return CallSecrets(ab, ba, ssrc_a, ssrc_b, parts[6], words)
    return CallSecrets(ba, ab, ssrc_b, ssrc_a, parts[6], words)


def sas_of(shared: bytes, transcript: bytes) -> bytes:
    """Return the three bytes of the code to compare, from Z and T."""
    return _expand(shared, transcript, b"sala-chamada-v1 sas", _SAS_SIZE)[:_SAS_WORDS]


class Caller:
    """The side that calls. `call_id` and `ephemeral` are drawn at random unless a test gives them."""

    def __init__(
        self,
        me: Party,
        signing_key: Ed25519PrivateKey,
        peer: Party,
        now: float,
        *,
        call_id: bytes | None = None,
        ephemeral: X25519PrivateKey | None = None,
    ) -> None:
        self._signing_key = signing_key
        self._ephemeral: X25519PrivateKey | None = ephemeral or X25519PrivateKey.generate()
        self._public = self._ephemeral.public_key().public_bytes_raw()
        self.call_id = call_id or os.urandom(CALL_ID_SIZE)
        self._transcript = _Transcript(self.call_id, me, peer, commitment_of(self._public), int(now))

    @property
    def invitation(self) -> Invitation:
        """What CONVITE carries."""
        script = self._transcript
        signature = self._signing_key.sign(script.invitation())
        return Invitation(self.call_id, script.commitment, script.hour, signature)

    def open(self, acceptance: Reply) -> tuple[Reply, CallSecrets]:
        """Check CONVITE-ACEITO; return what CHAVE carries and the secrets.

        Works once: then the key is forgotten.
        """
        if self._ephemeral is None:
            raise OutOfStepError
        script = self._transcript
        _verify(script.callee, acceptance.signature, script.acceptance(acceptance.ephemeral))
        shared = _agree(self._ephemeral, acceptance.ephemeral)
        self.forget()
        whole = script.whole(acceptance.ephemeral, self._public)
        opening = Reply(self._public, self._signing_key.sign(script.opening(whole)))
        return opening, _schedule(shared, whole, caller=True)

    def forget(self) -> None:
        """Forget the ephemeral key: the call is over, or its secrets are made."""
        self._ephemeral = None


class Callee:
    """The side that is called. Making one checks the invitation: signature, clock, and that it is new."""

    def __init__(
        self,
        me: Party,
        signing_key: Ed25519PrivateKey,
        peer: Party,
        invitation: Invitation,
        now: float,
        seen: SeenCalls,
        *,
        ephemeral: X25519PrivateKey | None = None,
    ) -> None:
        self.call_id = invitation.call_id
        self._signing_key = signing_key
        self._transcript = _Transcript(invitation.call_id, peer, me, invitation.commitment, invitation.hour)
        _verify(peer, invitation.signature, self._transcript.invitation())
        if abs(invitation.hour - now) > CLOCK_TOLERANCE:
            raise WrongClockError
        seen.take(invitation.call_id, now)
        self._ephemeral: X25519PrivateKey | None = ephemeral or X25519PrivateKey.generate()
        self._public = self._ephemeral.public_key().public_bytes_raw()

    def accept(self) -> Reply:
        """Return what CONVITE-ACEITO carries."""
        return Reply(self._public, self._signing_key.sign(self._transcript.acceptance(self._public)))

    def finish(self, opening: Reply) -> CallSecrets:
        """Check CHAVE against the commitment and the signature; return the secrets. Works once."""
        if self._ephemeral is None:
            raise OutOfStepError
        script = self._transcript
        if commitment_of(opening.ephemeral) != script.commitment:
            raise WrongCommitmentError
        whole = script.whole(self._public, opening.ephemeral)
        _verify(script.caller, opening.signature, script.opening(whole))
        shared = _agree(self._ephemeral, opening.ephemeral)
        self.forget()
        return _schedule(shared, whole, caller=False)

    def forget(self) -> None:
        """Forget the ephemeral key: the call is over, or its secrets are made."""
        self._ephemeral = None
