"""Meters and gain."""

from __future__ import annotations

import numpy as np
from twisted.trial.unittest import TestCase

from voz.treatment.levels import FALL, Gain, Meter

LOUD = np.full(480, 8192, np.int16)
SILENCE = np.zeros(480, np.int16)


class MeterTests(TestCase):
    """The level of one direction."""

    def test_up_at_once_down_slowly(self) -> None:
        """The level is the root mean square of full scale; it falls by a share each block."""
        meter = Meter()
        self.assertEqual(meter.level, 0.0)
        meter.block(LOUD)
        self.assertApproximates(meter.level, 0.25, 1e-6)
        meter.block(SILENCE)
        self.assertApproximates(meter.level, 0.25 * FALL, 1e-6)


class GainTests(TestCase):
    """Louder and softer."""

    def test_decibels(self) -> None:
        """6 dB are a factor of two, 0 dB leave the block as it is."""
        self.assertIs(Gain().apply(LOUD), LOUD)
        self.assertTrue((np.abs(Gain(6.02).apply(LOUD).astype(int) - 16384) < 8).all())
        self.assertTrue((np.abs(Gain(-6.02).apply(LOUD).astype(int) - 4096) < 8).all())

    def test_no_clipping(self) -> None:
        """Peaks are bent below full scale, and what was louder stays louder."""
        ramp = np.linspace(-32768, 32767, 480).astype(np.int16)
        louder = Gain(20).apply(ramp).astype(int)
        self.assertLessEqual(np.abs(louder).max(), 32767)
        self.assertTrue((np.diff(louder) >= 0).all())

    def test_limits(self) -> None:
        """Gains beyond -40 and +30 dB are taken as those."""
        self.assertEqual(Gain(-200)._factor, Gain(-40)._factor)
        gain = Gain()
        gain.set(200)
        self.assertEqual(gain._factor, Gain(30)._factor)
