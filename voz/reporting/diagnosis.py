"""What is wrong with a call and on whose side: rules over its figures, as a table; pure.

The one truth about it: the bars and the words of a screen, the report at the end and `--json` are all made of
these findings. They are codes, the gravest first; sentences belong to whoever shows them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from math import inf

from voz.stats import Finding, Severity, Side, Snapshot


@dataclass(frozen=True, slots=True)
class Look:
    """A call as a rule sees it: from its start on, and its last seconds (counts of that stretch alone)."""

    call: Snapshot
    recent: Snapshot


@dataclass(frozen=True, slots=True)
class Rule:
    """One thing that can be wrong: its code, whose it is, how much of it there is, and from which amount on
    it is noticed (`fair`) and hard to bear (`poor`)."""

    code: str
    side: Side
    amount: Callable[[Look], float]
    fair: float
    poor: float = inf

    def judge(self, look: Look) -> Finding | None:
        """What this rule finds, if anything."""
        amount = self.amount(look)
        if amount < self.fair:
            return None
        return Finding(self.code, self.side, Severity.POOR if amount >= self.poor else Severity.FAIR)


LOSS: float = 0.03
"""Loss from which on it is heard, or costs delay …"""
GRAVE_LOSS: float = 0.15
"""… and from which on words are missing."""
JITTER_MS: float = 30.0
"""Jitter that makes the buffer long …"""
GRAVE_JITTER_MS: float = 120.0
"""… and more than the buffer can even out well."""
LONG_TRIP_MS: float = 350.0
"""A round trip that makes people interrupt each other …"""
GRAVE_TRIP_MS: float = 700.0
"""… and one with which they must take turns."""
SETTLED: float = 2.5
"""Seconds of a call after which its figures hold nothing more of the first one, in which devices open and a
screen changes: that a computer is busy then is no trouble of the call."""
BUSY: float = 0.7
"""Share of a core from which on our computer is too slow …"""
GRAVE_BUSY: float = 0.95
"""… and from which on frames come too late."""
LATE_MS: float = 60.0
"""A tick of the clock so late that the device runs dry …"""
GRAVE_LATE_MS: float = 200.0
"""… and so late that a syllable is missing."""
CHEAPEST: int = 3
"""A complexity of the codec that is chosen by a computer in need."""
CONCEALED: float = 0.03
"""Share of what is heard that may be made up …"""
GRAVE_CONCEALED: float = 0.12
"""… and from which on words are missing."""
GLITCHES: float = 0.2
"""Gaps a second in the sound of the devices …"""
GRAVE_GLITCHES: float = 2.0
"""… and so many that everything sounds chopped."""
SOFT: float = 0.003
"""A level (0 to 1) that no voice stays below."""


def _both_lose(look: Look) -> bool:
    return min(look.call.sent.loss, look.call.received.loss) >= LOSS


def _lost_both_ways(look: Look) -> float:
    return max(look.call.sent.loss, look.call.received.loss) if _both_lose(look) else 0.0


def _lost_on_the_way_in(look: Look) -> float:
    return 0.0 if _both_lose(look) else look.call.received.loss


def _lost_on_the_way_out(look: Look) -> float:
    return 0.0 if _both_lose(look) else look.call.sent.loss


def _nothing_arrives(look: Look) -> float:
    return float(look.recent.seconds > 3 and look.recent.received.packets == 0)


def _slow(look: Look) -> float:
    sound = look.call.sound
    return max(_settled(look, sound.cpu), BUSY if sound.complexity <= CHEAPEST else 0.0)


def _late(look: Look) -> float:
    return _settled(look, look.call.sound.late_ticks_ms)


def _settled(look: Look, amount: float) -> float:
    return amount if look.call.seconds > SETTLED else 0.0


def _glitches(look: Look) -> float:
    seconds, sound = look.recent.seconds, look.recent.sound
    return (sound.underruns + sound.overruns) / seconds if seconds > 3 else 0.0


def _our_jitter(look: Look) -> float:
    return min(look.call.received.jitter_ms, look.call.sent.jitter_ms)


def _their_jitter(look: Look) -> float:
    return look.call.received.jitter_ms if look.call.sent.jitter_ms < JITTER_MS else 0.0


def _their_discards(look: Look) -> float:
    sent = look.call.sent
    steady = sent.loss < LOSS and sent.jitter_ms < JITTER_MS
    return look.call.their_discards if steady else 0.0


def _soft(look: Look) -> float:
    call = look.call
    return float(call.seconds > 10 and not call.muted and call.level_in_highest < SOFT)


def _soft_there(look: Look) -> float:
    call = look.call
    return float(call.seconds > 10 and call.received.packets > 50 and call.level_out_highest < SOFT)


RULES: tuple[Rule, ...] = (
    Rule("nada-chega", Side.LINE, _nothing_arrives, 1.0, 1.0),
    Rule("computador-lento", Side.OUR_COMPUTER, _slow, BUSY, GRAVE_BUSY),
    Rule(
        "computador-atrasa",
        Side.OUR_COMPUTER,
        _late,
        LATE_MS,
        GRAVE_LATE_MS,
    ),
    Rule("som-engasga", Side.OUR_COMPUTER, _glitches, GLITCHES, GRAVE_GLITCHES),
    Rule("perda-dos-dois-lados", Side.OUR_NETWORK, _lost_both_ways, LOSS, GRAVE_LOSS),
    Rule("perda-na-chegada", Side.THEIR_NETWORK, _lost_on_the_way_in, LOSS, GRAVE_LOSS),
    Rule("perda-no-envio", Side.OUR_NETWORK, _lost_on_the_way_out, LOSS, GRAVE_LOSS),
    Rule("linha-cheia", Side.OUR_NETWORK, lambda look: float(look.call.line_full), 1.0),
    Rule("atraso-variavel-nosso", Side.OUR_NETWORK, _our_jitter, JITTER_MS, GRAVE_JITTER_MS),
    Rule("atraso-variavel-deles", Side.THEIR_NETWORK, _their_jitter, JITTER_MS, GRAVE_JITTER_MS),
    Rule("longe", Side.LINE, lambda look: look.call.round_trip_ms or 0.0, LONG_TRIP_MS, GRAVE_TRIP_MS),
    Rule("som-falta", Side.LINE, lambda look: look.recent.played.concealed_share, CONCEALED, GRAVE_CONCEALED),
    Rule("eles-nao-acompanham", Side.THEIR_COMPUTER, _their_discards, LOSS, GRAVE_LOSS),
    Rule("microfone-baixo", Side.MICROPHONE, _soft, 1.0),
    Rule("microfone-deles-baixo", Side.THEIR_MICROPHONE, _soft_there, 1.0),
)


def diagnose(call: Snapshot, recent: Snapshot | None = None) -> tuple[Finding, ...]:
    """What is wrong, the gravest first and otherwise in the table's order; empty if nothing is. `recent` is
    the last stretch of the call by itself; without it the whole call is judged."""
    look = Look(call, call if recent is None else recent)
    found = [finding for rule in RULES if (finding := rule.judge(look)) is not None]
    return gravest_first(found)


def gravest_first(found: list[Finding]) -> tuple[Finding, ...]:
    """In the order of telling."""
    return tuple(sorted(found, key=lambda finding: -finding.severity))


def stretch(earlier: Snapshot, now: Snapshot) -> Snapshot:
    """What the rules ask of the time between two snapshots: its seconds and counts, with the figures of
    `now` that are no counts."""
    played, before = now.played, earlier.played
    return replace(
        now,
        seconds=now.seconds - earlier.seconds,
        received=replace(now.received, packets=now.received.packets - earlier.received.packets),
        played=replace(
            played,
            frames=played.frames - before.frames,
            copies=played.copies - before.copies,
            recovered=played.recovered - before.recovered,
            concealed=played.concealed - before.concealed,
            silence=played.silence - before.silence,
        ),
        sound=replace(
            now.sound,
            underruns=now.sound.underruns - earlier.sound.underruns,
            overruns=now.sound.overruns - earlier.sound.overruns,
        ),
    )
