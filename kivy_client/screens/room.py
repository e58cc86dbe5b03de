"""The room: everybody who is registered, live; search as one types; one tap calls."""

from __future__ import annotations

from typing import Any

from kivy.clock import Clock
from kivy.properties import BooleanProperty, ColorProperty, StringProperty

from kivy_client.i18n import N_, _
from kivy_client.screens import phrases, presence  # noqa: F401 - presence: its rule is used in room.kv
from kivy_client.screens.navigation import Place
from kivy_client.screens.screen import Screen
from kivy_client.session.results import CallResult
from kivy_client.session.search import search
from kivy_client.session.state import Person, ViewState
from kivy_client.session.vocabulary import Link, Presence
from kivy_client.widgets.listing import ListingRow
from kivy_client.widgets.look import load_kv, look

CALLABLE = frozenset({Presence.FREE, Presence.AWAY, Presence.OFFLINE})
"""A tap calls these; for the others the row offers to tell when they are free."""

REFUSALS = {
    CallResult.OFFLINE: N_("Sem contato com o servidor."),
    CallResult.IN_CALL: N_("Você já está em uma ligação."),
    CallResult.ONESELF: N_("Esse é o seu próprio nome."),
    CallResult.BLOCKED: N_("Esse nome está bloqueado. Desbloqueie antes de ligar."),
    CallResult.KEY_CHANGED: N_("A chave mudou; responda ao aviso primeiro."),
    CallResult.BAD_NAME: N_("Esse nome não é possível."),
    CallResult.NOBODY: N_("Não há a quem ligar de novo."),
}
"""Why a call did not even begin."""


class RoomRow(ListingRow):
    """One person: avatar, name, state by icon, colour and word; a tap calls, the small button opens the
    details.
    """

    name = StringProperty("")
    icon = StringProperty("")
    word = StringProperty("")
    act_icon = StringProperty("")
    act_text = StringProperty("")
    tint = ColorProperty((0, 0, 0, 1))
    act_tint = ColorProperty((0, 0, 0, 1))
    lit = BooleanProperty(True)
    favourite = BooleanProperty(False)

    def apply(self, item: Person) -> None:
        """Show this person."""
        mark = phrases.presence(item)
        self.name = item.name
        self.lit = item.presence is not Presence.OFFLINE
        self.favourite = item.favourite
        self.icon, self.word, self.tint = mark.icon, mark.word, getattr(look, mark.colour)
        if item.alarm:
            self.icon, self.word, self.tint = "shield-alert", _("a chave mudou"), look.danger
        elif item.blocked:
            self.icon, self.word, self.tint = "block-helper", _("bloqueado"), look.soft
        self._offer(item)

    def _offer(self, person: Person) -> None:
        """What the row's end shows: the telephone, or the bell for those who cannot be called now."""
        if person.presence in CALLABLE:
            self.act_icon, self.act_text = "phone-outline", _("Ligar")
        else:
            self.act_icon = "bell-check-outline" if person.waiting else "bell-outline"
            self.act_text = _("Não avisar") if person.waiting else _("Avisar quando livre")
        quiet = self.act_icon == "bell-outline" or not self.lit
        self.act_tint = look.soft if quiet else look.accent


