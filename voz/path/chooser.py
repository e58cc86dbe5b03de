"""Which path carries the voice now. Pure: facts and the time go in, a decision comes out.

Relay first; the direct path when it works; lines inside the TLS connection when UDP does not pass. A path is
left as soon as it may have died, and while that is in doubt packets go by both (the receiver drops the copy).
"""

from __future__ import annotations

from dataclasses import dataclass, field

from voz.candidates import PathKind, PathPolicy

#: Seconds of silence on the direct path: after the first, copies go by the relay; after the second it is
#: left.
DOUBT, SILENCE = 0.12, 0.4
#: A peer that says nothing sends less often: doubt and silence are at least so many times its usual gap, and
#: the gap that is believed to be usual is at most the last of these, in seconds.
DOUBT_GAPS, SILENCE_GAPS, LONGEST_GAP = 1.6, 3.2, 0.16
#: Seconds after a switch in which packets by the relay may still be on their way from before it.
GRACE = 1.0
#: Seconds for which copies go by the relay because the peer itself sent by it.
PEER_IN_DOUBT = 0.5
#: Seconds without an answer from a relay after which the lines are tried.
NO_UDP = 2.0
#: Seconds without a packet on UDP after which a peer's lines are answered with lines.
QUIET = 1.0
#: While the lines carry the voice, one packet in so many goes by UDP as well, to find out whether it passes
#: again.
SAMPLE = 10
_NEVER = -1e9


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known about the paths at one moment. `relay_unanswered` is in seconds."""

    now: float
    relay_ready: bool
    relay_unanswered: float
    direct_works: bool
    talking: bool


@dataclass(frozen=True, slots=True)
class Decision:
    """Where a packet goes: by `kind`, and copies by the others that are true. `leave_direct`: let that pair
    rest."""

    kind: PathKind
    relay_too: bool = False
    leave_direct: bool = False


@dataclass(slots=True)
class Chooser:
    """Remembers when the peer was heard by which kind of path, and judges."""

    policy: PathPolicy
    heard: dict[PathKind, float] = field(default_factory=dict)
    elsewhere: float | None = None
    direct_since: float | None = None
    unready_since: float | None = None
    talking_since: float | None = None
    _sample: int = 0
    _gap: float = 0.0

    def authenticated(self, kind: PathKind, now: float) -> None:
        """A packet of the peer came in by that kind of path; DIRECT: by the very pair that we use."""
        if kind is PathKind.DIRECT and kind in self.heard:
            self._gap = min(max(now - self.heard[kind], 0.8 * self._gap), LONGEST_GAP)
        self.heard[kind] = now

    @property
    def doubt(self) -> float:
        """Seconds of silence after which the direct path is in doubt."""
        return max(DOUBT, DOUBT_GAPS * self._gap)

    @property
    def silence(self) -> float:
        """Seconds of silence after which the direct path is left."""
        return max(SILENCE, SILENCE_GAPS * self._gap)

    def heard_elsewhere(self, now: float) -> None:
        """A packet of the peer came in directly, but by another pair than the one that we use."""
        self.elsewhere = now

    def direct_selected(self, selected: bool, now: float) -> None:
        """The checks have found a pair, another one, or lost it."""
        self.direct_since = now if selected else None
        self._gap = 0.0
        self.heard.pop(PathKind.DIRECT, None)

    def last_heard(self) -> float | None:
        """When the peer was last heard, by whatever path."""
        times = [*self.heard.values(), *([] if self.elsewhere is None else [self.elsewhere])]
        return max(times, default=None)

    def decide(self, facts: Facts) -> Decision:
        """Where voice goes now."""
        if facts.talking and self.talking_since is None:
            self.talking_since = facts.now
        if not facts.relay_ready:
            self.unready_since = facts.now if self.unready_since is None else self.unready_since
        else:
            self.unready_since = None
        if self.policy is not PathPolicy.RELAY and facts.direct_works and self.direct_since is not None:
            decision = self._direct(facts)
            if not decision.leave_direct:
                return decision
            return Decision(self._without_direct(facts).kind, leave_direct=True)
        return self._without_direct(facts)

    def _direct(self, facts: Facts) -> Decision:
        """The direct path, with copies while it is in doubt, or the advice to leave it."""
        last = self.heard.get(PathKind.DIRECT)
        since = facts.now if self.direct_since is None else self.direct_since
        by_relay = self.heard.get(PathKind.RELAY, _NEVER)
        if last is None:
            return self._not_heard_yet(facts, since, by_relay)
        silent = facts.now - last
        peer_left = facts.now - since > GRACE and by_relay > last + self.doubt
        if silent > self.silence or peer_left:
            return Decision(PathKind.DIRECT, leave_direct=True)
        peer_doubts = by_relay > since + GRACE and facts.now - by_relay < PEER_IN_DOUBT
        return Decision(PathKind.DIRECT, relay_too=facts.relay_ready and (silent > self.doubt or peer_doubts))

    def _not_heard_yet(self, facts: Facts, since: float, by_relay: float) -> Decision:
        """The peer has not been heard by our pair: it has not switched yet, or cannot. Copies go by the
        relay as long as it is heard there or nowhere; with nothing heard at all the pair is left."""
        last = self.last_heard()
        silent = facts.now - (since if last is None else max(since, last))
        if silent > GRACE and facts.relay_ready:
            return Decision(PathKind.DIRECT, leave_direct=True)
        unsure = facts.now - since < GRACE or silent > self.doubt or facts.now - by_relay < PEER_IN_DOUBT
        return Decision(PathKind.DIRECT, relay_too=facts.relay_ready and unsure)

    def follow(self, now: float) -> bool:
        """Whether to go where the peer is heard directly: our own pair has been silent, and long in use."""
        if self.direct_since is None or now - self.direct_since < GRACE:
            return False
        return now - self.heard.get(PathKind.DIRECT, _NEVER) > self.doubt

    def _without_direct(self, facts: Facts) -> Decision:
        """The relay, or else the lines."""
        relay_allowed = self.policy is not PathPolicy.DIRECT
        if relay_allowed and self._lines_wanted(facts):
            self._sample = (self._sample + 1) % SAMPLE
            return Decision(PathKind.LINES, relay_too=facts.relay_ready and self._sample == 0)
        if relay_allowed and facts.relay_ready:
            return Decision(PathKind.RELAY)
        return Decision(PathKind.NONE)

    def _lines_wanted(self, facts: Facts) -> bool:
        """Whether UDP does not pass, for us or for the peer."""
        if not facts.talking:
            return False
        by_udp = max(
            self.heard.get(PathKind.RELAY, _NEVER),
            self.heard.get(PathKind.DIRECT, _NEVER),
            _NEVER if self.elsewhere is None else self.elsewhere,
        )
        by_lines = self.heard.get(PathKind.LINES, _NEVER)
        if facts.now - by_lines < QUIET and facts.now - by_udp > QUIET:
            return True
        if facts.relay_ready or facts.relay_unanswered > NO_UDP:
            return facts.relay_unanswered > NO_UDP and facts.now - by_udp > QUIET
        # The relay answers us, but the channel is not bound: perhaps the peer has no leg there.
        since = (self.talking_since, self.unready_since)
        return all(begun is not None and facts.now - begun > NO_UDP for begun in since)
