"""`salaregistro-admin check`: a state directory and a running registry looked over, in sentences."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Verdict(Enum):
    """How bad it is."""

    GOOD = "certo"
    DOUBTFUL = "atenção"
    BAD = "ERRO"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at; `sentence` says what is so and, where it is not good, what to do."""

    verdict: Verdict
    sentence: str

    def __str__(self) -> str:
        return f"{self.verdict.value:<8}{self.sentence}"


def good(sentence: str) -> Finding:
    """Say that something is as it should be."""
    return Finding(Verdict.GOOD, sentence)


def doubtful(sentence: str) -> Finding:
    """Say that something works and should be looked at."""
    return Finding(Verdict.DOUBTFUL, sentence)


def bad(sentence: str) -> Finding:
    """Say that something does not work, or is not safe."""
    return Finding(Verdict.BAD, sentence)
