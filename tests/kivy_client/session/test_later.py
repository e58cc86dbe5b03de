"""Sounds and ringer that are made at their first use, and the devices of a system."""

from __future__ import annotations

import subprocess
import sys
from typing import Any, cast
from unittest.mock import patch

from twisted.internet.defer import Deferred, fail, succeed
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from kivy_client.session import machine_devices
from kivy_client.session.later import LaterEngine, LaterRinger, LaterSounds
from kivy_client.session.machine_sounds import MachineSounds
from kivy_client.session.ringer import SilentRinger, Tune
from kivy_client.session.sounds import DeviceLists, SoundSystem
from kivy_client.session.state import Settings
from kivy_client.session.voice import SoundError
from voz.device import DeviceError


class Heard:
    """A sound system that notes what was asked of it."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def look(self) -> Any:
        """Note it."""
        self.asked.append("look")
        return succeed(DeviceLists())

    def exchange(self, _settings: Settings) -> bool:
        """Note it."""
        self.asked.append("exchange")
        return True


class LaterTests(SynchronousTestCase):
    """Nothing is made before it is needed, and once only."""

    def test_sounds(self) -> None:
        """The first wish makes the sounds, the second one uses the same."""
        made: list[Heard] = []

        def make() -> SoundSystem:
            made.append(Heard())
            return cast(SoundSystem, made[-1])

        sounds = LaterSounds(make)
        self.assertEqual(made, [])
        self.assertEqual(self.successResultOf(sounds.look()), DeviceLists())
        self.assertTrue(sounds.exchange(Settings()))
        self.assertEqual([one.asked for one in made], [["look", "exchange"]])

    def test_ringer(self) -> None:
        """A ringer that never rang is not made to be stopped."""
        made: list[SilentRinger] = []

        def make() -> SilentRinger:
            made.append(SilentRinger())
            return made[-1]

        ringer = LaterRinger(make)
        ringer.stop()
        self.assertEqual(made, [])
        self.assertTrue(ringer.play(Tune.CHIME, once=True))
        ringer.play(Tune.BUSY)
        ringer.stop()
        self.assertEqual(len(made), 1)

    def test_engine(self) -> None:
        """Those who wait for the engine are told together, when it is loaded; it is loaded once."""
        threads: list[Deferred[None]] = []

        def in_thread(_load: object) -> Deferred[None]:
            threads.append(Deferred())
            return threads[-1]

        engine = LaterEngine(in_thread, lambda: None)
        one, other = engine.ready(), engine.ready()
        self.assertNoResult(one)
        threads[0].callback(None)
        for ready in (one, other, engine.ready()):
            self.assertIsNone(self.successResultOf(ready))
        self.assertEqual(len(threads), 1)

    def test_engine_that_cannot_be_loaded(self) -> None:
        """It is logged, and the call goes on: whoever needs what is missing says so."""
        engine = LaterEngine(lambda _load: fail(ImportError("numpy")), lambda: None)
        self.assertIsNone(self.successResultOf(engine.ready()))
        self.assertEqual(len(self.flushLoggedErrors(ImportError)), 1)

    def test_preload_leaves_nothing_to_load(self) -> None:
        """After it a conversation, its devices and its treatment load no module more."""
        probe = (
            "import sys; from kivy_client.session.compose import machine_ringer, machine_sounds, preload; "
            "preload(); before = set(sys.modules); import voz.session; machine_sounds(None); "
            "from voz.device import portaudio, sound; from voz.codec import codec; codec(); "
            "print(sorted(set(sys.modules) - before))"
        )
        done = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True)
        self.assertEqual(done.stdout.strip(), "[]")

    def test_client_at_rest_loads_no_voice_engine(self) -> None:
        """The client's modules load without NumPy, PyOgg and sounddevice."""
        heavy = {"numpy", "pyogg", "sounddevice"}
        probe = f"import sys, kivy_client.session.compose; print({heavy} & set(sys.modules))"
        done = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True)
        self.assertEqual(done.stdout.strip(), "set()")


class MachineDevicesTests(SynchronousTestCase):
    """Which devices a system has."""

    def test_a_tablet_has_androids(self) -> None:
        """Android's microphone and loudspeaker are used there, the sound cards everywhere else."""
        self.assertIs(machine_devices.of_this_machine(), machine_devices.SOUND_CARDS)
        with patch.object(sys, "getandroidapilevel", lambda: 34, create=True):
            self.assertIs(machine_devices.of_this_machine(), machine_devices.ANDROID)

    def test_no_list_on_a_tablet(self) -> None:
        """There the system chooses the devices: none are listed."""
        listed = machine_devices.ANDROID.look(Clock())
        self.assertEqual(self.successResultOf(listed), DeviceLists())

    def test_a_device_that_cannot_be(self) -> None:
        """Where Java is missing the check of Android's microphone ends with one clear error."""
        sounds = MachineSounds(Clock(), machine_devices.ANDROID)
        self.assertRaises(DeviceError, machine_devices.ANDROID.speaker, None, False)
        self.assertRaises(SoundError, sounds.listen, Settings(), lambda _level: None)
