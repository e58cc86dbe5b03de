"""What the legs used of the relay, charged to them a little at a time.

A batch passes at once and is only noted. Ten times a second the notes are closed and charged, `SLICE` of them
at each wake-up: charging thousands of legs in one go would hold up every call for milliseconds. Pure; `now`
is in seconds of any steady clock.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import islice

from voz.relay.limits import PACKETS_A_SECOND
from voz.relay.table import AllocationTable

#: Seconds between two closings of the notes, and the notes that are charged at a time.
CHARGE, SLICE = 0.1, 64
#: What stands around a payload: the header of ChannelData.
_HEADER = 4

_Note = tuple[tuple[bytes, int], int]


class Ledger:
    """The use of every leg of a table. `watched` are the sources in debt: whatever they send is judged
    packet by packet until they have recovered."""

    def __init__(self, table: AllocationTable[bytes]) -> None:
        self._table = table
        self._notes: Counter[tuple[bytes, int]] = Counter()
        self._closed: Iterator[_Note] = iter(())
        self._closed_at = float("-inf")
        self.watched: set[bytes] = set()

    def note(self, sources: Sequence[bytes], lengths: Sequence[int]) -> None:
        """These sources sent one datagram each, of these lengths."""
        self._notes.update(zip(sources, lengths, strict=True))

    def settle(self, now: float) -> None:
        """Charge some of what was noted; to be called at every wake-up."""
        charged = 0
        for (source, length), packets in islice(self._closed, SLICE):
            charged += 1
            leg = self._table.held_by(source)
            if leg is not None and not leg.allowance.charge(packets, packets * (length - _HEADER), now):
                self.watched.add(source)
        if charged < SLICE and now - self._closed_at >= CHARGE:
            self._close(now)

    def _close(self, now: float) -> None:
        """What was noted up to now is charged next; who has recovered is not watched any more."""
        self._closed_at = now
        self._closed, self._notes = iter(self._notes.items()), Counter()
        if self.watched:
            self.watched = {source for source in self.watched if self._in_debt(source, now)}

    def _in_debt(self, source: bytes, now: float) -> bool:
        """Whether the leg has not yet won back half a second's worth of packets."""
        leg = self._table.held_by(source)
        if leg is None:
            return False
        leg.allowance.refill(now)
        return leg.allowance.packets < PACKETS_A_SECOND / 2 or leg.allowance.volume < 0
