"""One STUN request that is repeated until somebody answers, and the credential it is signed with. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from voz import stun
from voz.stun import Attribute, Kind, Message

#: Seconds until the first repetition, and the longest wait between two: a voice call cannot wait for the
#: half second that RFC 8489 begins with, and the rate stays at three small datagrams a second.
FIRST_WAIT, LONGEST_WAIT = 0.1, 0.3
#: Challenges in a row after which the credential is taken to be wrong.
MOST_CHALLENGES = 3

Attributes = list[tuple[int, bytes]]


@dataclass(slots=True)
class Credential:
    """The long-term credential of RFC 8489 section 9.2, as far as the relay has told us its realm and
    nonce."""

    username: str
    password: str = field(repr=False)
    realm: bytes = b""
    nonce: bytes = b""
    challenges: int = 0

    @property
    def key(self) -> bytes | None:
        """The key of MESSAGE-INTEGRITY, or None before the first challenge."""
        if not self.nonce:
            return None
        realm = self.realm.decode("utf-8", "replace")
        return stun.long_term_key(self.username, realm, self.password)

    def attributes(self) -> Attributes:
        """USERNAME, REALM and NONCE; nothing before the first challenge."""
        if not self.nonce:
            return []
        return [
            (Attribute.USERNAME, self.username.encode()),
            (Attribute.REALM, self.realm),
            (Attribute.NONCE, self.nonce),
        ]

    def challenged(self, message: Message) -> bool:
        """Learn from a 401 or 438; False when the relay goes on refusing, or says nothing to learn."""
        nonce = message.get(Attribute.NONCE)
        self.challenges += 1
        if not nonce or self.challenges > MOST_CHALLENGES:
            return False
        self.realm, self.nonce = message.get(Attribute.REALM) or self.realm, nonce
        return True


@dataclass(slots=True)
class Exchange:
    """A request under way. `attributes` makes what it says for a transaction id; `begun` is when it was first
    sent, `due` when it is sent next, `transaction` the id that its answer must carry."""

    method: int
    attributes: Callable[[bytes], Attributes]
    begun: float
    due: float = 0.0
    wait: float = FIRST_WAIT
    transaction: bytes = field(default_factory=stun.new_transaction)

    def datagram(self, now: float, credential: Credential | None) -> bytes | None:
        """The bytes to send now, or None while it is not time yet."""
        if now < self.due:
            return None
        self.due = now + self.wait
        self.wait = min(2 * self.wait, LONGEST_WAIT)
        said = self.attributes(self.transaction)
        if credential is None:
            return stun.build(self.method, Kind.REQUEST, self.transaction, said)
        return stun.build(
            self.method,
            Kind.REQUEST,
            self.transaction,
            [*said, *credential.attributes()],
            key=credential.key,
            fingerprint=credential.key is not None,
        )

    def again(self, now: float) -> None:
        """Ask anew, at once and under a new id: something that the request says has changed."""
        self.transaction = stun.new_transaction()
        self.due, self.wait = now, FIRST_WAIT

    def unanswered(self, now: float) -> float:
        """Seconds for which nobody has answered."""
        return now - self.begun
