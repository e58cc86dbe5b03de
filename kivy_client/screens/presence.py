"""What a person says to be: the button in the room's head and the sheet it opens."""

from __future__ import annotations

from kivy.properties import ColorProperty, StringProperty
from kivy.uix.boxlayout import BoxLayout

from kivy_client.i18n import N_, _
from kivy_client.screens.desk import Desk
from kivy_client.session.boundary import Commands
from kivy_client.session.results import Done
from kivy_client.session.vocabulary import Presence
from kivy_client.widgets.look import load_kv
from kivy_client.widgets.press import Pressable
from kivy_client.widgets.sheet import Sheet, choices

_OFFERS: tuple[tuple[str, Presence, float | None, str, str], ...] = (
    ("free", Presence.FREE, None, N_("Livre"), N_("As ligações tocam.")),
    ("away", Presence.AWAY, None, N_("Ausente"), N_("Tocam também; os outros veem que talvez você demore.")),
    (
        "dnd-30",
        Presence.DO_NOT_DISTURB,
        1800,
        N_("Não perturbe por 30 minutos"),
        N_("O servidor recusa por você."),
    ),
    ("dnd-120", Presence.DO_NOT_DISTURB, 7200, N_("Não perturbe por 2 horas"), ""),
    ("dnd", Presence.DO_NOT_DISTURB, None, N_("Não perturbe até eu mudar"), ""),
)


class PresenceButton(Pressable, BoxLayout):
    """The own name with the own state; a tap offers others."""

    name = StringProperty("")
    icon = StringProperty("")
    word = StringProperty("")
    tint = ColorProperty((0, 0, 0, 1))


def presence_sheet(desk: Desk) -> Sheet:
    """A sheet with what one can say to be."""
    state = desk.state
    timed = state.dnd_until is not None
    offers = {key: (said, seconds) for key, said, seconds, _text, _help in _OFFERS}
    chosen = next((key for key, (said, s) in offers.items() if said is state.presence and s is None), "")

    def pick(key: str) -> None:
        said, seconds = offers[key]
        until = desk.now() + seconds if seconds else None
        desk.close()
        desk.do(lambda commands: _say(commands, said, until))

    rows = [(key, _(text), _(remark)) for key, _said, _seconds, text, remark in _OFFERS]
    title = _("{name}, como você está?").format(name=state.connection.name or _("Você"))
    return choices(title, rows, "" if timed else chosen, pick)


def _say(commands: Commands, said: Presence, until: float | None) -> Done:
    """The command for what was picked."""
    if said is Presence.FREE:
        return commands.be_free()
    if said is Presence.AWAY:
        return commands.be_away()
    return commands.do_not_disturb(until)


load_kv(__file__)
