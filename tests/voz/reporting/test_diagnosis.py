"""What is wrong, and on whose side, row by row."""

from __future__ import annotations

from dataclasses import replace

from twisted.trial.unittest import TestCase

from voz.reporting.course import GOOD_PART, RECENT, Course
from voz.reporting.diagnosis import RULES, diagnose
from voz.stats import Direction, Finding, Played, Severity, Side, Snapshot, Sound

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
    (replace(WELL, sound=Sound(late_ticks_ms=90.0)), ["computador-atrasa"]),
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
            self.assertEqual(codes(diagnose(snapshot)), expected)

    def test_every_rule_has_a_row(self) -> None:
        """No rule is untested, and no code is used twice."""
        known = [rule.code for rule in RULES]
        self.assertEqual(len(set(known)), len(known))
        self.assertEqual({code for _, expected in ROWS for code in expected}, set(known))

    def test_the_first_second_is_no_trouble(self) -> None:
        """A computer that is late or busy while the devices open and the screen changes is not told; one that
        still is after that, is.
        """
        for sound in (Sound(late_ticks_ms=300.0), Sound(cpu=1.0)):
            early, later = (replace(WELL, seconds=seconds, sound=sound) for seconds in (2.0, 3.0))
            self.assertEqual([(), Severity.POOR], [diagnose(early), diagnose(later)[0].severity])

    def test_gravest_first(self) -> None:
        """Where several rules hold, the table's order is kept; each names a side."""
        found = diagnose(replace(WELL, received=LOSSY, round_trip_ms=500.0))
        self.assertEqual([rule.side for rule in found], [Side.THEIR_NETWORK, Side.LINE])

    def test_a_call_that_has_not_begun(self) -> None:
        """Nothing is wrong with a call that nobody has heard yet."""
        self.assertEqual(diagnose(Snapshot()), ())

    def test_severity(self) -> None:
        """More of the same is worse: noticed first, then hard to bear; and the worse is told first."""
        for snapshot, severity in (
            (replace(WELL, received=replace(LOSSY, loss=0.04)), Severity.FAIR),
            (replace(WELL, received=replace(LOSSY, loss=0.2)), Severity.POOR),
            (replace(WELL, received=replace(LOSSY, loss=0.2), sent=replace(LOSSY, loss=0.04)), Severity.POOR),
            (replace(WELL, round_trip_ms=400.0), Severity.FAIR),
            (replace(WELL, round_trip_ms=900.0), Severity.POOR),
            (replace(WELL, sound=Sound(cpu=1.2)), Severity.POOR),
            (replace(WELL, received=Direction()), Severity.POOR),
        ):
            self.assertEqual([severity], [finding.severity for finding in diagnose(snapshot)])
        both = diagnose(replace(WELL, received=LOSSY, round_trip_ms=900.0))
        self.assertEqual(["longe", "perda-na-chegada"], codes(both))


class CourseTests(TestCase):
    """A call from second to second."""

    def course(self, *seconds: tuple[int, Snapshot]) -> Course:
        """A course of so many seconds of each; packets and frames count on."""
        course, now, packets, concealed = Course(), 0, 0, 0
        for count, snapshot in seconds:
            for _ in range(count):
                now, packets = now + 1, packets + snapshot.received.packets
                concealed += snapshot.played.concealed
                received = replace(snapshot.received, packets=packets)
                played = Played(frames=50 * now, concealed=concealed)
                course.second(replace(snapshot, seconds=float(now), received=received, played=played))
        return course

    def test_devices_that_find_their_pace(self) -> None:
        """A gap of the devices in the first second is not told in the seconds after it; a later one is."""
        second = replace(WELL, received=Direction(packets=50), played=Played())
        gap = replace(second, sound=Sound(underruns=1))
        self.assertEqual((), self.course((4, gap)).now)
        self.assertEqual(["som-engasga"], codes(self.course((1, second), (3, gap)).now))

    def test_a_hole_is_forgotten(self) -> None:
        """A second without sound is told for the next few seconds, not for the rest of a short call."""
        second = replace(WELL, received=Direction(packets=50), played=Played())
        hole = replace(second, played=Played(concealed=50))
        told = Finding("som-falta", Side.LINE, Severity.POOR)
        self.assertEqual((told,), self.course((20, second), (1, hole), (RECENT - 1, second)).now)
        self.assertEqual((), self.course((20, second), (1, hole), (RECENT, second)).now)

    def test_nothing_arrives_any_more(self) -> None:
        """Silence of the line is found though packets had come before."""
        second = replace(WELL, received=Direction(packets=50))
        silent = replace(WELL, received=Direction())
        self.assertEqual(["nada-chega"], codes(self.course((20, second), (RECENT, silent)).now))

    def test_the_whole(self) -> None:
        """What lasted belongs to the story of the call, as bad as it was for that long; a moment does not."""
        second = replace(WELL, received=Direction(packets=50))
        some, much = (replace(second, received=Direction(packets=50, loss=loss)) for loss in (0.05, 0.3))
        self.assertEqual((), self.course((100, second), (2, much)).whole())
        lasting = int(100 * GOOD_PART)
        told = Finding("perda-na-chegada", Side.THEIR_NETWORK, Severity.FAIR)
        self.assertEqual((told,), self.course((80, second), (lasting, some), (2, much)).whole())
        told = replace(told, severity=Severity.POOR)
        self.assertEqual((told,), self.course((80, second), (lasting, much)).whole())


def codes(found: tuple[Finding, ...]) -> list[str]:
    """Their codes."""
    return [finding.code for finding in found]
