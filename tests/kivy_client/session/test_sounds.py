"""Sound outside the engine: ringer, echo, files in the place of devices, and the probe of the network."""

import wave
from collections.abc import Callable
from pathlib import Path

import numpy as np
from twisted.internet.task import Clock
from twisted.internet.testing import FakeDatagramTransport
from twisted.trial.unittest import SynchronousTestCase

from kivy_client.session.check import Probed
from kivy_client.session.echo import DelayLine, EchoSounds
from kivy_client.session.file_sounds import FileSounds
from kivy_client.session.machine_ringer import MachineRinger
from kivy_client.session.probe import PERIOD, QUESTIONS, BindingProbe
from kivy_client.session.ringer import Tune
from kivy_client.session.state import Settings
from kivy_client.session.switchable import Switchable
from kivy_client.session.voice import SoundError, VoiceRequest
from voz.clock import BLOCK, MediaClock
from voz.codec import Sound
from voz.device import DeviceContext, DeviceError, Playback, PlaybackFactory, Pull
from voz.device.paced import PacedPlayback
from voz.net import PathPolicy, Role
from voz.stun import Attribute, Kind, Method, build, pack_xor_address, parse

REQUEST = VoiceRequest(Role.CALLER, "x", PathPolicy.AUTO, False, 0.0)
SOUNDS = Path(__file__).parents[3] / "kivy_client" / "assets" / "sounds"


def context(clock: Clock) -> DeviceContext:
    """Return what a device is given; its media clock runs."""
    media = MediaClock(clock)
    media.start()
    return DeviceContext(clock, media, lambda _: None)


def block_of(value: int) -> Sound:
    """Return 10 ms of one value."""
    return np.full(BLOCK, value, np.int16)


class EchoTests(SynchronousTestCase):
    """The sound of «eco»."""

    def test_delay(self) -> None:
        """What goes in comes out a second later, once, and the delay never grows or shrinks."""
        line = DelayLine(0.05)
        out = []
        for number in range(1, 21):
            line.put(block_of(number))
            out.append(int(line.get()[0]))
        self.assertEqual([0, 0, 0, 0, *range(1, 17)], out)

    def test_nothing_is_said_twice(self) -> None:
        """When nothing is heard, nothing is said."""
        line = DelayLine(0.03)
        line.put(block_of(7))
        said = [int(line.get()[0]) for _ in range(3)]
        self.assertEqual([0, 0, 0], said)

    def test_as_devices(self) -> None:
        """As a loudspeaker and a microphone it gives back after a second what was played, and each call its
        own.
        """
        clock = Clock()
        setup = EchoSounds().setup(Settings(), REQUEST)
        around = context(clock)
        playback, capture = setup.playback(around), setup.capture(around)
        numbers = iter(range(1, 1000))
        heard: list[int] = []
        playback.start(lambda: block_of(next(numbers)))
        capture.start(lambda block, _: heard.append(int(block[0])))
        for _ in range(150):
            clock.advance(0.01)
        self.assertIn(len(heard), (149, 150))
        first = next(index for index, value in enumerate(heard) if value)
        self.assertLessEqual(abs(100 - first), 1)
        self.assertEqual(list(range(1, len(heard) - first + 1)), heard[first:])
        self.assertFalse(setup.echo or setup.noise or setup.automatic_gain or setup.dtx)


