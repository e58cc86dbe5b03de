"""The set-up check, devices, settings, problems, messages: what a person does with the program itself."""

from pathlib import Path

from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase

from kivy_client.session.boundary import (
    CallCommands,
    Commands,
    ConnectionCommands,
    PeopleCommands,
    ProgramCommands,
    RecordingCommands,
)
from kivy_client.session.check import LISTEN_TIME, Probed, decibels, loudness
from kivy_client.session.results import CallResult, Done, SettingsResult
from kivy_client.session.ringer import Tune
from kivy_client.session.settings import SettingsFile
from kivy_client.session.state import CheckView, Settings
from kivy_client.session.transcript import FILE
from kivy_client.session.vocabulary import CheckState, Remark, Theme, Trouble
from tests.support.client_world import ClientWorld


class ProgramCase(SynchronousTestCase):
    """A client that is online."""

    def setUp(self) -> None:
        """Be online."""
        self.world = ClientWorld(Path(self.mktemp()), self.patch)
        self.world.online("ana", bia="livre")
        self.client = self.world.client


class MicrophoneTests(ProgramCase):
    """Does the microphone hear?"""

    def hear(self, *levels: float) -> CheckView:
        """Start a check, speak into the microphone, and return what was found."""
        self.assertEqual(Done.DONE, self.client.start_check())
        self.world.turn()
        self.assertEqual(CheckState.RUNNING, self.world.state.setup.microphone.state)
        for level in levels:
            assert self.world.sounds.heard is not None
            self.world.sounds.heard(level)
        self.world.wait(LISTEN_TIME)
        self.assertIsNone(self.world.sounds.heard, "it is closed afterwards")
        return self.world.state.setup.microphone

    def test_good(self) -> None:
        """Speech at a good level is good, and the meter moves with it."""
        found = self.hear(0.01, 0.3)
        self.assertEqual((CheckState.GOOD, Remark.NONE), (found.state, found.remark))
        assert found.figure is not None
        self.assertLessEqual(abs(-10.5 - found.figure), 0.1)

    def test_silent(self) -> None:
        """Nothing but zeros is a microphone that is switched off."""
        self.assertEqual((CheckState.BAD, Remark.SILENT), self.verdict(0.0, 0.0))

    def test_soft_and_loud(self) -> None:
        """Too soft and too loud work, with a remark."""
        self.assertEqual((CheckState.DOUBTFUL, Remark.TOO_SOFT), self.verdict(0.005))
        self.assertEqual((CheckState.DOUBTFUL, Remark.TOO_LOUD), self.verdict(1.0))

    def verdict(self, *levels: float) -> tuple[CheckState, Remark]:
        """What was found."""
        found = self.hear(*levels)
        return found.state, found.remark

    def test_no_microphone(self) -> None:
        """One that cannot be opened is told with the system's words."""
        self.world.sounds.broken = True
        self.client.start_check()
        self.world.turn()
        found = self.world.state.setup.microphone
        self.assertEqual((CheckState.BAD, Remark.NO_DEVICE), (found.state, found.remark))
        self.assertEqual("no microphone", found.detail)

    def test_levels(self) -> None:
        """A meter has even steps from -60 dBFS to full scale."""
        self.assertEqual(-60.0, decibels(0.0))
        self.assertEqual((0.0, 0.0, 1.0), (loudness(0.0), loudness(1e-9), loudness(1.0)))
        self.assertAlmostEqual(0.5, loudness(10 ** (-30 / 20)))

    def test_stopping(self) -> None:
        """A check that is stopped lets go of everything, and a call stops it too."""
        self.client.start_check()
        self.assertEqual(Done.DONE, self.client.stop_check())
        self.assertEqual(Done.NOTHING, self.client.stop_check())
        self.world.turn()
        self.assertEqual(CheckState.NOT_RUN, self.world.state.setup.microphone.state)
        self.client.start_check()
        self.assertEqual(CallResult.STARTED, self.client.call("bia"))
        self.assertIsNone(self.world.sounds.heard)
        self.assertEqual(Done.NOTHING, self.client.start_check(), "not in a call")


