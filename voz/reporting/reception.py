"""What arrived and what did not: loss, bursts and jitter of one source, as RFC 3550 counts them; pure."""

from __future__ import annotations

from dataclasses import dataclass

from voz.packet import CLOCK_RATE, wrapped_difference

WINDOW: int = 512
"""Packets of history behind the newest, for the mean burst."""
SETTLED: int = 8
"""The newest packets are left out of bursts: they may only be out of order."""
MAX_JUMP: int = 3000
"""A sequence number this far away starts the counting anew (RFC 3550 appendix A.1)."""


@dataclass(frozen=True, slots=True)
class Bursts:
    """Runs of missing packets in the window: how many packets, how many of them missing, in how many runs."""

    packets: int = 0
    missing: int = 0
    runs: int = 0

    @property
    def mean(self) -> float:
        """Mean length of a run, in packets; 0 when nothing is missing."""
        return self.missing / self.runs if self.runs else 0.0


class Reception:
    """Counters of one source. `received` tells of each packet that authenticated."""

    def __init__(self) -> None:
        self.packets = 0
        self.octets = 0
        self.duplicates = 0
        self.reordered = 0
        self._base: int | None = None
        self._highest = 0
        self._history = 0
        self._jitter = 0.0
        self._transit: float | None = None
        self._before: tuple[int, int] = (0, 0)

    @property
    def highest(self) -> int:
        """The extended highest sequence number."""
        return self._highest

    @property
    def expected(self) -> int:
        """Packets that the source has sent, judged by its numbers."""
        return 0 if self._base is None else self._highest - self._base + 1

    @property
    def lost(self) -> int:
        """Expected minus received; negative when packets came twice."""
        return self.expected - self.packets

    @property
    def jitter(self) -> float:
        """Interarrival jitter in seconds (RFC 3550 section 6.4.1)."""
        return self._jitter

    def received(self, sequence: int, timestamp: int, arrival: float, octets: int) -> int:
        """Count one packet that came at `arrival` seconds; gives its extended sequence number."""
        extended = self._extend(sequence)
        self.packets += 1
        self.octets += octets
        self._note(extended)
        self._update_jitter(timestamp, arrival)
        return extended

    def interval(self) -> tuple[int, int]:
        """(expected, lost) since the last call; what the next report's fraction is made of."""
        expected, packets = self.expected, self.packets
        before_expected, before_packets = self._before
        self._before = expected, packets
        due = expected - before_expected
        return due, max(0, due - (packets - before_packets))

    def bursts(self) -> Bursts:
        """The runs of missing packets in the settled part of the window."""
        span = min(self.expected, WINDOW) - SETTLED
        if span <= 0:
            return Bursts()
        missing = ~(self._history >> SETTLED) & ((1 << span) - 1)
        starts = missing & ~(missing << 1)
        return Bursts(span, missing.bit_count(), starts.bit_count())

    def _extend(self, sequence: int) -> int:
        if self._base is None:
            self._base = self._highest = sequence
            return sequence
        return self._highest + wrapped_difference(sequence, self._highest & 0xFFFF, 16)

    def _note(self, extended: int) -> None:
        ahead = extended - self._highest
        if abs(ahead) > MAX_JUMP:
            self._restart(extended)
        elif ahead > 0:
            self._history = (self._history << ahead | 1) & ((1 << WINDOW) - 1)
            self._highest = extended
        elif self._history >> -ahead & 1:
            self.duplicates += 1
        else:
            self.reordered += ahead < 0
            if -ahead < WINDOW:
                self._history |= 1 << -ahead

    def _restart(self, extended: int) -> None:
        """Keep the losses counted so far and go on from `extended`."""
        self._base = extended - self.expected
        self._highest = extended
        self._history = (1 << WINDOW) - 1

    def _update_jitter(self, timestamp: int, arrival: float) -> None:
        transit = arrival - timestamp / CLOCK_RATE
        if self._transit is not None:
            difference = abs(transit - self._transit)
            # A timestamp that wraps round is no jitter.
            if difference < 1000:
                self._jitter += (difference - self._jitter) / 16
        self._transit = transit
