"""The jitter buffer by tables: rows of what arrives when, and of what must be played."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import TestCase

from voz.playout.delay import DelayEstimator
from voz.playout.jitter import MAX_AHEAD, MAX_FRAMES, RESTART_AFTER, JitterBuffer, Kind, Step, Verdict

FRAME = 960
START = 100.0


@dataclass
class Row:
    """A frame by its number, the milliseconds after START at which it arrives, and what it is."""

    number: int
    at: float
    copy: bool = False
    recovery: bool = False
    silent: bool = False
    sequence: int | None = None


def play(rows: list[Row], steps: int, buffer: JitterBuffer | None = None, first: float = 30.0) -> list[str]:
    """What is played from `first` on, each piece when the one before it ends: f frame, c copy, r recovered, x
    concealed (20 ms each), - silence (10 ms)."""
    buffer = buffer or JitterBuffer(DelayEstimator())
    waiting = sorted(rows, key=lambda row: row.at)
    played = []
    now = first
    for _ in range(steps):
        while waiting and waiting[0].at <= now:
            insert(buffer, waiting.pop(0))
        step = buffer.take(START + now / 1000)
        played.append(text(step))
        now += step.samples / 48
    return played


def insert(buffer: JitterBuffer, row: Row) -> Verdict:
    """Put one row in."""
    sequence = row.number if row.sequence is None else row.sequence
    return buffer.insert(
        row.number * FRAME,
        b"%d" % row.number,
        FRAME,
        START + row.at / 1000,
        None if row.copy else sequence,
        recovery=row.recovery,
        silent=row.silent,
    )


def text(step: Step) -> str:
    """A step in one or two letters."""
    letters = {Kind.FRAME: "f", Kind.COPY: "c", Kind.RECOVERED: "r", Kind.CONCEALED: "x", Kind.SILENCE: "-"}
    return letters[step.kind] + step.payload.decode()


def steady(count: int) -> list[Row]:
    """Frames 0 … that arrive on time."""
    return [Row(number, 20.0 * number) for number in range(count)]


class TableTests(TestCase):
    """Tables of rows and what is played."""

    def test_in_order(self) -> None:
        """Frames on time are played in order, after the start-up delay, without a hole."""
        played = play(steady(10), 12)
        self.assertEqual(played[1:10], [f"f{n}" for n in range(9)])

    def test_out_of_order(self) -> None:
        """Frames that overtake each other within the delay are played in their own order."""
        rows = steady(10)
        rows[4].at, rows[5].at = rows[5].at, rows[4].at
        self.assertEqual(play(rows, 10)[1:9], [f"f{n}" for n in range(8)])

    def test_a_copy_stands_in(self) -> None:
        """A lost frame is played from its copy, if that is there in time."""
        rows = steady(10)
        rows[5] = Row(5, 6 * 20, copy=True)
        self.assertEqual(play(rows, 10)[5:8], ["f4", "c5", "f6"])

    def test_recovery_stands_in(self) -> None:
        """A lost frame is recovered from the next one if that carries it."""
        rows = steady(10)
        del rows[5]
        rows[5].recovery = True
        self.assertEqual(play(rows, 10)[5:8], ["f4", "r6", "f6"])

    def test_concealed(self) -> None:
        """A frame that is lost for good is concealed, once, and the delay stays what it was."""
        rows = steady(12)
        del rows[5]
        self.assertEqual(play(rows, 11)[5:9], ["f4", "x", "f6", "f7"])

    def test_held_back(self) -> None:
        """When the line stops for 100 ms, sound is made up, nothing is left out, and the delay has grown."""
        rows = steady(12)
        for row in rows[5:]:
            row.at += 100
        played = play(rows, 22)
        self.assertEqual([entry for entry in played if entry[0] == "f"], [f"f{n}" for n in range(12)])
        self.assertIn(played.index("f5") - played.index("f4") - 1, range(6, 11))

    def test_lost_while_nothing_came(self) -> None:
        """Sound made up for a frame that turns out lost stands for it: no second hole."""
        buffer = JitterBuffer(DelayEstimator(), FRAME)
        for row in steady(5):
            insert(buffer, row)
        for _ in range(5):
            buffer.take(START + 0.2)
        self.assertEqual([text(buffer.take(START + 0.2)) for _ in range(2)], ["x", "x"])
        insert(buffer, Row(6, 220))
        self.assertEqual(text(buffer.take(START + 0.22)), "f6")

    def test_silence_is_no_loss(self) -> None:
        """A gap in time without one in the numbers is the sender's silence, of its true length if the delay
        is right."""
        rows = [
            *steady(4),
            Row(4, 80, silent=True),
            *(Row(n, 20.0 * n, sequence=n - 7) for n in range(12, 16)),
        ]
        played = play(rows, 22)
        self.assertEqual(played[5], "f4")
        silence = played.index("f12") - 6
        self.assertEqual(set(played[6 : 6 + silence]), {"-"})
        # 140 ms, less what the target has sunk meanwhile.
        self.assertIn(silence, (12, 13, 14))

    def test_silence_puts_the_delay_right(self) -> None:
        """A delay that has become too long is put right in the sender's silence, not in the speech after
        it."""
        buffer = JitterBuffer(DelayEstimator())
        held_back = [Row(n, 20.0 * n + 100 * (200 <= n < 203)) for n in range(203)]
        rows = [
            *held_back,
            Row(203, 4160, silent=True),
            *(Row(n, 20.0 * n, sequence=n - 9) for n in range(213, 223)),
        ]
        played = play(rows, 240, buffer)
        at = played.index("f213")
        self.assertEqual(played[at : at + 10], [f"f{n}" for n in range(213, 223)])
        # The gap is 180 ms long; the 100 ms that were held back are not played out in it again.
        self.assertLess(played[:at].count("-"), 14)

    def test_waits_for_copies(self) -> None:
        """While the delay is below its target a hole waits for a copy rather than being given up."""
        estimator = DelayEstimator()
        for index in range(400):
            saved = index % 20 == 0
            estimator.available(START + 0.080 * saved, START - 9 + index * 0.02, waited=0.080 * saved)
        buffer = JitterBuffer(estimator, FRAME)
        for row in (Row(0, 0), Row(1, 20), Row(3, 60)):
            insert(buffer, row)
        self.assertEqual(text(buffer.take(START + 0.02)), "-")
        buffer._started = True
        self.assertEqual([text(buffer.take(START + 0.06)) for _ in range(3)], ["f0", "f1", "x"])
        insert(buffer, Row(2, 75, copy=True))
        self.assertEqual([text(buffer.take(START + 0.08)) for _ in range(2)], ["c2", "f3"])

    def test_late_and_twice(self) -> None:
        """A frame after its time is counted late once; a second arrival of anything is a duplicate."""
        buffer = JitterBuffer(DelayEstimator(), FRAME)
        for row in steady(3):
            insert(buffer, row)
        self.assertIs(insert(buffer, Row(1, 50)), Verdict.DUPLICATE)
        for _ in range(3):
            buffer.take(START + 0.1)
        insert(buffer, Row(4, 110))
        self.assertEqual(text(buffer.take(START + 0.12)), "x")
        self.assertIs(insert(buffer, Row(3, 130)), Verdict.LATE)
        self.assertIs(insert(buffer, Row(3, 131, copy=True)), Verdict.DUPLICATE)
        self.assertEqual(buffer.late, 1)

    def test_first_packets_out_of_order(self) -> None:
        """The first frame that arrives need not be the first one that was sent."""
        self.assertEqual(play([Row(1, 1), Row(0, 2), Row(2, 40)], 6)[:3], ["f0", "f1", "f2"])

    def test_timestamps_wrap(self) -> None:
        """The 32 bits of a timestamp go round without a hole."""
        buffer = JitterBuffer(DelayEstimator(), FRAME)
        first = (1 << 32) - 2 * FRAME
        for index in range(5):
            media = buffer.media_time((first + index * FRAME) & 0xFFFFFFFF)
            buffer.insert(media, b"%d" % index, FRAME, START + index * 0.02, index)
        played = [text(buffer.take(START + 0.06 + index * 0.02)) for index in range(5)]
        self.assertEqual(played, ["f0", "f1", "f2", "f3", "f4"])

    def test_backlog_beyond_the_ceiling(self) -> None:
        """When this machine slept 10 s and everything comes at once, what is old is thrown away."""
        buffer = JitterBuffer(DelayEstimator(ceiling=0.2), FRAME)
        for row in steady(5):
            insert(buffer, row)
        for index in range(5):
            buffer.take(START + 0.06 + index * 0.02)
        for number in range(5, 505):
            insert(buffer, Row(number, 10_100))
        step = buffer.take(START + 10.1)
        self.assertGreater(int(step.payload), 470)
        self.assertGreater(buffer.discarded, 200)

    def test_the_sender_starts_anew(self) -> None:
        """A timestamp far ahead starts the buffer anew; numbers far behind do so when they go on coming."""
        buffer = JitterBuffer(DelayEstimator(), FRAME)
        for row in steady(3):
            insert(buffer, row)
        far = MAX_AHEAD // FRAME + 10
        insert(buffer, Row(far, 60))
        self.assertEqual(len(buffer), 1)
        buffer.take(START + 0.2)
        buffer.take(START + 0.3)
        for index in range(RESTART_AFTER + 1):
            insert(buffer, Row(index, 400 + 20 * index, sequence=5000 + index))
        self.assertGreater(len(buffer), 0)

    def test_bounded(self) -> None:
        """It never holds more than its bound, whatever comes."""
        buffer = JitterBuffer(DelayEstimator(), FRAME)
        random = Random(1)
        for index in range(5000):
            insert(buffer, Row(random.randrange(240), index))
            self.assertLessEqual(len(buffer), MAX_FRAMES)


class PropertyTests(TestCase):
    """Whatever arrives."""

    @settings(max_examples=60, deadline=None)
    @given(
        st.lists(
            st.tuples(
                st.integers(-(2**33), 2**33),
                st.sampled_from([0, 120, 480, 960, 2880, 5760]),
                st.floats(0, 0.5),
                st.one_of(st.none(), st.integers(0, 70000)),
                st.booleans(),
            ),
            max_size=60,
        )
    )
    def test_never_fails(self, rows: list[tuple[int, int, float, int | None, bool]]) -> None:
        """Any frames at any time give steps of a sensible length for ever."""
        buffer = JitterBuffer(DelayEstimator(), FRAME)
        now = START
        for media, samples, wait, sequence, flag in rows:
            now += wait
            buffer.insert(media, b"x", samples, now, sequence, recovery=flag, silent=flag)
            step = buffer.take(now)
            self.assertTrue(0 < step.samples <= 5760)

    @settings(max_examples=30, deadline=None)
    @given(st.integers(0, 2**31), st.floats(0, 0.3), st.floats(0, 0.04))
    def test_each_frame_once_and_in_order(self, seed: int, loss: float, jitter: float) -> None:
        """Under loss and jitter no frame is played twice or before an older one."""
        random = Random(seed)
        rows = [
            Row(number, 20 * number + 1000 * random.expovariate(1 / (jitter + 1e-6)))
            for number in range(150)
            if random.random() >= loss
        ]
        played = [int(entry[1:]) for entry in play(rows, 170) if entry[0] == "f"]
        self.assertEqual(played, sorted(set(played)))
