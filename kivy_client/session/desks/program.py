"""Commands about the program: settings, devices, the set-up check, messages, the end."""

from kivy_client.session.desks.base import Desk
from kivy_client.session.results import Done, SettingsResult
from kivy_client.session.ringer import Tune
from kivy_client.session.settings import valid
from kivy_client.session.state import Settings
from kivy_client.session.vocabulary import Trouble


class ProgramDesk(Desk):
    """Settings, devices, check, messages, end."""

    def change_settings(self, settings: Settings) -> SettingsResult:
        """Put these in force and write them."""
        if not valid(settings):
            return SettingsResult.REFUSED
        former = self.session.settings.settings
        written = self.session.settings.save(settings)
        self._exchange_devices(former, settings)
        self.session.display.put(settings=settings)
        self.session.keep_messages(settings.keep_messages)
        return SettingsResult.SAVED if written else SettingsResult.NOT_WRITTEN

    def _exchange_devices(self, former: Settings, settings: Settings) -> None:
        """In a call other devices are used at once; one that cannot be opened is told."""
        same = (former.microphone, former.speaker) == (settings.microphone, settings.speaker)
        if same or self.session.exchange.call is None:
            return
        if not self.session.outside.sounds.exchange(settings):
            self.session.trouble(Trouble.SOUND, settings.microphone or settings.speaker)
        self.session.exchange.call.show(microphone=settings.microphone, speaker=settings.speaker)

    def refresh_devices(self) -> Done:
        """Look again which devices there are."""
        return Done.DONE if self.session.devices.refresh() else Done.NOTHING

    def start_check(self) -> Done:
        """Check microphone, speaker and network."""
        if self.session.exchange.call is not None:
            return Done.NOTHING
        self.session.check.start()
        return Done.DONE

    def stop_check(self) -> Done:
        """Stop the check."""
        return Done.DONE if self.session.stop_check() else Done.NOTHING

    def play_test_sound(self) -> Done:
        """Play the chime on the speaker."""
        return self._play(Tune.CHIME)

    def play_ringtone(self) -> Done:
        """Play the ringtone once."""
        return self._play(Tune.RINGTONE)

    def _play(self, tune: Tune) -> Done:
        if self.session.exchange.call is not None or not self.session.ringer.play(tune, once=True):
            return Done.NOTHING
        return Done.DONE

    def clear_messages(self) -> Done:
        """Forget the messages shown."""
        if not self.session.transcript.lines:
            return Done.NOTHING
        self.session.transcript.clear()
        self.session.display.put(messages=())
        return Done.DONE

    def dismiss(self, number: int) -> Done:
        """The problem with this number was read."""
        problems = self.session.display.state.problems
        kept = tuple(problem for problem in problems if problem.number != number)
        self.session.display.put(problems=kept)
        return Done.NOTHING if len(kept) == len(problems) else Done.DONE

    def stop(self) -> Done:
        """End the program."""
        self.session.stop()
        return Done.DONE
