"""Delay and likeness of speech."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from twisted.trial.unittest import TestCase

from voz.codec import Sound
from voz.device import wav
from voz.measure import compare

SPEECH = Path(__file__).parent.parent / "speech"


def later(sound: Sound, milliseconds: int) -> Sound:
    """The sound after so much silence."""
    return np.concatenate([np.zeros(48 * milliseconds, np.int16), sound])


class MeasureTests(TestCase):
    """What was spoken against what was heard."""

    def setUp(self) -> None:
        """Two different voices."""
        self.spoken = wav.read(SPEECH / "demo_a.wav")
        self.other = wav.read(SPEECH / "demo_b.wav")

    def test_the_same_later(self) -> None:
        """Sound that arrives unchanged has its exact delay and likeness 1."""
        found = compare(self.spoken, later(self.spoken, 137))
        self.assertApproximates(found.delay_ms, 137, 0.1)
        self.assertApproximates(found.likeness, 1.0, 0.02)
        self.assertTrue(found.heard)

    def test_recordings_that_began_apart(self) -> None:
        """The offset of the second recording is added."""
        found = compare(self.spoken, later(self.spoken, 60), offset=0.040)
        self.assertApproximates(found.delay_ms, 100, 0.1)

    def test_noisy_and_soft(self) -> None:
        """A tenth of the level with noise at 20 dB below is the same speech, at the same delay."""
        noise = np.random.default_rng(1).normal(0, 1, len(self.spoken))
        soft = self.spoken * 0.1 + noise * np.std(self.spoken) * 0.01
        found = compare(self.spoken, later(soft.astype(np.int16), 80))
        self.assertApproximates(found.delay_ms, 80, 0.2)
        self.assertGreater(found.likeness, 0.75)

    def test_a_delay_that_grows(self) -> None:
        """Where the delay changes on the way, its least and most are seen."""
        half = len(self.spoken) // 2
        heard = np.concatenate(
            [later(self.spoken[:half], 50), np.zeros(48 * 60, np.int16), self.spoken[half:]]
        )
        found = compare(self.spoken, heard)
        self.assertApproximates(found.least_ms, 50, 1)
        self.assertApproximates(found.most_ms, 110, 1)

    def test_somebody_else(self) -> None:
        """Another voice is not what was spoken."""
        found = compare(self.spoken, later(self.other, 100))
        self.assertLess(found.likeness, 0.5)
        self.assertFalse(found.heard)

    def test_nothing(self) -> None:
        """Silence cannot be compared."""
        self.assertRaises(ValueError, compare, self.spoken, np.zeros(48000, np.int16))
