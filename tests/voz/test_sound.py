"""Sound cards, with PortAudio played by the test: the contract, and what happens when they fail."""

from __future__ import annotations

import time
from collections.abc import Callable
from types import SimpleNamespace

import numpy as np
from twisted.internet.base import DelayedCall
from twisted.internet.defer import Deferred, succeed
from twisted.trial.unittest import TestCase

from tests.contracts.device import Stage, make_capture_tests, make_playback_tests
from voz.clock import BLOCK
from voz.codec import Sound
from voz.device import DeviceError, portaudio, sound, supervisor
from voz.device.portaudio import DeviceInfo
from voz.reporting import alerts

FINE = SimpleNamespace(input_overflow=False, output_underflow=False)


class Card:
    """PortAudio: streams that are called back every 10 ms of a fake clock, while their device is plugged
    in."""

    def __init__(self, test: TestCase) -> None:
        self.stage: Stage | None = None
        self.plugged = {"one", "two"}
        self.frozen = set(self.plugged)
        self.used: list[str | None] = []
        self.played: list[int] = []
        self.renewed = 0
        self.skip = 0
        test.patch(portaudio, "devices", self.devices)
        test.patch(portaudio, "renew", self.renew)
        test.patch(portaudio, "list_afresh", self.list_afresh)
        test.patch(portaudio, "sounddevice", lambda: SimpleNamespace(PortAudioError=OSError))
        test.patch(portaudio, "open_input", lambda name, _, call: self.open(name, lambda: self.hear(call)))
        test.patch(portaudio, "open_output", lambda name, _, call: self.open(name, lambda: self.play(call)))

    def on(self, stage: Stage) -> Stage:
        """The stage whose clock it follows."""
        self.stage = stage
        return stage

    def devices(self) -> tuple[DeviceInfo, ...]:
        """What was there when PortAudio started."""
        return tuple(DeviceInfo(name, 1, 1) for name in sorted(self.frozen))

    def list_afresh(self, _: object) -> Deferred[tuple[DeviceInfo, ...]]:
        """What is there now."""
        return succeed(tuple(DeviceInfo(name, 1, 1) for name in sorted(self.plugged)))

    def renew(self) -> None:
        """PortAudio starts anew."""
        self.renewed += 1
        self.frozen = set(self.plugged)

    def open(self, name: str | None, turn: Callable[[], None]) -> Stream:
        """A stream, if the device is there."""
        actual = name if name is not None else min(self.plugged, default="")
        if actual not in self.plugged or actual not in self.frozen:
            raise DeviceError(f"no device «{name}»")
        self.used.append(name)
        return Stream(self, actual, turn)

    def hear(self, callback: Callable[..., None]) -> None:
        """The microphone has a block."""
        callback(np.full(BLOCK, 5, np.int16).tobytes(), BLOCK, None, FINE)

    def play(self, callback: Callable[..., None]) -> None:
        """The loudspeaker wants a block."""
        out = bytearray(2 * BLOCK)
        callback(out, BLOCK, None, FINE)
        self.played.append(int(np.frombuffer(out, np.int16)[0]))


class Stream:
    """One open stream."""

    active = True
    latency = 0.01

    def __init__(self, card: Card, name: str, turn: Callable[[], None]) -> None:
        self.card, self.name, self.turn = card, name, turn
        assert card.stage is not None
        self.reactor = card.stage.reactor
        self.began, self.turns = self.reactor.seconds(), 0
        self.call = self.schedule()

    def schedule(self) -> DelayedCall:
        """The next turn, on a grid."""
        self.turns += 1
        due = self.began + 0.01 * self.turns - 1e-6
        return self.reactor.callLater(max(0.0, due - self.reactor.seconds()), self.run)

    def run(self) -> None:
        """A turn every 10 ms, while the device is there."""
        self.call = self.schedule()
        if self.name in self.card.plugged:
            self.turn()

    def stop(self) -> None:
        """No more turns."""
        if self.call.active():
            self.call.cancel()

    def close(self) -> None:
        """A device that is gone cannot be closed."""
        if self.name not in self.card.plugged:
            raise OSError("unanticipated host error")


def make_capture(test: TestCase) -> Callable[..., sound.SoundCapture]:
    """A microphone on a played card."""
    card = Card(test)

    def make(context: object) -> sound.SoundCapture:
        card.on(test.stage)
        capture = sound.capture("one")(context)
        test.addCleanup(capture.stop)
        return capture

    return make


def make_playback(test: TestCase) -> Callable[..., sound.SoundPlayback]:
    """A loudspeaker on a played card."""
    card = Card(test)

    def make(context: object) -> sound.SoundPlayback:
        card.on(test.stage)
        playback = sound.playback("one")(context)
        test.addCleanup(playback.stop)
        return playback

    return make


SoundCaptureContract = make_capture_tests("Sound", make_capture)
SoundPlaybackContract = make_playback_tests("Sound", make_playback)


