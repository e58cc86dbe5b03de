"""What the person decided about calls before any call: asked for at each one."""

from kivy_client.session.room import Room
from kivy_client.session.settings import SettingsFile
from voz.net import PathPolicy


class Wishes:
    """The settings and the contacts, as a call needs them.

    `policy` is what the command line asks of the paths.
    """

    def __init__(self, settings: SettingsFile, room: Room, policy: PathPolicy) -> None:
        self._settings, self._room, self._policy = settings, room, policy

    def blocked(self, name: str) -> bool:
        """Calls of this name are not wanted."""
        return self._room.contact(name).blocked

    def policy(self, name: str) -> PathPolicy:
        """Return the paths that a call with this name may take."""
        relay = self._settings.settings.always_relay or self._room.contact(name).always_relay
        return PathPolicy.RELAY if relay else self._policy

    def volume(self, name: str) -> float:
        """Return how much louder this name is heard, in dB."""
        return self._room.contact(name).gain_db
