"""Another sampling rate."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.signal import resample_poly
from twisted.trial.unittest import TestCase

from voz.resample import resample

RATES = (8_000, 11_025, 16_000, 22_050, 44_100, 48_000, 96_000)


class ResampleTests(TestCase):
    """Whole recordings."""

    def test_sines(self) -> None:
        """A sine below half of both rates comes out as itself, in place, to -80 dB."""
        for rate in RATES:
            for target in (16_000, 48_000):
                frequency = 0.3 * min(rate, target) / 2
                out = resample(np.sin(2 * np.pi * frequency * np.arange(rate) / rate), rate, target)
                true = np.sin(2 * np.pi * frequency * np.arange(len(out)) / target)
                self.assertLess(np.abs(out - true)[600:-600].max(), 1e-4, (rate, target))

    def test_nothing_folds_back(self) -> None:
        """What the lower rate cannot hold is gone."""
        high = np.sin(2 * np.pi * 11_000 * np.arange(48_000) / 48_000)
        self.assertLess(np.abs(resample(high, 48_000, 16_000)[300:-300]).max(), 1e-3)

    def test_beside_scipy(self) -> None:
        """On noise within the band it agrees with an independent implementation to -40 dB."""
        noise = np.convolve(np.random.default_rng(1).normal(size=16_000), np.hanning(17), "same")
        ours, theirs = resample(noise, 16_000, 48_000), resample_poly(noise, 3, 1)
        error = np.std(ours[900:-900] - theirs[900:-900]) / np.std(theirs)
        self.assertLess(error, 0.01)

    @settings(max_examples=40, deadline=None)
    @given(st.sampled_from(RATES), st.sampled_from(RATES), st.integers(0, 3000))
    def test_duration(self, rate: int, target: int, samples: int) -> None:
        """The duration is kept to a sample, and a constant stays what it is."""
        out = resample(np.ones(samples), rate, target)
        self.assertLessEqual(abs(len(out) - samples * target / rate), 1)
        edge = 60 * target // rate + 60
        if len(out) > 2 * edge + 2:
            self.assertLess(np.abs(out[edge:-edge] - 1).max(), 1e-6)
