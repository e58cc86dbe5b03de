"""The view state in words, without a window."""

from __future__ import annotations

import os
import time
from dataclasses import replace

from twisted.trial.unittest import SynchronousTestCase

from kivy_client.i18n import tr
from kivy_client.screens import phrases
from kivy_client.session.state import (
    CallView,
    ConnectionView,
    EndedCall,
    HistoryEntry,
    PathView,
    Person,
    Problem,
    QualityView,
)
from kivy_client.session.vocabulary import (
    CallPhase,
    Caution,
    Direction,
    EndCause,
    HistoryKind,
    Link,
    Path,
    Presence,
    QualityCause,
    Side,
    Trouble,
)
from kivy_client.theme.icons import ICONS

NOON = 1_790_080_000.0
UNSAID = {EndCause.CROSSED}
"""Ends that are never shown."""


def ended(cause: EndCause, **more: object) -> EndedCall:
    """A call to Ana that ended so."""
    call = EndedCall(1, "ana", Direction.OUTGOING, cause, "", NOON, 0.0, True)
    return replace(call, **more)  # type: ignore[arg-type]  # the caller names fields of EndedCall


class PhraseTestCase(SynchronousTestCase):
    """Portuguese, in UTC."""

    def setUp(self) -> None:
        """Fix the language and the time zone."""
        tr.switch("pt_BR")
        self.addCleanup(tr.switch, "pt_BR")
        self.patch(os, "environ", os.environ | {"TZ": "UTC"})
        os.putenv("TZ", "UTC")
        time.tzset()


class CompletenessTests(PhraseTestCase):
    """Every value of the vocabulary has its words."""

    def test_ends_differ(self) -> None:
        """Each end has a sentence of its own and an icon that exists."""
        shown = [cause for cause in EndCause if cause not in UNSAID]
        sentences = [phrases.ended(ended(cause)) for cause in shown]
        self.assertEqual(len(set(sentences)), len(shown))
        for cause in shown:
            self.assertIn(phrases.ended_icon(ended(cause)), ICONS)

    def test_presences(self) -> None:
        """Each presence has an icon, a colour and a word, all different from the others' words."""
        marks = [phrases.presence(Person("ana", presence)) for presence in Presence]
        self.assertEqual(len({mark.word for mark in marks}), len(Presence))
        self.assertLessEqual({mark.icon for mark in marks}, ICONS.keys())

    def test_troubles(self) -> None:
        """Each trouble but none has a sentence."""
        for trouble in Trouble:
            sentence = phrases.trouble(ConnectionView(trouble=trouble))
            self.assertEqual(bool(sentence), trouble is not Trouble.NONE, trouble)

    def test_cautions(self) -> None:
        """Each warning but the unknown has a sentence."""
        call = CallView(CallPhase.TALKING, Direction.OUTGOING, "ana", NOON)
        for warning in Caution:
            said = phrases.caution(replace(call, warnings=(warning,)))
            self.assertEqual(bool(said), warning is not Caution.OTHER, warning)

    def test_phases_and_paths(self) -> None:
        """Each phase and each path has its words."""
        for phase in CallPhase:
            self.assertTrue(phrases.phase(CallView(phase, Direction.INCOMING, "ana", NOON)))
        for path in Path:
            self.assertTrue(phrases.path(PathView(path)))
            self.assertTrue(phrases.path_help(PathView(path)))

    def test_what_the_other_side_sees(self) -> None:
        """By the relay our address is said to be unseen only when the other side was not told it."""
        unseen = "o outro lado não vê o seu endereço"
        self.assertIn(unseen, phrases.path_help(PathView(Path.RELAY)))
        self.assertNotIn(unseen, phrases.path_help(PathView(Path.RELAY, revealed=("192.0.2.7",))))

    def test_quality(self) -> None:
        """Bars, cause and side become one sentence; no cause, no colon."""
        self.assertEqual(phrases.quality(QualityView(), "ana"), "Som bom")
        for cause in QualityCause:
            for side in Side:
                said = phrases.quality(QualityView(1, cause, side), "ana")
                self.assertEqual(":" in said, cause is not QualityCause.NONE)
                self.assertNotIn("{", said)


