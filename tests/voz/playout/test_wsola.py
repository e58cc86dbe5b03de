"""Shorter and longer speech."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import TestCase

from voz.codec import Sound
from voz.playout import wsola


def voiced(samples: int = 960, pitch: float = 200.0) -> Sound:
    """Something like a vowel: four harmonics of the pitch."""
    moments = np.arange(samples) / 48_000
    wave = sum(np.sin(2 * np.pi * pitch * k * moments + k) / k for k in range(1, 5))
    return np.rint(5000 * np.asarray(wave)).astype(np.int16)


class WsolaTests(TestCase):
    """One period more or less."""

    def test_a_period_is_taken_out(self) -> None:
        """A vowel of 200 Hz loses whole periods of 5 ms, and is the same vowel without a click."""
        sound = voiced()
        changed = wsola.shorten(sound)
        taken = len(sound) - len(changed)
        self.assertEqual(round(taken / 240) * 240, taken)
        self.assertGreater(taken, 0)
        difference = np.abs(changed.astype(int) - sound[: len(changed)].astype(int))
        self.assertLess(difference.max(), 200)

    def test_a_period_is_put_in(self) -> None:
        """The same the other way."""
        sound = voiced()
        changed = wsola.lengthen(sound)
        put = len(changed) - len(sound)
        self.assertEqual(round(put / 240) * 240, put)
        self.assertGreater(put, 0)
        difference = np.abs(changed[:960].astype(int) - sound.astype(int))
        self.assertLess(difference.max(), 200)

    def test_no_more_than_asked(self) -> None:
        """No period longer than what is asked for is taken."""
        self.assertEqual(len(wsola.shorten(voiced(pitch=100), longest=200)), 960)
        self.assertEqual(len(wsola.shorten(voiced(pitch=300), longest=200)), 960 - 160)

    def test_noise_is_left_alone(self) -> None:
        """What has no period stays what it is."""
        noise = np.random.default_rng(1).integers(-9000, 9000, 960).astype(np.int16)
        self.assertIs(wsola.shorten(noise), noise)
        self.assertIs(wsola.lengthen(noise), noise)

    def test_silence_gives_way(self) -> None:
        """In silence as much as is asked for is taken, up to half of the piece."""
        silence = np.zeros(960, np.int16)
        self.assertTrue(wsola.is_silent(silence))
        self.assertEqual(len(wsola.shorten(silence, longest=300)), 660)
        self.assertEqual(len(wsola.shorten(silence)), 480)
        self.assertEqual(len(wsola.lengthen(silence, longest=300)), 1260)

    def test_loudness(self) -> None:
        """Loudness is the root mean square; of nothing it is zero."""
        self.assertEqual(wsola.loudness(np.zeros(0, np.int16)), 0.0)
        self.assertApproximates(wsola.loudness(np.full(100, -300, np.int16)), 300, 0.01)

    @settings(max_examples=60, deadline=None)
    @given(st.integers(0, 3000), st.integers(0, 2**32 - 1), st.integers(0, 32767), st.integers(0, 700))
    def test_any_piece(self, samples: int, seed: int, amplitude: int, longest: int) -> None:
        """Any piece of any loudness comes out no louder, changed by no more than the longest period."""
        random = np.random.default_rng(seed)
        sound = random.integers(-amplitude - 1, amplitude + 1, samples).astype(np.int16)
        for changed in (wsola.shorten(sound, longest), wsola.lengthen(sound, longest)):
            self.assertLessEqual(abs(len(changed) - samples), min(longest, wsola.LONGEST))
            if samples:
                self.assertLessEqual(int(np.abs(changed.astype(int)).max()), amplitude + 1)
