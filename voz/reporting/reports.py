"""The RTCP of a call: what we report every 500 ms, and what the other side's reports tell us; pure, `now` an
argument.

Round trips are measured with times of our own clock alone (LSR and DLSR, RFC 3550 section 6.4.1).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from voz.packet import CLOCK_RATE
from voz.reporting.reception import Reception
from voz.reporting.rtcp import (
    Bye,
    ReceiverReport,
    Report,
    ReportBlock,
    SenderReport,
    SourceName,
    VoiceMetrics,
    ntp_middle,
    ntp_time,
)

INTERVAL: float = 0.5
"""Seconds between two reports."""
CNAME: str = "voz"
"""Says nothing about a person or a machine."""
MAX_ROUND_TRIP: float = 10.0
"""A longer round trip is a mistake of somebody's clock."""


@dataclass(frozen=True, slots=True)
class Playout:
    """What a report says about our playing: share of frames that came too late, times in milliseconds."""

    discard_rate: float = 0.0
    delay_ms: float = 0.0
    ceiling_ms: float = 0.0


@dataclass(frozen=True, slots=True)
class Feedback:
    """What the other side said about our packets: due and lost since its report before, mean burst in
    packets, the extended number of the newest one, and seconds since its report before."""

    expected: int
    lost: int
    burst: float
    jitter: float
    highest: int = 0
    seconds: float = INTERVAL
    their_delay: float = 0.0
    their_discards: float = 0.0


class Reports:
    """Both directions of the reports of one call between `ssrc` and `other`."""

    def __init__(self, ssrc: int, other: int) -> None:
        self._ssrc = ssrc
        self._other = other
        self._their_sr: tuple[int, float] | None = None
        self._their_last: tuple[ReportBlock, float] | None = None
        self._metrics: VoiceMetrics | None = None
        self._answered = 0
        self.round_trip: float | None = None
        self.fresh = False
        self.said_bye = False

    def compose(
        self,
        now: float,
        *,
        reception: Reception,
        playout: Playout,
        sent: tuple[int, int],
        timestamp: int,
        frame_ms: int,
    ) -> tuple[Report, ...]:
        """The compound report of this moment. `sent` is (packets, octets), `timestamp` our media time now."""
        blocks = (self._block(now, reception),) if reception.expected else ()
        packets, octets = sent
        first: Report = (
            SenderReport(self._ssrc, ntp_time(now), timestamp, packets, octets, blocks)
            if packets
            else ReceiverReport(self._ssrc, blocks)
        )
        name = SourceName(self._ssrc, CNAME)
        if not blocks:
            return first, name
        return first, name, self._compose_metrics(reception, playout, frame_ms)

    def proof(self) -> tuple[Report, ...]:
        """The empty receiver report that proves that we hold the keys."""
        return (ReceiverReport(self._ssrc),)

    def bye(self) -> tuple[Report, ...]:
        """The good-bye."""
        return ReceiverReport(self._ssrc), Bye((self._ssrc,))

    def received(self, reports: tuple[Report, ...], now: float, frame_ms: int) -> Feedback | None:
        """Learn from a compound packet of the other side; feedback if it reports about us for the second
        time."""
        block: ReportBlock | None = None
        for report in reports:
            if isinstance(report, Bye):
                self.said_bye = self.said_bye or self._other in report.sources
            elif isinstance(report, VoiceMetrics):
                self._metrics = report if report.source == self._ssrc else self._metrics
            elif isinstance(report, SenderReport | ReceiverReport):
                block = self._read(report, now) or block
        return self._feedback(block, now, frame_ms) if block is not None else None

    def _read(self, report: SenderReport | ReceiverReport, now: float) -> ReportBlock | None:
        if isinstance(report, SenderReport):
            self._their_sr = ntp_middle(report.ntp), now
        for block in report.blocks:
            if block.ssrc == self._ssrc:
                self._measure_round_trip(block, now)
                return block
        return None

    def _measure_round_trip(self, block: ReportBlock, now: float) -> None:
        self.fresh = block.last_sr not in (0, self._answered)
        if not self.fresh:
            return
        self._answered = block.last_sr
        elapsed = (ntp_middle(ntp_time(now)) - block.last_sr - block.delay) & 0xFFFF_FFFF
        if elapsed >= (1 << 32) - 65536:
            # Rounding of the other side's times can make a very short trip negative.
            elapsed = 0
        if elapsed / 65536 <= MAX_ROUND_TRIP:
            self.round_trip = elapsed / 65536

    def _feedback(self, block: ReportBlock, now: float, frame_ms: int) -> Feedback | None:
        known, self._their_last = self._their_last, (block, now)
        if known is None:
            return None
        before, then = known
        expected = block.highest - before.highest
        if not 0 <= expected < 1 << 20:
            return None
        # Negative when packets that were missing at the last report came after it.
        lost = max(-expected, min(expected, block.lost - before.lost))
        metrics = self._metrics
        burst = metrics.burst_ms / frame_ms if metrics else 0.0
        jitter = block.jitter / CLOCK_RATE
        feedback = Feedback(expected, lost, burst, jitter, block.highest, now - then)
        if metrics is None:
            return feedback
        return replace(
            feedback, their_delay=metrics.buffer_nominal_ms / 1000, their_discards=metrics.discard_rate
        )

    def _block(self, now: float, reception: Reception) -> ReportBlock:
        expected, lost = reception.interval()
        fraction = min(255, 256 * lost // expected) if expected > 0 else 0
        last_sr, delay = 0, 0
        if self._their_sr is not None:
            last_sr = self._their_sr[0]
            delay = min(0xFFFF_FFFF, int((now - self._their_sr[1]) * 65536))
        return ReportBlock(
            self._other,
            fraction,
            reception.lost,
            reception.highest & 0xFFFF_FFFF,
            int(reception.jitter * CLOCK_RATE) & 0xFFFF_FFFF,
            last_sr,
            delay,
        )

    def _compose_metrics(self, reception: Reception, playout: Playout, frame_ms: int) -> VoiceMetrics:
        bursts = reception.bursts()
        return VoiceMetrics(
            self._ssrc,
            self._other,
            loss_rate=max(0.0, reception.lost / max(1, reception.expected)),
            discard_rate=playout.discard_rate,
            burst_ms=round(bursts.mean * frame_ms),
            gap_ms=round((bursts.packets - bursts.missing) / max(1, bursts.runs) * frame_ms),
            round_trip_ms=round((self.round_trip or 0.0) * 1000),
            end_system_ms=round(playout.delay_ms),
            buffer_nominal_ms=round(playout.delay_ms),
            buffer_maximum_ms=round(playout.ceiling_ms),
        )