class TimeTests(PhraseTestCase):
    """Durations and moments."""

    def test_clock(self) -> None:
        """Minutes and seconds; hours only where there are any."""
        cases = ((0, "0:00"), (59.9, "0:59"), (61, "1:01"), (3725, "1:02:05"), (-3, "0:00"))
        for seconds, text in cases:
            self.assertEqual(phrases.clock(seconds), text)

    def test_length(self) -> None:
        """A duration beside an hour has its units, and is not broken."""
        cases = ((7, "7 s"), (65, "1 min 05 s"), (3725, "1 h 02 min"))
        for seconds, text in cases:
            self.assertEqual(phrases.length(seconds).replace("\u00a0", " "), text)
            self.assertNotIn(" ", phrases.length(seconds))

    def test_when(self) -> None:
        """Today by the hour, yesterday by the word, before by the date, another year with the year."""
        day = 86400.0
        cases = (
            (0, "12:26"),
            (day, "ontem, 12:26"),
            (3 * day, "19/09,\u00a012:26"),
            (400 * day, "18/08/2025,\u00a012:26"),
        )
        for ago, text in cases:
            self.assertEqual(phrases.when(NOON - ago, NOON), text)


class LineTests(PhraseTestCase):
    """Lines of lists and banners."""

    def test_history(self) -> None:
        """A conversation shows its time, a call that came to nothing why, a missed one only when."""
        talked = HistoryEntry(1, HistoryKind.MADE, "ana", NOON, EndCause.HUNG_UP_HERE, 65)
        busy = HistoryEntry(2, HistoryKind.MADE, "ana", NOON, EndCause.BUSY)
        missed = HistoryEntry(3, HistoryKind.MISSED, "ana", NOON, EndCause.MISSED)
        self.assertEqual(phrases.history_line(talked, NOON), "Feita · 1\u00a0min\u00a005\u00a0s · 12:26")
        self.assertEqual(phrases.history_line(busy, NOON), "Feita · ocupado · 12:26")
        self.assertEqual(phrases.history_line(missed, NOON), "Perdida · 12:26")

    def test_banner_is_silent_while_all_is_well(self) -> None:
        """Online, and while the first attempt is made, there is no banner."""
        for link, attempt in ((Link.ONLINE, 0), (Link.CONNECTING, 1), (Link.REGISTERING, 0)):
            self.assertEqual(phrases.connection(ConnectionView(link=link, attempt=attempt), NOON), "")

    def test_banner_counts_down(self) -> None:
        """While waiting the banner says how long; one second is singular."""
        view = ConnectionView(link=Link.WAITING, retry_at=NOON + 7.4, attempt=2)
        self.assertIn("em 7 segundos", phrases.connection(view, NOON))
        self.assertTrue(phrases.connection(replace(view, retry_at=NOON), NOON).endswith("1 segundo"))

    def test_stopped_says_why(self) -> None:
        """A connection that the server refused says the reason."""
        view = ConnectionView(link=Link.STOPPED, trouble=Trouble.NAME_TAKEN)
        self.assertIn("outra pessoa", phrases.connection(view, NOON))

    def test_detail_only_where_it_tells_more(self) -> None:
        """A file's name is added, a socket's error is not."""
        file = Problem(1, Trouble.FILE_SET_ASIDE, "historico.json", NOON)
        self.assertIn("historico.json", phrases.trouble(file))
        unreachable = ConnectionView(trouble=Trouble.UNREACHABLE, detail="ECONNREFUSED")
        self.assertNotIn("ECONN", phrases.trouble(unreachable))

    def test_people(self) -> None:
        """The count of people, with the language's separator."""
        self.assertEqual(phrases.people(5000, 1), "5.000 pessoas · 1 livre")
        self.assertEqual(phrases.per_cent(0.0125), "1,2 %")
        tr.switch("en")
        self.assertEqual(phrases.people(5000, 1), "5,000 people · 1 free")
        self.assertEqual(phrases.per_cent(0.0125), "1.2 %")

    def test_end_of_a_conversation(self) -> None:
        """After a conversation its time is told."""
        self.assertEqual(
            phrases.ended_help(ended(EndCause.HUNG_UP_HERE, duration=65.0)), "A conversa durou 1:05."
        )