class TroubleTests(TestCase):
    """Devices that vanish."""

    def setUp(self) -> None:
        """A card with two devices, a microphone and a loudspeaker on the second."""
        self.card = Card(self)
        self.stage = self.card.on(Stage())
        self.blocks: list[tuple[Sound, Sound | None]] = []
        self.pulled = 0
        self.capture = sound.capture("two")(self.stage.context)
        self.playback = sound.playback("two")(self.stage.context)
        self.addCleanup(self.capture.stop)
        self.addCleanup(self.playback.stop)

    def start(self) -> None:
        """Both run."""
        self.playback.start(self.pull)
        self.capture.start(lambda block, reference: self.blocks.append((block, reference)))
        self.stage.run(1.0)

    def pull(self) -> Sound:
        """One more block."""
        self.pulled += 1
        return np.full(BLOCK, self.pulled, np.int16)

    def test_reference(self) -> None:
        """With each block of the microphone comes what the loudspeaker played then; what it plays is in
        order."""
        self.start()
        references = [int(reference[0]) for _, reference in self.blocks[10:] if reference is not None]
        self.assertEqual(references, list(range(references[0], references[0] + len(references))))
        self.assertEqual(self.card.played, list(range(1, len(self.card.played) + 1)))

    def test_fresh(self) -> None:
        """Of what was heard while the other device was being opened only the last 20 ms are delivered."""
        calls: list[Callable[..., None]] = []
        turns: list[Callable[[], None]] = []
        self.patch(
            portaudio, "open_input", lambda name, _, call: calls.append(call) or self.card.open(name, int)
        )
        self.patch(self.stage.reactor, "callFromThread", turns.append)
        self.capture.start(lambda block, reference: self.blocks.append((block, reference)))
        for number in range(9):
            calls[0](np.full(BLOCK, number, np.int16).tobytes(), BLOCK, None, FINE)
        turns.pop()()
        self.assertEqual([int(block[0]) for block, _ in self.blocks], [7, 8])
        for number in range(5):
            calls[0](np.full(BLOCK, number, np.int16).tobytes(), BLOCK, None, FINE)
        turns.pop()()
        self.assertEqual(len(self.blocks), 7)

    def test_uneven(self) -> None:
        """How uneven the card's calls are is told."""
        moments = iter((0.0, 1.000, 1.012, 1.020, 1.030))
        self.patch(time, "perf_counter", lambda: next(moments))
        pace = sound._Pace()
        for _ in range(5):
            pace.beat()
        self.assertApproximates(pace.jitter_ms, 4 / 3, 1e-6)

    def test_unplugged_and_back(self) -> None:
        """An unplugged device is replaced within a second, told, and taken again when it is back."""
        self.start()
        self.card.plugged.discard("two")
        self.stage.run(1.5)
        self.assertEqual(set(self.stage.troubles), {alerts.MIC_CHANGED, alerts.SPEAKER_CHANGED})
        before = len(self.blocks)
        self.stage.run(1.0)
        self.assertGreater(len(self.blocks) - before, 90)
        self.card.plugged.add("two")
        self.stage.run(supervisor.RETURN + 1)
        self.assertEqual(self.stage.troubles[-2:].count(alerts.MIC_BACK), 1)
        self.assertEqual(self.stage.troubles[-2:].count(alerts.SPEAKER_BACK), 1)
        self.assertEqual(self.card.used[-1], "two")

    def test_all_gone_and_one_back(self) -> None:
        """Without any device the call is told once, and goes on with the chosen one when it comes back."""
        self.start()
        self.card.plugged.clear()
        self.stage.run(10.0)
        self.assertEqual(sorted(self.stage.troubles), sorted([alerts.MIC_FAILED, alerts.SPEAKER_FAILED]))
        self.card.plugged.add("two")
        self.stage.run(supervisor.RETURN + 2)
        before = len(self.blocks)
        self.stage.run(1.0)
        self.assertGreater(len(self.blocks) - before, 90)

    def test_a_headset_plugged_in_after_the_start(self) -> None:
        """A device that PortAudio did not know when it started is found by starting PortAudio anew."""
        self.card.frozen = {"one"}
        self.start()
        self.assertEqual(self.card.renewed, 1)
        self.assertGreater(len(self.blocks), 90)

    def test_unknown(self) -> None:
        """A device that is not there at all is refused."""
        self.card.plugged.discard("two")
        self.card.frozen.discard("two")
        self.assertRaises(DeviceError, self.capture.start, lambda *_: None)

    def test_runs_dry(self) -> None:
        """A loudspeaker that runs dry holds more, and gives it back when all is calm."""
        self.start()
        least = self.playback._held
        self.playback._underruns += 1
        self.stage.run(0.1)
        self.assertEqual(self.playback._held, least + 1)
        self.stage.run(sound.CALM / 100 + 1)
        self.assertEqual(self.playback._held, least)

    def test_a_stalled_reactor(self) -> None:
        """Blocks that come while the reactor stands still are dropped beyond the ring, and counted."""
        self.capture.start(lambda *_: None)
        self.patch(self.stage.reactor, "callFromThread", lambda *_: None)
        self.capture._waker._pending = False
        for _ in range(sound.CAPACITY + 5):
            self.card.hear(self.capture._callback)
        self.assertEqual(self.capture.counters().overruns, 5)
