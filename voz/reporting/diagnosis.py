"""What is wrong with a call and on whose side: rules over a snapshot, as a table; pure.

The findings are codes, the gravest first; sentences belong to whoever shows them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from voz.stats import Snapshot


class Side(Enum):
    """Where the trouble is."""

    THEIR_NETWORK = "rede-deles"
    OUR_NETWORK = "rede-nossa"
    OUR_COMPUTER = "computador-nosso"
    THEIR_COMPUTER = "computador-deles"
    MICROPHONE = "microfone"
    THEIR_MICROPHONE = "microfone-deles"
    LINE = "linha"


@dataclass(frozen=True, slots=True)
class Rule:
    """One thing that can be wrong: its code, whose it is, and how a snapshot shows it."""

    code: str
    side: Side
    holds: Callable[[Snapshot], bool]


LOSS: float = 0.03
"""Loss from which on it is heard, or costs delay."""
JITTER_MS: float = 30.0
"""Jitter that makes the buffer long."""
LONG_TRIP_MS: float = 350.0
"""A round trip that makes people interrupt each other."""
BUSY: float = 0.7
"""Share of a core from which on our computer is too slow."""
_CONCEALED: float = 0.03


def _both_lose(snapshot: Snapshot) -> bool:
    return snapshot.sent.loss >= LOSS and snapshot.received.loss >= LOSS


RULES: tuple[Rule, ...] = (
    Rule("nada-chega", Side.LINE, lambda s: s.seconds > 3 and s.received.packets == 0),
    Rule(
        "computador-lento",
        Side.OUR_COMPUTER,
        lambda s: s.sound.cpu > BUSY or s.sound.complexity <= 3,
    ),
    Rule(
        "som-engasga",
        Side.OUR_COMPUTER,
        lambda s: s.seconds > 3 and (s.sound.underruns + s.sound.overruns) / s.seconds > 0.2,
    ),
    Rule("perda-dos-dois-lados", Side.OUR_NETWORK, _both_lose),
    Rule(
        "perda-na-chegada",
        Side.THEIR_NETWORK,
        lambda s: s.received.loss >= LOSS and not _both_lose(s),
    ),
    Rule("perda-no-envio", Side.OUR_NETWORK, lambda s: s.sent.loss >= LOSS and not _both_lose(s)),
    Rule("linha-cheia", Side.OUR_NETWORK, lambda s: s.line_full),
    Rule(
        "atraso-variavel-nosso",
        Side.OUR_NETWORK,
        lambda s: s.received.jitter_ms >= JITTER_MS and s.sent.jitter_ms >= JITTER_MS,
    ),
    Rule(
        "atraso-variavel-deles",
        Side.THEIR_NETWORK,
        lambda s: s.received.jitter_ms >= JITTER_MS > s.sent.jitter_ms,
    ),
    Rule("longe", Side.LINE, lambda s: s.round_trip_ms is not None and s.round_trip_ms >= LONG_TRIP_MS),
    Rule("som-falta", Side.LINE, lambda s: s.played.concealed_share >= _CONCEALED),
    Rule(
        "eles-nao-acompanham",
        Side.THEIR_COMPUTER,
        lambda s: s.their_discards >= LOSS and s.sent.loss < LOSS and s.sent.jitter_ms < JITTER_MS,
    ),
    Rule(
        "microfone-baixo",
        Side.MICROPHONE,
        lambda s: s.seconds > 10 and not s.muted and s.level_in_highest < 0.003,
    ),
    Rule(
        "microfone-deles-baixo",
        Side.THEIR_MICROPHONE,
        lambda s: s.seconds > 10 and s.received.packets > 50 and s.level_out_highest < 0.003,
    ),
)


def diagnose(snapshot: Snapshot) -> tuple[Rule, ...]:
    """The rules that hold, the gravest first; empty if nothing is wrong."""
    return tuple(rule for rule in RULES if rule.holds(snapshot))


def findings(snapshot: Snapshot) -> tuple[str, ...]:
    """Their codes."""
    return tuple(rule.code for rule in diagnose(snapshot))
