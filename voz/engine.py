"""The voice of one call between microphone blocks, datagrams and loudspeaker blocks; no device, no socket,
no timer.

Whoever drives it (a session, a simulated line) hands in blocks, datagrams and the time, and asks for blocks
and reports. Nothing that comes from the line raises out of it.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from random import SystemRandom

from voz.adapt.complexity import ComplexityControl
from voz.adapt.congestion import Congestion, Delivery
from voz.adapt.ladder import HEADERS, Ladder, LineReport
from voz.clock import SAMPLE_RATE
from voz.codec import Codec, Sound
from voz.crypto import (
    AlteredError,
    ForeignError,
    MalformedError,
    Opener,
    ReplayedError,
    Sealer,
    SecurityError,
)
from voz.packet import PacketError, RtpPacket, is_rtcp, parse_rtp
from voz.receiver import Receiver
from voz.reporting.reports import Feedback, Playout, Reports
from voz.reporting.rtcp import Report, parse_rtcp, serialise_rtcp
from voz.sender import Sender
from voz.stats import Direction, Played, Refused

_RATE_WINDOW = 1.0
_KNOWN_PACKETS = 1024
_LEAST_INTERVAL = 0.1
_random_bits: Callable[[int], int] = SystemRandom().getrandbits


@dataclass(frozen=True, slots=True)
class StreamKeys:
    """What one direction is sealed with: master key 16 bytes, salt 14 bytes, and the SSRC of its source."""

    key: bytes
    salt: bytes
    ssrc: int


@dataclass(frozen=True, slots=True)
class EngineOptions:
    """How the engine works: samples in a frame, DTX, the jitter buffer's ceiling, and the most bit/s it may
    send."""

    frame_samples: int = 960
    dtx: bool = True
    ceiling: float = 0.400
    most_rate: float = 120_000.0


class Engine:
    """Both directions of a call's voice. `emit` takes sealed datagrams to be sent."""

    def __init__(
        self,
        codec: Codec,
        out: StreamKeys,
        into: StreamKeys,
        emit: Callable[[bytes], object],
        options: EngineOptions | None = None,
        *,
        random: Callable[[int], int] = _random_bits,
        stopwatch: Callable[[], float] = time.perf_counter,
    ) -> None:
        options = options or EngineOptions()
        self._options = options
        self._emit = emit
        self._stopwatch = stopwatch
        self._sealer = Sealer(out.key, out.salt, out.ssrc)
        self._opener = Opener(into.key, into.salt, into.ssrc)
        self.receiver = Receiver(codec, frame_samples=options.frame_samples, ceiling=options.ceiling)
        self.sender = Sender(
            codec,
            self._send_rtp,
            ssrc=out.ssrc,
            first_sequence=random(15),
            first_timestamp=random(32),
            frame_samples=options.frame_samples,
            dtx=options.dtx,
        )
        self.reports = Reports(out.ssrc, into.ssrc)
        self.ladder = Ladder()
        self.congestion = Congestion()
        self.complexity = ComplexityControl()
        self._refused = dict.fromkeys((AlteredError, ReplayedError, ForeignError, MalformedError), 0)
        self._nonsense = 0
        self._feedback: Feedback | None = None
        self._their_lost = 0
        self._on_the_way = _OnTheWay()
        self._sent_rate = _Rate()
        self._received_rate = _Rate()

    @property
    def peer_left(self) -> bool:
        """Whether the other side has said BYE."""
        return self.reports.said_bye

    def captured(self, block: Sound) -> None:
        """Take 10 ms from the microphone; a packet may be emitted."""
        started = self._stopwatch()
        before = self.sender.counters().frames
        self.sender.block(block)
        if self.sender.counters().frames != before:
            spent = (self._stopwatch() - started) * SAMPLE_RATE / self.sender.frame_samples
            if self.complexity.encoded(spent):
                self.sender.set_complexity(self.complexity.value)

    def pull(self, now: float) -> Sound:
        """The next 10 ms for the loudspeaker."""
        return self.receiver.pull(now)

    def datagram(self, data: bytes, now: float) -> bool:
        """Take a datagram that came in; True if it authenticated as the other side's."""
        try:
            if is_rtcp(data):
                self._take_rtcp(self._opener.open_rtcp(data), now)
            else:
                self._take_rtp(self._opener.open_rtp(data), now)
        except SecurityError as error:
            self._refused[type(error)] = self._refused.get(type(error), 0) + 1
            return False
        return True

    def prove(self) -> bytes:
        """One more sealed empty report, which shows that we hold the keys."""
        return self._seal(self.reports.proof())

    def good_bye(self) -> bytes:
        """A sealed BYE."""
        return self._seal(self.reports.bye())

    def report(self, now: float) -> None:
        """Emit the report that is due every 500 ms."""
        sent = self.sender.counters()
        played = self.receiver.counters()
        reception = self.receiver.reception
        late = played.late / reception.expected if reception.expected else 0.0
        reports = self.reports.compose(
            now,
            reception=reception,
            playout=Playout(late, played.delay_ms, self._options.ceiling * 1000),
            sent=(sent.packets, sent.octets),
            timestamp=self.sender.timestamp,
            frame_ms=self._frame_ms,
        )
        self._sent_rate.note(now, sent.octets)
        self._received_rate.note(now, reception.octets)
        self._emit(self._seal(reports))

    def sent(self) -> Direction:
        """Our packets, and what the other side says of them."""
        counts, feedback = self.sender.counters(), self._feedback
        return Direction(
            packets=counts.packets,
            lost=self._their_lost,
            loss=self.ladder.latest_loss,
            burst=feedback.burst if feedback else 0.0,
            jitter_ms=feedback.jitter * 1000 if feedback else 0.0,
            rate=int(self._sent_rate.value),
        )

    def received(self) -> Direction:
        """The other side's packets as we saw them."""
        reception = self.receiver.reception
        bursts = reception.bursts()
        return Direction(
            packets=reception.packets,
            lost=max(0, reception.lost),
            loss=bursts.missing / bursts.packets if bursts.packets else 0.0,
            burst=bursts.mean,
            jitter_ms=reception.jitter * 1000,
            rate=int(self._received_rate.value),
        )

    def played(self) -> Played:
        """What was heard."""
        counts = self.receiver.counters()
        return Played(
            frames=counts.frames,
            copies=counts.copies,
            recovered=counts.recovered,
            concealed=counts.concealed,
            silence=counts.silence,
            late=counts.late,
            skipped=counts.discarded,
            delay_ms=counts.delay_ms,
            target_ms=counts.target_ms,
        )

    def refused(self) -> Refused:
        """What was dropped, by why."""
        return Refused(
            altered=self._refused[AlteredError],
            replayed=self._refused[ReplayedError],
            foreign=self._refused[ForeignError],
            malformed=self._refused[MalformedError] + self._nonsense + self.receiver.counters().malformed,
        )

    @property
    def feedback(self) -> Feedback | None:
        """The last report about us."""
        return self._feedback

    @property
    def _frame_ms(self) -> int:
        return self.sender.frame_samples * 1000 // SAMPLE_RATE

    def _seal(self, reports: tuple[Report, ...]) -> bytes:
        return self._sealer.seal_rtcp(serialise_rtcp(reports))

    def _send_rtp(self, packet: RtpPacket) -> None:
        self._on_the_way.note(packet.sequence, len(packet.payload) + HEADERS)
        self._emit(self._sealer.seal_rtp(packet.serialise()))

    def _take_rtp(self, plain: bytes, now: float) -> None:
        try:
            self.receiver.packet(parse_rtp(plain), now)
        except PacketError:
            self._nonsense += 1

    def _take_rtcp(self, plain: bytes, now: float) -> None:
        try:
            feedback = self.reports.received(parse_rtcp(plain), now, self._frame_ms)
        except PacketError:
            self._nonsense += 1
            return
        if feedback is not None:
            self._adapt(feedback, now)

    def _adapt(self, feedback: Feedback, now: float) -> None:
        """Choose how to send from what the other side reports."""
        self._feedback = feedback
        self._their_lost += feedback.lost
        due = self._on_the_way.octets(feedback.highest, feedback.expected)
        rate = due * 8 / max(_LEAST_INTERVAL, feedback.seconds)
        delivery = Delivery(feedback.expected, max(0, feedback.lost), rate)
        round_trip = self.reports.round_trip if self.reports.fresh else None
        filled = self.congestion.report(now, delivery, round_trip)
        report = LineReport(now, feedback.expected, feedback.lost, feedback.burst)
        self.ladder.report(report, believed=not self.congestion.queued)
        if filled:
            self.ladder.forgive(now, self.congestion.noise)
        chosen = self.sender.chosen_ms
        step = self.ladder.step(self.congestion.allowed, self._options.most_rate, chosen)
        if step == self.sender.step:
            return
        if step.line(chosen) > self.sender.step.line(chosen):
            self.congestion.rising()
        self.sender.set_step(step)


class _OnTheWay:
    """What the latest packets cost the line, by their numbers."""

    def __init__(self) -> None:
        self._sizes: dict[int, int] = {}

    def note(self, sequence: int, octets: int) -> None:
        self._sizes.pop(sequence, None)
        self._sizes[sequence] = octets
        if len(self._sizes) > _KNOWN_PACKETS:
            del self._sizes[next(iter(self._sizes))]

    def octets(self, highest: int, count: int) -> int:
        """Of the `count` packets up to this number, as far as they are known."""
        numbers = (highest - index & 0xFFFF for index in range(min(count, _KNOWN_PACKETS)))
        return sum(self._sizes.get(number, 0) for number in numbers)


class _Rate:
    """Bits a second over the last second of a counter of octets."""

    def __init__(self) -> None:
        self._notes: deque[tuple[float, int]] = deque()
        self.value = 0.0

    def note(self, now: float, octets: int) -> None:
        self._notes.append((now, octets))
        while len(self._notes) > 2 and self._notes[1][0] <= now - _RATE_WINDOW:
            self._notes.popleft()
        then, before = self._notes[0]
        if now > then:
            self.value = (octets - before) * 8 / (now - then)
