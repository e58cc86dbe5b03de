"""Outgoing and incoming: somebody is called, or calls."""

from __future__ import annotations

from typing import Any

from kivy.properties import BooleanProperty, StringProperty

from kivy_client.i18n import N_, _
from kivy_client.screens import phrases
from kivy_client.screens.navigation import Front
from kivy_client.screens.screen import Screen
from kivy_client.session.state import CallView, ViewState
from kivy_client.session.vocabulary import CallPhase
from kivy_client.widgets.choose import ActionRow
from kivy_client.widgets.field import Field
from kivy_client.widgets.focus import ENTER, KEYPAD_ENTER
from kivy_client.widgets.look import load_kv
from kivy_client.widgets.press import PillButton
from kivy_client.widgets.sheet import Sheet

REASONS = (N_("Agora não posso, ligo depois"), N_("Estou em reunião"), N_("Me ligue mais tarde"))
"""Short reasons to refuse with."""
REASON_LIMIT = 200


class Outgoing(Screen):
    """Somebody is being called: who, whether it rings there, and a way to give up."""

    front = Front.OUTGOING
    name = StringProperty("")
    phase = StringProperty("")
    hint = StringProperty("")
    relay_only = BooleanProperty(False)

    def render(self, state: ViewState) -> None:
        """Show who is called."""
        call = state.call
        if call is None:
            return
        self.name, self.phase = call.name, phrases.phase(call)
        self.hint = "" if call.phase is CallPhase.RINGING else _("Ainda não toca do outro lado.")
        self.relay_only = call.path.relay_only

    def give_up(self) -> None:
        """Do not wait any longer."""
        self.desk.do(lambda commands: commands.hang_up())

    def escape(self) -> bool:
        """Esc gives up."""
        self.give_up()
        return True


class Incoming(Screen):
    """Somebody calls: who it is, and accept, refuse, refuse with a reason."""

    front = Front.INCOMING
    name = StringProperty("")
    phase = StringProperty("")
    known = StringProperty("")
    known_icon = StringProperty("shield-check")

    def render(self, state: ViewState) -> None:
        """Show who calls, and whether that is somebody known."""
        call = state.call
        if call is None:
            return
        self.name, self.phase = call.name, phrases.phase(call)
        self.known_icon, self.known = _acquaintance(call)

    def accept(self) -> None:
        """Answer."""
        self.desk.close()
        self.desk.do(lambda commands: commands.accept())

    def refuse(self, reason: str = "") -> None:
        """Do not answer; with a reason if one was given."""
        self.desk.close()
        self.desk.do(lambda commands: commands.refuse(reason))

    def choose_reason(self) -> None:
        """Offer short reasons, and a field for one's own."""
        sheet = Sheet(
            title=_("Recusar com um motivo"), text=_("{name} vai ler o motivo.").format(name=self.name)
        )
        for reason in REASONS:
            row = ActionRow(text=_(reason), icon="message-text-outline", chevron="")
            row.bind(on_release=lambda row: self.refuse(row.text))
            sheet.add_widget(row)
        sheet.add_widget(self._own_reason())
        self.desk.open(sheet)

    def _own_reason(self) -> Any:
        field = Field(label=_("Outro motivo"), inset=24)
        field.bind(on_done=lambda field: self.refuse(field.text.strip()[:REASON_LIMIT]))
        button = PillButton(text=_("Recusar"), kind="end", pos_hint={"center_x": 0.5})
        button.bind(on_release=lambda _button: self.refuse(field.text.strip()[:REASON_LIMIT]))
        field.add_widget(button)
        return field

    def key(self, key: int, down: bool) -> bool:
        """Enter accepts where nothing else has the focus."""
        if down and key in (ENTER, KEYPAD_ENTER):
            self.accept()
            return True
        return False

    def escape(self) -> bool:
        """Esc refuses."""
        self.refuse()
        return True


def _acquaintance(call: CallView) -> tuple[str, str]:
    """Icon and words for how well this caller is known."""
    if call.verified:
        return "shield-check", _("Conhecido e conferido")
    if call.key:
        return "shield-lock-outline", _("Conhecido, ainda não conferido")
    return "account-outline", _("Primeira ligação deste nome")


load_kv(__file__)
