"""Commands about names: the room, contacts, history."""

from collections.abc import Sequence

from kivy_client.session.contacts import MOST_GAIN
from kivy_client.session.desks.base import Desk
from kivy_client.session.results import Done
from kivy_client.session.vocabulary import NoticeKind, Presence
from registro.wire.fields import NameError_, canonical_name


def _done(changed: bool) -> Done:
    return Done.DONE if changed else Done.NOTHING


class PeopleDesk(Desk):
    """Whom one sees, what one keeps, what one remembers."""

    def look_at(self, names: Sequence[str]) -> Done:
        """These rows are on the screen."""
        self.session.room.look_at(names)
        return Done.DONE

    def search(self, text: str) -> Done:
        """The person types this."""
        self.session.room.search(text)
        return Done.DONE

    def notify_when_free(self, name: str, on: bool) -> Done:
        """Tell once when the name becomes free; at once if it is."""
        if on and self.session.room.table.presence(name) is Presence.FREE:
            self.session.display.notify(NoticeKind.FREE_NOW, name)
            return Done.DONE
        return self._keep(name, waiting=on)

    def favourite(self, name: str, on: bool) -> Done:
        """Keep the name on top."""
        return self._keep(name, favourite=on)

    def always_relay(self, name: str, on: bool) -> Done:
        """Never let this contact learn our addresses."""
        return self._keep(name, always_relay=on)

    def contact_gain(self, name: str, gain_db: float) -> Done:
        """How much louder this contact is heard."""
        call = self.session.exchange.call
        gain = max(-MOST_GAIN, min(MOST_GAIN, gain_db))
        if call is not None and call.view.name == name:
            call.switches.volume(gain)
        return self._keep(name, gain_db=gain)

    def block(self, name: str, on: bool) -> Done:
        """Refuse calls of this name without ringing."""
        return self._keep(name, blocked=on)

    def _keep(self, name: str, **changes: object) -> Done:
        try:
            known = canonical_name(name)
        except NameError_:
            return Done.NOTHING
        return _done(self.session.room.keep(known, **changes))

    def forget(self, name: str) -> Done:
        """Remove the contact."""
        return _done(self.session.room.forget(name))

    def accept_key(self, name: str) -> Done:
        """Pin the new key; «verified» is taken back."""
        if not self.session.trust.accept(name):
            return Done.NOTHING
        self.session.room.keep(name, verified=False)
        return Done.DONE

    def keep_key(self, name: str) -> Done:
        """Keep the former key."""
        return _done(self.session.trust.keep(name))

    def history_seen(self) -> Done:
        """The person looked at the missed calls."""
        return self._history(self.session.history.seen(self.session.trust.server))

    def remove_history(self, number: int) -> Done:
        """Remove one entry."""
        return self._history(self.session.history.remove(self.session.trust.server, number))

    def clear_history(self) -> Done:
        """Remove all entries."""
        return self._history(self.session.history.clear(self.session.trust.server))

    def _history(self, changed: bool) -> Done:
        if changed:
            self.session.chronicle.show_history()
        return _done(changed)
