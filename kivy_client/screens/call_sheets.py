"""The sheets of a call: volume of the other side, devices, and what to do when the words differ."""

from __future__ import annotations

from kivy_client.i18n import N_, _
from kivy_client.screens.desk import Desk
from kivy_client.screens.sound_rows import pick_device
from kivy_client.widgets.choose import ActionRow, Gauge
from kivy_client.widgets.press import PillButton
from kivy_client.widgets.sheet import Sheet, choices

GAIN_LIMIT = 20.0
ROUTES = {
    "earpiece": N_("Fone do aparelho"),
    "speaker": N_("Viva-voz"),
    "bluetooth": N_("Bluetooth"),
    "headset": N_("Fone de ouvido"),
}


def volume_sheet(desk: Desk) -> Sheet:
    """How much louder or softer this person is heard; kept with the contact."""
    call = desk.state.call
    name = call.name if call else ""
    sheet = Sheet(
        title=_("Volume de {name}").format(name=name), text=_("Vale também para as próximas ligações.")
    )
    gauge = Gauge(
        low=-GAIN_LIMIT, high=GAIN_LIMIT, step=1.0, value=call.gain_db if call else 0.0, text=_("Volume")
    )
    gauge.bind(on_slide=lambda _gauge, gain: desk.do(lambda commands: commands.set_gain(gain)))
    gauge.size_hint_x, gauge.pos_hint = 0.85, {"center_x": 0.5}
    sheet.add_widget(gauge)
    return sheet


def route_sheet(desk: Desk) -> Sheet:
    """Where the sound comes out and which microphone listens."""
    routes = desk.platform.speaker_routes()
    if routes:
        rows = [(route, _(ROUTES[route]), "") for route in routes if route in ROUTES]
        return choices(_("Som da ligação"), rows, "", lambda route: _choose_route(desk, route))
    call, settings = desk.state.call, desk.state.settings
    sheet = Sheet(title=_("Som da ligação"))
    devices = (
        ("microphone", _("Microfone"), call.microphone if call else settings.microphone, "microphone"),
        ("speaker", _("Alto-falante"), call.speaker if call else settings.speaker, "volume-high"),
    )
    for field, title, present, icon in devices:
        row = ActionRow(text=title, value=present or _("Padrão do sistema"), icon=icon)
        row.bind(on_release=lambda _row, field=field: pick_device(desk, field))
        sheet.add_widget(row)
    return sheet


def _choose_route(desk: Desk, route: str) -> None:
    desk.platform.choose_route(route)
    desk.close()


def words_differ_sheet(desk: Desk) -> Sheet:
    """The words differ: somebody may listen. The call ends unless it was a slip."""
    sheet = Sheet(
        title=_("As palavras são mesmo diferentes?"),
        text=_("Então alguém pode estar ouvindo no meio. A ligação termina, e fica um aviso no contato."),
    )

    def end() -> None:
        desk.close()
        desk.do(lambda commands: commands.confirm_words(False))

    yes = PillButton(text=_("São diferentes, desligar"), kind="end", pos_hint={"center_x": 0.5})
    yes.bind(on_release=lambda _button: end())
    no = PillButton(text=_("Vou comparar de novo"), kind="text", pos_hint={"center_x": 0.5})
    no.bind(on_release=lambda _button: desk.close())
    sheet.add_widget(yes)
    sheet.add_widget(no)
    return sheet