class FileTests(SynchronousTestCase):
    """WAV files in the place of devices."""

    def test_missing(self) -> None:
        """A file that is not there is one sentence, before anything begins."""
        sounds = FileSounds(Path("nada.wav"), None)
        self.assertRaises(SoundError, sounds.setup, Settings(), REQUEST)
        self.assertRaises(SoundError, sounds.listen, Settings(), lambda _: None)

    def test_files(self) -> None:
        """What is spoken comes from one file and what is heard goes into another."""
        folder = Path(self.mktemp())
        folder.mkdir()
        spoken, heard = folder / "a.wav", folder / "b.wav"
        with wave.open(str(spoken), "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(48_000)
            file.writeframes(np.arange(BLOCK * 5, dtype=np.int16).tobytes())
        clock = Clock()
        setup = FileSounds(spoken, heard).setup(Settings(), REQUEST)
        around = context(clock)
        playback, capture = setup.playback(around), setup.capture(around)
        said: list[Sound] = []
        capture.start(lambda block, _: said.append(block))
        playback.start(lambda: block_of(9))
        for _ in range(5):
            clock.advance(0.01)
        playback.stop()
        self.assertEqual(list(range(BLOCK)), said[0].tolist())
        with wave.open(str(heard), "rb") as file:
            self.assertGreaterEqual(file.getnframes(), BLOCK * 4)


class Loudspeaker(PacedPlayback):
    """Keeps what it plays."""

    def __init__(self, around: DeviceContext, name: str | None) -> None:
        super().__init__(around)
        self.name = name
        self.played: list[Sound] = []
        self.stopped = False

    def take_block(self, block: Sound) -> None:
        """Keep it."""
        self.played.append(block)

    def stop(self) -> None:
        """Remember."""
        super().stop()
        self.stopped = True


class RingerTests(SynchronousTestCase):
    """Ringtone, ring-back tone and chime."""

    def setUp(self) -> None:
        """A ringer on loudspeakers that keep what they play."""
        self.clock = Clock()
        self.speakers: list[Loudspeaker] = []
        self.settings = Settings(ringer="campainha", speaker="caixa")
        self.ringer = MachineRinger(self.clock, SOUNDS, lambda: self.settings, self.factory)

    def factory(self, name: str | None) -> PlaybackFactory:
        """Make a loudspeaker."""

        def make(around: DeviceContext) -> Playback:
            self.speakers.append(Loudspeaker(around, name))
            return self.speakers[-1]

        return make

    def play(self, seconds: float) -> None:
        """Let time go by."""
        for _ in range(round(seconds * 100)):
            self.clock.advance(0.01)

    def test_every_tune_is_there(self) -> None:
        """Each sound of the program can be played, and is heard."""
        for tune in Tune:
            self.assertTrue(self.ringer.play(tune), tune)
            self.play(1)
            self.assertGreater(max(int(np.abs(block).max()) for block in self.speakers[-1].played), 1000)

    def test_the_right_device(self) -> None:
        """The ringtone goes to the ringer, all else to the speaker; one tune at a time."""
        self.ringer.play(Tune.RINGTONE)
        self.ringer.play(Tune.RING_BACK)
        self.assertEqual(["campainha", "caixa"], [speaker.name for speaker in self.speakers])
        self.assertEqual([True, False], [speaker.stopped for speaker in self.speakers])

    def test_again_and_again(self) -> None:
        """A ring goes on until it is stopped."""
        self.ringer.play(Tune.RINGTONE)
        self.play(20)
        self.assertFalse(self.speakers[-1].stopped)
        late = self.speakers[-1].played[-1000:]
        self.assertGreater(max(int(np.abs(block).max()) for block in late), 1000)
        self.ringer.stop()
        self.assertTrue(self.speakers[-1].stopped)

    def test_once(self) -> None:
        """A tune that is played once ends by itself."""
        self.ringer.play(Tune.CHIME, once=True)
        self.play(10)
        self.assertTrue(self.speakers[-1].stopped)

    def test_volume(self) -> None:
        """The ringtone is as loud as the settings say, a chosen one is played, an unknown one replaced."""
        for ringtone in ("marimba", "sumiu"):
            self.settings = Settings(ring_volume=0.0, ringtone=ringtone)
            self.assertTrue(self.ringer.play(Tune.RINGTONE))
            self.play(1)
            self.assertEqual(0, max(int(np.abs(block).max()) for block in self.speakers[-1].played))

    def test_no_device(self) -> None:
        """A device that cannot be opened is no crash."""

        def broken(_: str | None) -> PlaybackFactory:
            def make(_: DeviceContext) -> Playback:
                raise DeviceError("nenhum")

            return make

        self.assertFalse(MachineRinger(self.clock, SOUNDS, Settings, broken).play(Tune.CHIME))


class SwitchTests(SynchronousTestCase):
    """Devices that are exchanged while they are in use."""

    def setUp(self) -> None:
        """A loudspeaker in use."""
        self.clock = Clock()
        self.context = context(self.clock)
        self.made: list[Loudspeaker] = []
        self.device = Switchable(self.context, self.maker("um"))
        self.device.start(lambda: block_of(1))

    def maker(self, name: str, broken: bool = False) -> Callable[[DeviceContext], Loudspeaker]:
        """Return what makes a loudspeaker of this name."""

        def make(around: DeviceContext) -> Loudspeaker:
            self.made.append(BrokenLoudspeaker(around, name) if broken else Loudspeaker(around, name))
            return self.made[-1]

        return make

    def names_playing(self) -> list[str | None]:
        """Return who plays."""
        before = {id(one): len(one.played) for one in self.made}
        self.clock.advance(0.01)
        return [one.name for one in self.made if len(one.played) > before[id(one)]]

    def test_exchange(self) -> None:
        """The other device plays, the former one is let go of."""
        self.assertTrue(self.device.exchange(self.maker("dois")))
        self.assertEqual(["dois"], self.names_playing())
        self.assertTrue(self.made[0].stopped)

    def test_one_that_fails(self) -> None:
        """A device that cannot be opened leaves the former one in use."""
        self.assertFalse(self.device.exchange(self.maker("dois", broken=True)))
        self.assertEqual(["um"], self.names_playing())

    def test_after_the_end(self) -> None:
        """A device that is not in use is not exchanged."""
        self.device.stop()
        self.assertFalse(self.device.exchange(self.maker("dois")))
        self.assertEqual([], self.names_playing())


class BrokenLoudspeaker(Loudspeaker):
    """Cannot be opened."""

    def start(self, pull: Pull) -> None:
        """Fail."""
        raise DeviceError("nenhum")


class ProbeTests(SynchronousTestCase):
    """STUN Binding requests to the registry's UDP port."""

    def setUp(self) -> None:
        """A probe on a transport in memory."""
        self.clock = Clock()
        self.probe = BindingProbe(self.clock, "192.0.2.1", 5000)
        self.transport = FakeDatagramTransport()
        self.transport.stopListening = lambda: None  # type: ignore[attr-defined]
        self.found: list[Probed] = []
        self.probe.done.addCallback(self.found.append)
        self.probe.makeConnection(self.transport)

    def answer(self, sent: bytes, where: tuple[str, int] = ("192.0.2.1", 5000)) -> None:
        """Answer a question."""
        transaction = parse(sent).transaction
        mapped = pack_xor_address(("198.51.100.7", 4444), transaction)
        attributes = ((Attribute.XOR_MAPPED_ADDRESS, mapped),)
        self.probe.datagramReceived(build(Method.BINDING, Kind.SUCCESS, transaction, attributes), where)

    def run_with(self, answers: Callable[[int], bool], delay: float = 0.04) -> Probed:
        """Let the probe run; `answers` says which questions are answered."""
        for number in range(QUESTIONS):
            self.clock.advance(delay)
            if answers(number):
                self.answer(self.transport.written[number][0])
            self.clock.advance(PERIOD - delay)
        self.clock.advance(2)
        return self.found[0]

    def test_all_answered(self) -> None:
        """Eight questions, eight answers, and the round trip between."""
        found = self.run_with(lambda _: True)
        self.assertEqual((QUESTIONS, QUESTIONS), (found.asked, found.answered))
        self.assertLessEqual(abs(40 - found.round_trip_ms), 0.5)

    def test_some_lost(self) -> None:
        """Answers that are missing are counted."""
        self.assertEqual(QUESTIONS // 2, self.run_with(lambda number: number % 2 == 0).answered)

    def test_nobody(self) -> None:
        """No answer at all is an answer too."""
        self.assertEqual(Probed(QUESTIONS, 0, 0.0), self.run_with(lambda _: False))

    def test_junk(self) -> None:
        """Junk, strangers and repeated answers do not count."""
        sent = self.transport.written[0][0]
        self.probe.datagramReceived(b"junk", ("192.0.2.1", 5000))
        self.answer(sent, ("203.0.113.9", 5000))
        self.answer(sent)
        self.answer(sent)
        self.assertEqual(1, self.run_with(lambda _: False).answered)
