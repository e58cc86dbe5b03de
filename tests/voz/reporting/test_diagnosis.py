"""What is wrong, and on whose side, row by row."""

from __future__ import annotations

from dataclasses import replace

from twisted.trial.unittest import TestCase

from voz.reporting.diagnosis import RULES, Side, diagnose, findings
from voz.stats import Direction, Played, Snapshot, Sound

WELL = Snapshot(
    seconds=60.0,
    path="direto",
    round_trip_ms=40.0,
    sent=Direction(packets=3000),
    received=Direction(packets=3000),
    played=Played(frames=3000),
    level_in_highest=0.2,
    level_out_highest=0.2,
)
LOSSY = Direction(packets=3000, lost=300, loss=0.1)
JITTERY = Direction(packets=3000, jitter_ms=50.0)
ROWS: list[tuple[Snapshot, list[str]]] = [
    (WELL, []),
    (replace(WELL, received=Direction()), ["nada-chega"]),
    (replace(WELL, sound=Sound(cpu=0.9)), ["computador-lento"]),
    (replace(WELL, sound=Sound(complexity=2)), ["computador-lento"]),
    (replace(WELL, sound=Sound(underruns=60)), ["som-engasga"]),
    (replace(WELL, sent=LOSSY, received=LOSSY), ["perda-dos-dois-lados"]),
    (replace(WELL, received=LOSSY), ["perda-na-chegada"]),
    (replace(WELL, sent=LOSSY), ["perda-no-envio"]),
    (replace(WELL, line_full=True), ["linha-cheia"]),
    (replace(WELL, sent=JITTERY, received=JITTERY), ["atraso-variavel-nosso"]),
    (replace(WELL, received=JITTERY), ["atraso-variavel-deles"]),
    (replace(WELL, round_trip_ms=500.0), ["longe"]),
    (replace(WELL, round_trip_ms=None), []),
    (replace(WELL, played=Played(frames=900, concealed=100)), ["som-falta"]),
    (replace(WELL, their_discards=0.2), ["eles-nao-acompanham"]),
    (replace(WELL, level_in_highest=0.0), ["microfone-baixo"]),
    (replace(WELL, level_in_highest=0.0, muted=True), []),
    (replace(WELL, level_out_highest=0.0), ["microfone-deles-baixo"]),
]


class DiagnosisTests(TestCase):
    """The table of rules."""

    def test_rows(self) -> None:
        """Each kind of trouble is found, alone, and a good call has none."""
        for snapshot, expected in ROWS:
            self.assertEqual(list(findings(snapshot)), expected)

    def test_every_rule_has_a_row(self) -> None:
        """No rule is untested, and no code is used twice."""
        codes = [rule.code for rule in RULES]
        self.assertEqual(len(set(codes)), len(codes))
        self.assertEqual({code for _, expected in ROWS for code in expected}, set(codes))

    def test_gravest_first(self) -> None:
        """Where several rules hold, the table's order is kept; each names a side."""
        found = diagnose(replace(WELL, received=LOSSY, round_trip_ms=500.0))
        self.assertEqual([rule.side for rule in found], [Side.THEIR_NETWORK, Side.LINE])

    def test_a_call_that_has_not_begun(self) -> None:
        """Nothing is wrong with a call that nobody has heard yet."""
        self.assertEqual(findings(Snapshot()), ())
