"""Echo, noise and level, in a simulated room."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType
from unittest import SkipTest

import numpy as np
from twisted.trial.unittest import TestCase

from bench.voz.room import Room, erle
from voz.clock import BLOCK
from voz.codec import Sound
from voz.device import null, wav
from voz.playout.wsola import loudness
from voz.reporting import alerts
from voz.setup import SoundSetup
from voz.treatment import echo
from voz.treatment.echo import TreatmentError, Untouched, treatment

SPEECH = Path(__file__).parents[2] / "speech"


def setup(*, on: bool = True, engine: str = "speex") -> SoundSetup:
    """A setup with all treatment on or off."""
    return SoundSetup(
        null.capture(), null.playback(), echo=on, noise=on, automatic_gain=False, treatment=engine
    )


class TreatmentTests(TestCase):
    """The engine that works here."""

    engine = "speex"
    module = "voz.treatment.speex"

    def setUp(self) -> None:
        """It, or nothing to test."""
        self.warnings: list[str] = []
        self.treatment = treatment(setup(engine=self.engine), self.warnings.append)
        if type(self.treatment).__module__ != self.module:
            raise SkipTest(f"{self.engine} is not installed")

    def through(self, microphone: Sound, played: Sound) -> Sound:
        """What is left of the microphone."""
        count = len(microphone) // BLOCK * BLOCK
        return np.concatenate(
            [
                self.treatment.process(microphone[at : at + BLOCK], played[at : at + BLOCK])
                for at in range(0, count, BLOCK)
            ]
        )

    def test_echo_is_gone(self) -> None:
        """The other side's voice, through a room and a loudspeaker, comes back 18 dB weaker at least."""
        far = np.tile(wav.read(SPEECH / "human_2.wav"), 2)
        heard = Room(seed=1).echo(far)
        left = self.through(heard, far)
        self.assertGreater(erle(heard[len(far) // 2 :], left[len(far) // 2 :]), 18)

    def test_our_voice_stays(self) -> None:
        """Who speaks while the other side is silent is not weakened by more than 3 dB."""
        near = wav.read(SPEECH / "english_f.wav")
        left = self.through(near, np.zeros_like(near))
        self.assertGreater(loudness(left), 0.7 * loudness(near))

    def test_noise(self) -> None:
        """Steady noise is at least 8 dB weaker after two seconds."""
        noise = np.random.default_rng(1).normal(0, 300, 4 * 48_000).astype(np.int16)
        left = self.through(noise, np.zeros_like(noise))
        self.assertLess(loudness(left[96_000:]), 0.4 * loudness(noise))


class WebRtcTests(TreatmentTests):
    """The second engine, under the same tests."""

    engine = "webrtc"
    module = "voz.treatment.webrtc"


class ChoiceTests(TestCase):
    """Which engine is taken."""

    def test_switched_off(self) -> None:
        """With everything switched off the sound is not touched, and nobody is warned."""
        warnings: list[str] = []
        engine = treatment(setup(on=False), warnings.append)
        block = np.ones(BLOCK, np.int16)
        self.assertIs(engine.process(block, block), block)
        self.assertEqual(warnings, [])

    def test_none_works(self) -> None:
        """Where no engine can work the call goes on without, and is told."""

        def refuse(_: SoundSetup) -> None:
            raise TreatmentError("missing")

        module = ModuleType("no_engine")
        vars(module)["make"] = refuse
        sys.modules[module.__name__] = module
        self.addCleanup(sys.modules.pop, module.__name__)
        self.patch(echo, "_ENGINES", {"none": module.__name__})
        warnings: list[str] = []
        self.assertIsInstance(treatment(setup(), warnings.append), Untouched)
        self.assertEqual(warnings, [alerts.ECHO_MISSING])
