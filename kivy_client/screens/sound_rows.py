"""Choosing a microphone, a speaker or a ringer: the same sheet in a call and in the settings."""

from __future__ import annotations

from dataclasses import replace

from kivy_client.i18n import N_, _
from kivy_client.screens.desk import Desk
from kivy_client.session.results import SettingsResult
from kivy_client.session.state import DeviceView, ViewState
from kivy_client.widgets.sheet import choices

TITLES = {"microphone": N_("Microfone"), "speaker": N_("Alto-falante"), "ringer": N_("Onde toca")}


def devices(state: ViewState, field: str) -> tuple[DeviceView, ...]:
    """The devices that a setting can name."""
    return state.microphones if field == "microphone" else state.speakers


def device_label(state: ViewState, field: str) -> str:
    """What people read for the device a setting names."""
    name = getattr(state.settings, field)
    found = next((device.label for device in devices(state, field) if device.name == name), name)
    return found or _("Padrão do sistema")


def pick_device(desk: Desk, field: str) -> None:
    """Offer the devices there are, the system's choice first."""
    desk.do(lambda commands: commands.refresh_devices())
    state = desk.state
    rows = [("", _("Padrão do sistema"), "")]
    rows += [
        (device.name, device.label, _("padrão") if device.default else "") for device in devices(state, field)
    ]

    def pick(name: str) -> None:
        desk.close()
        change(desk, field, name)

    desk.open(choices(_(TITLES[field]), rows, getattr(state.settings, field), pick))


def change(desk: Desk, field: str, value: object) -> None:
    """Put one setting in force."""
    settings = replace(desk.state.settings, **{field: value})  # type: ignore[arg-type]  # the field's own type
    desk.do(lambda commands: commands.change_settings(settings), lambda result: _told(desk, result))


def _told(desk: Desk, result: SettingsResult) -> None:
    """Say it where a setting was not kept."""
    if result is SettingsResult.REFUSED:
        desk.say(_("Esse valor não serve; nada mudou."))
    elif result is SettingsResult.NOT_WRITTEN:
        desk.say(_("Vale até fechar o programa: o arquivo não pôde ser gravado."))
