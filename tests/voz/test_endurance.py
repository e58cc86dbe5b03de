"""What must not happen however long a call lasts and whoever is at its other end; the bench runs longer
versions."""

from __future__ import annotations

from twisted.trial.unittest import TestCase

from bench.voz.endure import hostile, hour


class EnduranceTests(TestCase):
    """Short versions."""

    def test_hostile_packets(self) -> None:
        """Four thousand junk, replayed, altered and mad datagrams raise nothing and are counted."""
        engine = hostile(4000)
        refused = engine.refused()
        self.assertGreater(min(refused.altered, refused.replayed, refused.malformed), 100)
        self.assertGreater(engine.received().packets, 1000)
        self.assertLessEqual(len(engine.receiver._buffer), 256)

    def test_memory(self) -> None:
        """After the first part of a call over a bad line, no more memory is held as it goes on."""
        sizes = hour(6, seconds=10)
        self.assertLess(sizes[-1] - sizes[3], 40_000)
