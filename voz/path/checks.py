"""The direct path: connectivity checks under the STUN key of the call, peer-reflexive addresses, nomination,
consent.

Pure: STUN messages and the time go in, checks come out through `ChecksWorld`. A pair is one of our sockets
and one address of the peer; it works when a check of ours was answered on it and a check of the peer came in
by it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from voz.candidates import Candidate, CandidateType, Role, checkable
from voz.path import check_messages
from voz.path.check_messages import UnderWay
from voz.stun import Address, Attribute, Kind, Message, Method, StunError

#: Seconds between two checks, length of a round in seconds, and the most checks of a round.
CHECK_GAP, ROUND, MOST_CHECKS = 0.05, 5.0, 100
#: Seconds between two checks of consent, and how many may go unanswered.
CONSENT_GAP, MOST_MISSES = 2.0, 3
#: A direct path that fell silent rests this long, twice as long each time, unless it has lasted meanwhile.
FIRST_REST, LONGEST_REST, LATER_GAP = 1.0, 32.0, 10.0
#: The caller leaves a pair that works for one with a better rank, or one that is faster by this much
#: (seconds).
FASTER_BY = 0.005
MOST_PAIRS = 64


class ChecksWorld(Protocol):
    """What the checks do to the world."""

    def send_check(self, socket: int, remote: Address, datagram: bytes) -> None:
        """Send this from that socket to that address."""

    def pair_selected(self, pair: Pair | None) -> None:
        """Voice may go by this pair now; None: by no pair."""


@dataclass(slots=True, eq=False)
class Pair:
    """One of our sockets, by its number, and an address of the peer. Times are None until it happened."""

    socket: int
    remote: Address
    rank: int
    answered: float | None = None
    heard: float | None = None
    round_trip: float = 0.0
    nominated: bool = False
    misses: int = 0
    consent_due: float = 0.0
    carried: bool = False

    @property
    def works(self) -> bool:
        """Whether checks passed both ways."""
        return self.answered is not None and self.heard is not None


@dataclass(slots=True)
class _Round:
    """One round of checks: what waits to be checked, and what may still be sent."""

    queue: deque[Pair] = field(default_factory=deque)
    until: float = 0.0
    left: int = 0


class Checks:
    """All pairs of one call. The owner calls `tick` about every 50 ms."""

    def __init__(self, world: ChecksWorld, role: Role, call_id: str, *, loopback_allowed: bool) -> None:
        self._world = world
        self._role = role
        self._mine = f"c:{call_id}.{role.value}".encode()
        self._theirs = f"c:{call_id}.{role.other.value}".encode()
        self._loopback_allowed = loopback_allowed
        self._key: bytes | None = None
        self._pairs: dict[tuple[int, Address], Pair] = {}
        self._asked: UnderWay[Pair] = UnderWay()
        self._round = _Round()
        self._next_check = 0.0
        self._rests = 0
        self._rests_until = 0.0
        self.selected: Pair | None = None
        self.selected_at = 0.0

    def secure(self, stun_key: bytes) -> None:
        """The key of the checks (32 bytes). Before it is known nothing is sent or believed."""
        self._key = stun_key

    @property
    def under_way(self) -> bool:
        """Whether a round has checks left to send."""
        return self._round.left > 0

    def begin(self, sockets: Iterable[tuple[int, int]], remotes: Sequence[Candidate], now: float) -> None:
        """Begin a round between our sockets, as (number, IP version), and the peer's candidates.

        While a round has checks left it is the same round: it takes what is new first, and no more checks.
        """
        best_first = sorted(remotes, key=_rank)
        fresh = [
            pair
            for candidate in best_first
            for number, version in sockets
            if (":" in candidate.address) == (version == 6)
            and (pair := self._pair(number, candidate.transport_address, _rank(candidate))) is not None
        ]
        if not self.under_way:
            self._round = _Round(deque(fresh), now + ROUND, MOST_CHECKS)
            return
        waiting = [pair for pair in self._round.queue if pair not in fresh]
        self._round.queue = deque([*fresh, *waiting])
        self._round.until = now + ROUND

    def _pair(self, socket: int, remote: Address, rank: int) -> Pair | None:
        """The pair for that address, made if need be; None for an address that is never checked."""
        known = self._pairs.get((socket, remote))
        if known is not None:
            return known
        if not checkable(remote, loopback_allowed=self._loopback_allowed) or len(self._pairs) >= MOST_PAIRS:
            return None
        pair = self._pairs[socket, remote] = Pair(socket, remote, rank)
        return pair

    def tick(self, now: float) -> None:
        """Send the check that is due, and ask for consent."""
        if self._key is None:
            return
        if self._round.left and now >= self._round.until:
            self._round.left = 0
        if now >= self._next_check:
            self._send_next(now)
        for pair in self._kept_alive():
            if now >= pair.consent_due:
                self._ask_consent(pair, now)
        # An answer that takes longer than a round is none.
        self._asked.forget(now - ROUND)
        self._review(now)

    def _send_next(self, now: float) -> None:
        """The next pair of the round that does not work yet; those not answered come round again."""
        while self._round.left and self._round.queue:
            pair = self._round.queue.popleft()
            if pair.works and pair is not self.selected:
                continue
            if pair.answered is None:
                self._round.queue.append(pair)
            self._round.left -= 1
            self._next_check = now + CHECK_GAP
            self._check(pair, now)
            return

    def _kept_alive(self) -> list[Pair]:
        """The pairs whose consent is asked for: the one in use, and those that carried voice before."""
        return [pair for pair in self._pairs.values() if pair is self.selected or pair.carried]

    def _ask_consent(self, pair: Pair, now: float) -> None:
        """Check again; a check that was not answered since the last time is a miss."""
        if self._asked.waits_for(pair):
            pair.misses += 1
            if pair.misses >= MOST_MISSES and pair is self.selected:
                self.rest(pair, now)
        resting_long = now - self._rests_until > LONGEST_REST and pair is not self.selected
        pair.consent_due = now + (LATER_GAP if resting_long else CONSENT_GAP)
        self._check(pair, now)

    def _check(self, pair: Pair, now: float) -> None:
        """Send one check; the caller nominates the pair that it uses."""
        if self._key is None:
            return
        nominate = self._role is Role.CALLER and pair is self.selected
        transaction, datagram = check_messages.request(self._mine, self._key, nominate=nominate)
        self._asked.add(transaction, pair, now)
        self._world.send_check(pair.socket, pair.remote, datagram)

    def received(self, message: Message, socket: int, remote: Address, now: float) -> None:
        """A STUN message came from that address; what is not signed with the key of the call is passed
        over."""
        if self._key is None or message.method != Method.BINDING or not message.authentic(self._key):
            return
        if message.kind is Kind.REQUEST:
            self._asked_by_peer(message, socket, remote, self._key, now)
        elif message.kind is Kind.SUCCESS:
            self._answered(message, socket, remote, now)

    def _asked_by_peer(self, message: Message, socket: int, remote: Address, key: bytes, now: float) -> None:
        """Answer a check of the peer; one that claims to be ours is refused in silence."""
        if message.get(Attribute.USERNAME) != self._theirs:
            return
        pair = self._pair(socket, remote, 1)
        if pair is None:
            return
        self._world.send_check(socket, remote, check_messages.answer(message, remote, key))
        if message.unknown(check_messages.KNOWN):
            return
        pair.heard = now
        if self._role is Role.CALLEE and message.get(Attribute.USE_CANDIDATE) is not None:
            self._nominate(pair)
        if pair.answered is None and not self._asked.waits_for(pair, now - 4 * CHECK_GAP):
            self._trigger(pair, now)
        self._review(now)

    def _nominate(self, chosen: Pair) -> None:
        """The caller wants this pair, and only this one."""
        for pair in self._pairs.values():
            pair.nominated = pair is chosen

    def _trigger(self, pair: Pair, now: float) -> None:
        """The peer reaches us by this pair: check it next, also when our own round is over."""
        if now >= self._round.until:
            self._round = _Round(until=now + ROUND, left=MOST_CHECKS)
        if not self._round.left:
            return
        if pair in self._round.queue:
            self._round.queue.remove(pair)
        self._round.queue.appendleft(pair)
        if now >= self._next_check:
            self._send_next(now)

    def _answered(self, message: Message, socket: int, remote: Address, now: float) -> None:
        """The peer answered a check: from where it was sent to, or it does not count."""
        asked = self._asked.sent(message.transaction)
        if asked is None or (asked[0].socket, asked[0].remote) != (socket, remote):
            return
        try:
            mapped = message.address(Attribute.XOR_MAPPED_ADDRESS)
        except StunError:
            return
        if mapped is None:
            return
        pair, sent = asked
        self._asked.answered(pair)
        pair.answered, pair.round_trip, pair.misses = now, now - sent, 0
        self._review(now)

    def alive(self, socket: int, remote: Address, now: float) -> None:
        """An authenticated packet of the peer came in by that pair: as good as a check of the peer."""
        pair = self._pairs.get((socket, remote))
        if pair is not None:
            pair.heard = now

    def follow(self, socket: int, remote: Address, now: float) -> None:
        """The peer sends by that pair, and no longer by ours: take it, if it works."""
        pair = self._pairs.get((socket, remote))
        if pair is not None and pair.works and self.selected is not None:
            self._select(pair, now)

    def rest(self, pair: Pair, now: float) -> None:
        """Nothing comes by this pair any more: leave the direct path, and try it again after a while."""
        if now - self.selected_at > LONGEST_REST:
            self._rests = 0
        self._rests_until = now + min(FIRST_REST * 2**self._rests, LONGEST_REST)
        self._rests += 1
        pair.answered = pair.heard = None
        pair.nominated = False
        pair.consent_due = min(pair.consent_due, self._rests_until)
        if self.selected is pair:
            self._select(None, now)

    def moved(self, now: float) -> None:
        """Our own address has changed: nothing that was found out before holds."""
        for pair in self._pairs.values():
            pair.answered = pair.heard = None
        self._asked.clear()
        self._round = _Round()
        self._rests, self._rests_until = 0, 0.0
        if self.selected is not None:
            self._select(None, now)

    def _review(self, now: float) -> None:
        """Choose among the pairs that work."""
        working = [pair for pair in self._pairs.values() if pair.works]
        if not working or now < self._rests_until:
            return
        best = min(working, key=lambda pair: (not pair.nominated, pair.rank, pair.round_trip))
        present = self.selected
        if present is None or not present.works or self._better(best, present, now):
            self._select(best, now)

    def _better(self, best: Pair, present: Pair, now: float) -> bool:
        """Whether to leave the present pair for the best one: the callee obeys, the caller judges in its
        round."""
        if self._role is Role.CALLEE:
            return best.nominated and best is not present
        if now >= self._round.until:
            return False
        return best.rank < present.rank or best.round_trip + FASTER_BY < present.round_trip

    def _select(self, pair: Pair | None, now: float) -> None:
        """Use this pair from now on; the caller tells the callee at once."""
        if pair is self.selected:
            return
        self.selected, self.selected_at = pair, now
        if pair is not None:
            pair.carried = True
            pair.consent_due = now + CONSENT_GAP
            if self._role is Role.CALLER:
                self._check(pair, now)
        self._world.pair_selected(pair)


def _rank(candidate: Candidate) -> int:
    """Lower is better: an address in one network before the outer side of a NAT."""
    return 0 if candidate.kind is CandidateType.HOST else 1
