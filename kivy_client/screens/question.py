"""The server's fingerprint in words a person understands: eight words to compare, and two answers."""

from __future__ import annotations

from kivy.properties import BooleanProperty, ListProperty, StringProperty

from kivy_client.i18n import _
from kivy_client.screens.navigation import Front
from kivy_client.screens.screen import Screen
from kivy_client.session.state import ViewState
from kivy_client.widgets.look import load_kv
from kivy_client.widgets.press import PillButton
from kivy_client.widgets.sheet import Sheet


class Question(Screen):
    """A server seen for the first time, or one that is not the one it was."""

    front = Front.QUESTION
    address = StringProperty("")
    fingerprint = StringProperty("")
    former = StringProperty("")
    words = ListProperty([""] * 8)
    changed = BooleanProperty(False)

    def render(self, state: ViewState) -> None:
        """Show the question."""
        question = state.question
        if question is None:
            return
        self.address, self.fingerprint, self.former = question.address, question.fingerprint, question.former
        self.words = (list(question.words) + [""] * 8)[:8]
        self.changed = bool(question.former)

    def trust(self) -> None:
        """It is the right one."""
        self.desk.do(lambda commands: commands.trust_server())

    def refuse(self) -> None:
        """It is not, or nobody can tell."""
        self.desk.do(lambda commands: commands.refuse_server())

    def forget(self) -> None:
        """The operator said that the key was made anew: ask once more, then forget the old one."""
        sheet = Sheet(
            title=_("Esquecer a identificação antiga?"),
            text=_("Só se quem cuida do servidor confirmou, por outro meio, que ela mudou."),
        )
        yes = PillButton(text=_("Esquecer e perguntar de novo"), kind="end", pos_hint={"center_x": 0.5})
        yes.bind(on_release=lambda _button: self._forget())
        no = PillButton(text=_("Cancelar"), kind="text", pos_hint={"center_x": 0.5})
        no.bind(on_release=lambda _button: self.desk.close())
        sheet.add_widget(yes)
        sheet.add_widget(no)
        self.desk.open(sheet)

    def _forget(self) -> None:
        self.desk.close()
        self.desk.do(lambda commands: commands.forget_server())
        self.desk.do(lambda commands: commands.retry())

    def escape(self) -> bool:
        """Esc says no."""
        self.refuse()
        return True


load_kv(__file__)
