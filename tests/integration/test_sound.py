"""Sound devices for real: PortAudio on a private PulseAudio with virtual microphones and loudspeakers."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any
from unittest import SkipTest

from twisted.trial.unittest import TestCase

from tests.support import pulse
from tests.support.pulse import Pulse
from voz.reporting import alerts

ROOT = Path(__file__).parents[2]


class SoundTests(TestCase):
    """A loudspeaker that is heard by a microphone."""

    def setUp(self) -> None:
        """PulseAudio with two sinks."""
        if not pulse.available():
            raise SkipTest("pulseaudio and pactl are not installed")
        # Not mktemp: the name of a UNIX socket is limited to 107 bytes.
        folder = tempfile.mkdtemp(prefix="som-")
        self.addCleanup(shutil.rmtree, folder, ignore_errors=True)
        self.pulse = Pulse(Path(folder), ("one", "two"))
        self.pulse.__enter__()
        self.addCleanup(self.pulse.__exit__, None, None, None)

    def start(self, speaker: str, microphone: str, seconds: float) -> subprocess.Popen[str]:
        """A process that plays and hears."""
        program = subprocess.Popen(
            [sys.executable, "-m", "tests.support.sound_child", speaker, microphone, str(seconds)],
            cwd=ROOT,
            env=self.pulse.environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.addCleanup(self.end, program)
        return program

    def end(self, program: subprocess.Popen[str]) -> None:
        """It must not outlive the test."""
        if program.poll() is None:
            program.kill()
        program.communicate()

    def result(self, program: subprocess.Popen[str]) -> dict[str, Any]:
        """What it saw."""
        out, err = program.communicate(timeout=60)
        self.assertEqual(program.returncode, 0, err[-2000:])
        found: dict[str, Any] = json.loads(out.splitlines()[-1])
        return found

    def test_heard(self) -> None:
        """The tone that is played is heard, at a hundred blocks a second, with the reference of what was
        played."""
        seen = self.result(self.start("one", "one_mic", 4.0))
        self.assertApproximates(seen["frequency"], 700, 3)
        self.assertGreater(seen["loudness"], 2000)
        self.assertGreater(seen["blocks"], 300)
        self.assertGreater(seen["references"], seen["blocks"] // 2)
        self.assertEqual(seen["troubles"], [])

    def test_runs_dry_in_silence(self) -> None:
        """A process that stood still runs dry: it is counted, and nothing is written to standard error."""
        program = self.start("one", "one_mic", 4.0)
        assert program.stdout is not None
        self.assertEqual(program.stdout.readline(), "ready\n")
        time.sleep(1)
        program.send_signal(signal.SIGSTOP)
        time.sleep(0.4)
        program.send_signal(signal.SIGCONT)
        out, err = program.communicate(timeout=60)
        self.assertEqual((program.returncode, err), (0, ""))
        seen = json.loads(out.splitlines()[-1])
        self.assertGreater(seen["underruns"], 0)
        self.assertApproximates(seen["frequency"], 700, 3)

    def test_lists(self) -> None:
        """The devices are listed by a child process, with what they can do."""
        done = subprocess.run(
            [sys.executable, "-m", "voz.device.portaudio"],
            cwd=ROOT,
            env=self.pulse.environment(),
            capture_output=True,
            text=True,
            timeout=30,
            check=True,
        )
        names = {device["name"] for device in json.loads(done.stdout) if device["outputs"] > 0}
        self.assertTrue({"one", "two"} <= names)

    def test_unknown(self) -> None:
        """A device that does not exist is refused by its name."""
        program = self.start("three", "one_mic", 1.0)
        _, err = program.communicate(timeout=60)
        self.assertIn("«three»", err)
        self.assertNotEqual(program.returncode, 0)

    def test_unplugged(self) -> None:
        """When the server of all devices goes and comes back, the call is told and has its sound again."""
        program = self.start("one", "one_mic", 16.0)
        assert program.stdout is not None
        self.assertEqual(program.stdout.readline(), "ready\n")
        time.sleep(1)
        self.pulse.__exit__(None, None, None)
        time.sleep(2.5)
        self.pulse.__enter__()
        seen = self.result(program)
        self.assertIn(alerts.SPEAKER_FAILED, seen["troubles"])
        self.assertIn(alerts.MIC_FAILED, seen["troubles"])
        self.assertIn(alerts.SPEAKER_BACK, seen["troubles"])
        self.assertIn(alerts.MIC_BACK, seen["troubles"])
        self.assertApproximates(seen["frequency"], 700, 3)
        self.assertGreater(seen["loudness"], 2000)
