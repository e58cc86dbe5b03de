"""What this person says to be: free, away, not to be disturbed for a while."""

from collections.abc import Callable
from dataclasses import replace

from twisted.internet.interfaces import IReactorTime

from kivy_client.session.calls.timing import Timer
from kivy_client.session.display import Display
from kivy_client.session.registry_line import RegistryLine
from kivy_client.session.settings import AccountFile
from kivy_client.session.vocabulary import Presence
from registro.wire.messages import Estado


class OwnPresence:
    """Says it to the registry, shows it, and remembers it over a restart."""

    def __init__(
        self,
        clock: IReactorTime,
        wall: Callable[[], float],
        line: RegistryLine,
        account: AccountFile,
        display: Display,
    ) -> None:
        self._wall, self._line, self._account, self._display = wall, line, account, display
        self._end = Timer(clock)
        self.set(account.account.presence, account.account.dnd_until)

    def set(self, presence: Presence, until: float | None = None) -> None:
        """Be this from now on; «do not disturb» may end by itself."""
        now = self._wall()
        if presence is Presence.DO_NOT_DISTURB and until is not None and until <= now:
            presence, until = Presence.FREE, None
        self._end.stop()
        if until is not None:
            self._end.set(until - now, lambda: self.set(Presence.FREE))
        self._display.put(presence=presence, dnd_until=until)
        self._account.save(replace(self._account.account, presence=presence, dnd_until=until))
        self._line.say(Estado(presence.value))

    def say_again(self) -> None:
        """The registry is connected anew and takes us for free."""
        presence = self._display.state.presence
        if presence is not Presence.FREE:
            self._line.say(Estado(presence.value))

    def stop(self) -> None:
        """The program ends."""
        self._end.stop()
