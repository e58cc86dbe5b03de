"""The red screen: a contact shows another key. It explains what that means, and nothing proceeds until
answered.
"""

from __future__ import annotations

from kivy.properties import BooleanProperty, StringProperty

from kivy_client.i18n import _
from kivy_client.screens.navigation import Front
from kivy_client.screens.screen import Screen
from kivy_client.session.state import ViewState
from kivy_client.widgets.look import load_kv
from kivy_client.widgets.press import PillButton
from kivy_client.widgets.sheet import Sheet


class Alarm(Screen):
    """Two answers: keep the former key, or take the new one after asking the person by another way."""

    front = Front.ALARM
    name = StringProperty("")
    former = StringProperty("")
    present = StringProperty("")
    calling = BooleanProperty(False)

    def render(self, state: ViewState) -> None:
        """Show the first alarm."""
        if state.alarms:
            alarm = state.alarms[0]
            self.name, self.former, self.present = alarm.name, alarm.former, alarm.present
            self.calling = alarm.calling

    def keep(self) -> None:
        """Stay with the key that is known."""
        name = self.name
        self.desk.do(lambda commands: commands.keep_key(name))

    def ask_accept(self) -> None:
        """Ask once more before the new key is taken."""
        sheet = Sheet(
            title=_("{name} confirmou pessoalmente?").format(name=self.name),
            text=_("Pergunte por outro meio (ao vivo, por um telefone já conhecido) se trocou de aparelho."),
        )
        yes = PillButton(text=_("Sim, aceitar a chave nova"), kind="end", pos_hint={"center_x": 0.5})
        yes.bind(on_release=lambda _button: self._accept())
        no = PillButton(text=_("Ainda não"), kind="text", pos_hint={"center_x": 0.5})
        no.bind(on_release=lambda _button: self.desk.close())
        sheet.add_widget(yes)
        sheet.add_widget(no)
        self.desk.open(sheet)

    def _accept(self) -> None:
        name = self.name
        self.desk.close()
        self.desk.do(lambda commands: commands.accept_key(name))

    def escape(self) -> bool:
        """Esc decides nothing here."""
        return True


load_kv(__file__)
