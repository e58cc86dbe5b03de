"""What a conversation warns of, as codes (the texts belong to whoever shows them), and when it does; pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

MIC_FAILED = "microfone-falhou"
"""The microphone cannot be opened, or vanished and there is no other: silence is sent."""
MIC_CHANGED = "microfone-trocado"
"""The microphone vanished; another one took over."""
MIC_BACK = "microfone-voltou"
"""The microphone that was chosen is in use again."""
SPEAKER_FAILED = "alto-falante-falhou"
"""The loudspeaker cannot be opened, or vanished and there is no other: nothing is heard."""
SPEAKER_CHANGED = "alto-falante-trocado"
"""The loudspeaker vanished; another one took over."""
SPEAKER_BACK = "alto-falante-voltou"
"""The loudspeaker that was chosen is in use again."""
RECORDING_STOPPED = "gravacao-parou"
"""The file that takes what is heard cannot be written any more."""
MUTED_TALKING = "mudo-falando"
"""Our side is muted and somebody talks into the microphone."""
MIC_DEAD = "microfone-sem-sinal"
"""The microphone gives nothing but zeros: switched off, or refused by the system."""
NOTHING_ARRIVES = "nada-chega"
"""No packet arrives: the line."""
ONLY_SILENCE = "so-silencio"
"""Packets arrive and hold nothing but silence: the other side's microphone."""
ECHO_MISSING = "sem-cancelador"
"""The echo canceller's library is missing; headphones are advised."""

ALL: frozenset[str] = frozenset(
    {
        MIC_FAILED,
        MIC_CHANGED,
        MIC_BACK,
        SPEAKER_FAILED,
        SPEAKER_CHANGED,
        SPEAKER_BACK,
        RECORDING_STOPPED,
        MUTED_TALKING,
        MIC_DEAD,
        NOTHING_ARRIVES,
        ONLY_SILENCE,
        ECHO_MISSING,
    }
)
AGAIN_AFTER: float = 30.0
"""Seconds until the same warning may come again."""
LOUD: float = 0.01
"""A level that somebody who talks reaches (-40 dB of full scale)."""


@dataclass(frozen=True, slots=True)
class Second:
    """What one second was like: the highest levels (0 to 1), packets that came, and whether we are muted."""

    level_in: float
    level_out: float
    packets: int
    muted: bool


@dataclass(frozen=True, slots=True)
class _Rule:
    code: str
    seconds: int

    def holds(self, second: Second) -> bool:
        return _CONDITIONS[self.code](second)


_CONDITIONS: dict[str, Callable[[Second], bool]] = {
    MUTED_TALKING: lambda second: second.muted and second.level_in >= LOUD,
    MIC_DEAD: lambda second: second.level_in == 0.0,
    NOTHING_ARRIVES: lambda second: second.packets == 0,
    ONLY_SILENCE: lambda second: second.packets > 0 and second.level_out < LOUD / 20,
}
_RULES: tuple[_Rule, ...] = (
    _Rule(MUTED_TALKING, 2),
    _Rule(MIC_DEAD, 5),
    _Rule(NOTHING_ARRIVES, 3),
    _Rule(ONLY_SILENCE, 12),
)


class Watch:
    """Finds what is wrong from one second after the other."""

    def __init__(self) -> None:
        self._running = {rule.code: 0 for rule in _RULES}
        self._told: dict[str, float] = {}

    def second(self, second: Second, now: float) -> tuple[str, ...]:
        """The warnings that are due after this second."""
        return tuple(rule.code for rule in _RULES if self._due(rule, second, now))

    def _due(self, rule: _Rule, second: Second, now: float) -> bool:
        running = self._running[rule.code] + 1 if rule.holds(second) else 0
        self._running[rule.code] = running
        if running < rule.seconds or now - self._told.get(rule.code, -AGAIN_AFTER) < AGAIN_AFTER:
            return False
        self._told[rule.code] = now
        return True