class SpeakerTests(ProgramCase):
    """Does the speaker play?"""

    def test_speaker(self) -> None:
        """The chime is played; a speaker that cannot be opened is told."""
        self.client.start_check()
        self.world.turn()
        self.assertEqual([Tune.CHIME], self.world.ringer.played)
        self.assertEqual(CheckState.GOOD, self.world.state.setup.speaker.state)
        self.world.ringer.broken = True
        self.client.start_check()
        self.world.turn()
        self.assertEqual(CheckState.BAD, self.world.state.setup.speaker.state)

    def test_single_sounds(self) -> None:
        """Chime and ringtone can be played alone."""
        self.assertEqual(Done.DONE, self.client.play_test_sound())
        self.assertEqual(Done.DONE, self.client.play_ringtone())
        self.assertEqual([Tune.CHIME, Tune.RINGTONE], self.world.ringer.played)
        self.world.ringer.broken = True
        self.assertEqual(Done.NOTHING, self.client.play_ringtone())


class NetworkTests(ProgramCase):
    """Does the network carry voice?"""

    def probed(self, found: Probed | Failure) -> CheckView:
        """Start a check, and let the probe find this."""
        self.client.start_check()
        if isinstance(found, Failure):
            self.world.probes[-1].errback(found)
        else:
            self.world.probes[-1].callback(found)
        self.world.turn()
        return self.world.state.setup.network

    def test_verdicts(self) -> None:
        """Good, slow, lossy, and no UDP at all."""
        for found, state, remark in (
            (Probed(8, 8, 40.0), CheckState.GOOD, Remark.NONE),
            (Probed(8, 8, 400.0), CheckState.DOUBTFUL, Remark.SLOW),
            (Probed(8, 6, 40.0), CheckState.DOUBTFUL, Remark.LOSSY),
            (Probed(8, 0, 0.0), CheckState.DOUBTFUL, Remark.NO_UDP),
            (Failure(OSError("no route")), CheckState.DOUBTFUL, Remark.NO_UDP),
        ):
            view = self.probed(found)
            self.assertEqual((state, remark), (view.state, view.remark))

    def test_no_server(self) -> None:
        """Without a registry there is nothing to measure."""
        self.client.disconnect()
        self.client.start_check()
        self.world.turn()
        self.assertEqual(Remark.NO_SERVER, self.world.state.setup.network.remark)

    def test_stopped(self) -> None:
        """A probe that is stopped reports nothing."""
        self.client.start_check()
        self.client.stop_check()
        self.world.turn()
        self.assertEqual(CheckState.NOT_RUN, self.world.state.setup.network.state)


class SettingsTests(ProgramCase):
    """Settings and devices."""

    def test_saved(self) -> None:
        """A change is in force, on the screen and on disk at once."""
        chosen = Settings(theme=Theme.DARK)
        self.assertEqual(SettingsResult.SAVED, self.client.change_settings(chosen))
        self.world.turn()
        self.assertEqual(chosen, self.world.state.settings)
        self.world.start()
        self.assertEqual(chosen, self.world.state.settings)

    def test_refused(self) -> None:
        """Nonsense changes nothing."""
        self.assertEqual(SettingsResult.REFUSED, self.client.change_settings(Settings(font_scale=99)))
        self.assertEqual(Settings(), self.world.state.settings)

    def test_not_written(self) -> None:
        """Settings that cannot be written are in force until the end, and the person is told."""
        file = self.world.folder / SettingsFile.FILE
        file.mkdir()
        self.assertEqual(SettingsResult.NOT_WRITTEN, self.client.change_settings(Settings(language="en")))
        self.world.turn()
        self.assertEqual("en", self.world.state.settings.language)
        problem = self.world.state.problems[-1]
        self.assertEqual(Trouble.FILE_NOT_WRITTEN, problem.trouble)
        self.assertEqual(Done.DONE, self.client.dismiss(problem.number))
        self.assertEqual(Done.NOTHING, self.client.dismiss(problem.number))

    def test_devices(self) -> None:
        """Devices are listed when asked for; a sound system that fails is told."""
        self.assertEqual(Done.DONE, self.client.refresh_devices())
        self.world.turn()
        self.assertEqual("mic", self.world.state.microphones[0].name)
        self.assertEqual("speaker", self.world.state.speakers[0].name)
        self.world.sounds.broken = True
        self.client.refresh_devices()
        self.world.turn()
        self.assertEqual(Trouble.SOUND, self.world.state.problems[-1].trouble)