class Room(Screen):
    """The screen of the room, alone or as the left pane."""

    query = StringProperty("")
    summary = StringProperty("")
    own_name = StringProperty("")
    own_icon = StringProperty("check-circle")
    own_word = StringProperty("")
    own_tint = ColorProperty((0, 0, 0, 1))
    empty_icon = StringProperty("")
    empty_text = StringProperty("")
    empty_hint = StringProperty("")
    people: tuple[Person, ...] | None = None
    names: list[str] | None = None
    counts = (0, 0)
    looked_at: tuple[str, ...] = ()

    def __init__(self, desk: Any, **kwargs: Any) -> None:
        super().__init__(desk, **kwargs)
        self._typed = Clock.create_trigger(self._search, 0.15)
        self._looking = Clock.create_trigger(self._look_at, 0.4)
        self.ids.list.bind(scroll_y=self._looking, height=self._looking)

    def render(self, state: ViewState) -> None:
        """Show who is there, and what this person said to be."""
        self._render_self(state)
        if state.people is not self.people:
            self.people = state.people
            self._fill()
        else:
            self.ids.list.repaint()
        self._render_summary()
        self._render_empty(state)
        self._looking()

    def _render_self(self, state: ViewState) -> None:
        mark = phrases.PRESENCE[state.presence if state.connection.link is Link.ONLINE else Presence.OFFLINE]
        self.own_name = state.connection.name
        self.own_icon, self.own_word, self.own_tint = mark.icon, _(mark.word), getattr(look, mark.colour)
        if state.presence is Presence.DO_NOT_DISTURB and state.dnd_until is not None:
            self.own_word = _("até {hour}").format(hour=phrases.hour(state.dnd_until))

    def _fill(self) -> None:
        shown = search(self.people or (), self.query)
        names = [person.name for person in shown]
        self.ids.list.fill(shown, same=names == self.names)
        self.names = names
        self.counts = (len(shown), sum(person.presence is Presence.FREE for person in shown))
        self._render_summary()

    def _render_summary(self) -> None:
        """How many, and how many of them are free."""
        total, free = self.counts
        self.summary = phrases.people(total, free) if total else ""

    def _render_empty(self, state: ViewState) -> None:
        """What an empty list says: nobody found, nobody there, or not connected."""
        if self.ids.list.data:
            self.empty_text = ""
        elif self.query.strip():
            self.empty_icon, self.empty_text = "account-search-outline", _("Ninguém com esse nome")
            self.empty_hint = _("A busca não liga para acentos nem maiúsculas.")
        elif state.connection.link is Link.ONLINE:
            self.empty_icon, self.empty_text = "account-group-outline", _("Por enquanto só você está aqui")
            self.empty_hint = _("Mande o endereço do servidor para alguém.")
        else:
            self.empty_icon, self.empty_text = "lan-disconnect", phrases.connection_word(state.connection)
            self.empty_hint = _("A lista aparece quando o servidor responder.")

    def on_query(self, _room: Room, _query: str) -> None:
        """Something was typed: wait for a moment's pause, then search."""
        self._typed()

    def _search(self, _dt: float) -> None:
        query = self.query
        self.ids.list.scroll_y = 1
        self._fill()
        self._render_empty(self.desk.state)
        self.desk.do(lambda commands: commands.search(query))

    def _look_at(self, _dt: float) -> None:
        """Tell which rows are in sight, so that they stay live in a large registry."""
        names = tuple(sorted(row.name for row in self.ids.list.rows()))
        if names and names != self.looked_at:
            self.looked_at = names
            self.desk.do(lambda commands: commands.look_at(names))

    def tapped(self, person: Person) -> None:
        """A row was tapped: call."""
        self.desk.do(lambda commands: commands.call(person.name), self.began)

    def acted(self, person: Person) -> None:
        """The button at a row's end: call, or be told when free."""
        if person.presence in CALLABLE:
            self.tapped(person)
        else:
            self.desk.do(lambda commands: commands.notify_when_free(person.name, not person.waiting))

    def began(self, result: CallResult) -> None:
        """Say why no call began, if so."""
        if result in REFUSALS:
            self.desk.say(_(REFUSALS[result]))

    def details(self, person: Person) -> None:
        """Open the details of a person."""
        self.desk.go(Place.CONTACT, person.name)

    def first(self) -> None:
        """Enter in the search field: call the only one found, else go to the list."""
        found = search(self.people or (), self.query)
        if len(found) == 1:
            self.tapped(found[0])

    def choose_presence(self) -> None:
        """Offer to be free, away, or not to be disturbed for a time."""
        from kivy_client.screens.presence import presence_sheet

        self.desk.open(presence_sheet(self.desk))

    def escape(self) -> bool:
        """Esc empties the search."""
        if not self.query:
            return False
        self.ids.search.entry.text = ""
        return True


load_kv(__file__)