class MessageTests(ProgramCase):
    """Messages, as the mission asks."""

    def test_shown(self) -> None:
        """Every message sent and received is shown in its order; keys and signatures are cut."""
        lines = self.world.state.messages
        verbs = [(line.outgoing, line.verb) for line in lines[:4]]
        expected = [
            (False, "OLA"),
            (True, "PEDIDO-REGISTRO"),
            (False, "REGISTRO-BEM-SUCEDIDO"),
            (True, "PEDIDO-TABELA"),
        ]
        self.assertEqual(expected, verbs)
        self.assertIn("sig=", lines[1].text)
        self.assertLess(len(lines[1].text), 100)
        self.assertEqual(list(range(1, len(lines) + 1)), [line.number for line in lines])

    def test_cleared(self) -> None:
        """They can be forgotten; numbers go on."""
        last = self.world.state.messages[-1].number
        self.assertEqual(Done.DONE, self.client.clear_messages())
        self.assertEqual(Done.NOTHING, self.client.clear_messages())
        self.client.be_away()
        self.world.turn()
        self.assertEqual([last + 1], [line.number for line in self.world.state.messages])

    def test_kept_on_wish_only(self) -> None:
        """Messages go to a private file only while the settings say so."""
        file = self.world.folder / FILE
        self.assertFalse(file.exists())
        self.client.change_settings(Settings(keep_messages=True))
        self.client.be_away()
        self.client.change_settings(Settings())
        self.client.be_free()
        text = file.read_text("utf-8")
        self.assertIn("> ESTADO", text)
        self.assertEqual(1, text.count("\n"))
        self.assertEqual(0o600, file.stat().st_mode & 0o777)


class BoundaryTests(SynchronousTestCase):
    """The contract with faces."""

    def test_the_controller_has_every_command(self) -> None:
        """Each command of the boundary is a method of the controller, and says what it does."""
        world = ClientWorld(Path(self.mktemp()), self.patch)
        for part in (ConnectionCommands, CallCommands, PeopleCommands, ProgramCommands):
            for name in vars(part):
                if not name.startswith("_"):
                    self.assertTrue(callable(getattr(world.client, name)), name)
                    self.assertTrue(getattr(part, name).__doc__, name)

    def test_without_anything_no_command_raises(self) -> None:
        """Before a connection or a call every command answers; none raises."""
        world = ClientWorld(Path(self.mktemp()), self.patch)
        given: dict[str, tuple[object, ...]] = {
            "connect": ("", ""),
            "open_link": ("",),
            "export_identity": ("x", ""),
            "import_identity": ("x", ""),
            "change_settings": (Settings(),),
            "look_at": ((),),
            "notify_when_free": ("bia", False),
            "favourite": ("bia", False),
            "always_relay": ("bia", False),
            "contact_gain": ("bia", 0.0),
            "block": ("bia", False),
            "mute": (True,),
            "push_to_talk": (True,),
            "set_gain": (0.0,),
            "confirm_words": (True,),
            "remove_history": (1,),
            "dismiss": (1,),
        }
        for name in dir(Commands):
            if not name.startswith("_"):
                words = given.get(name, ("x",) if name in NAMES else ())
                self.assertIsNotNone(getattr(world.client, name)(*words), name)

    def test_the_recorder_takes_commands_only(self) -> None:
        """The recording stand-in refuses what the boundary does not have."""
        recorder = RecordingCommands(call=CallResult.OFFLINE)
        self.assertEqual(CallResult.OFFLINE, recorder.commands.call("ana"))
        recorder.commands.mute(on=True)
        self.assertEqual([("call", ("ana",)), ("mute", (True,))], recorder.calls)
        self.assertRaises(AttributeError, getattr, recorder, "fly")


NAMES = frozenset({"call", "search", "forget", "accept_key", "keep_key"})
