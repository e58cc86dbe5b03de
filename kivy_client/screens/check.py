"""Microphone, speaker and network in one screen, with real levels."""

from __future__ import annotations

from kivy.properties import BooleanProperty, StringProperty

from kivy_client.i18n import N_, _
from kivy_client.screens.navigation import Front
from kivy_client.screens.screen import Screen
from kivy_client.screens.sound_rows import device_label, pick_device
from kivy_client.session.state import CheckView, ViewState
from kivy_client.session.vocabulary import CheckState, Remark
from kivy_client.widgets.look import load_kv
from kivy_client.widgets.parts import Meter

_ICONS = {
    CheckState.NOT_RUN: "circle-outline",
    CheckState.RUNNING: "dots-horizontal",
    CheckState.GOOD: "check-circle",
    CheckState.DOUBTFUL: "alert-circle",
    CheckState.BAD: "close",
}
TONES = {CheckState.GOOD: "good", CheckState.DOUBTFUL: "warn", CheckState.BAD: "danger"}
_REMARKS = {
    Remark.NO_DEVICE: N_("Não há esse aparelho, ou ele não abre."),
    Remark.SILENT: N_("Abre, mas nenhum som chega. Está desligado?"),
    Remark.TOO_SOFT: N_("Muito baixo. Chegue mais perto ou aumente o volume."),
    Remark.TOO_LOUD: N_("Alto demais. Afaste um pouco."),
    Remark.NO_SERVER: N_("O servidor não está conectado."),
    Remark.NO_UDP: N_("A voz vai por dentro da conexão segura, com mais atraso."),
    Remark.SLOW: N_("O caminho é longo: vai haver atraso."),
    Remark.LOSSY: N_("Algumas respostas se perdem."),
}
_PROMPTS = {
    "microphone": N_("Fale alguma coisa."),
    "speaker": N_("Toque o som: dá para ouvir?"),
    "network": N_("Medindo o caminho até o servidor…"),
}
_FINE = {
    "microphone": N_("Ouvimos você."),
    "speaker": N_("O som sai."),
    "network": N_("O caminho está livre."),
}


def verdict(part: str, view: CheckView) -> str:
    """What one part of the check found, in one sentence."""
    if view.remark in _REMARKS:
        return _(_REMARKS[view.remark])
    if view.state is CheckState.GOOD:
        if part == "network" and view.figure is not None:
            return _("O caminho está livre: {ms} ms de ida e volta.").format(ms=round(view.figure))
        return _(_FINE[part])
    return _(_PROMPTS[part])


class Check(Screen):
    """Runs while it is in front."""

    front = Front.CHECK
    microphone = StringProperty("")
    microphone_icon = StringProperty("circle-outline")
    microphone_tone = StringProperty("")
    microphone_device = StringProperty("")
    speaker = StringProperty("")
    speaker_icon = StringProperty("circle-outline")
    speaker_tone = StringProperty("")
    speaker_device = StringProperty("")
    network = StringProperty("")
    network_icon = StringProperty("circle-outline")
    network_tone = StringProperty("")
    arriving = BooleanProperty(True)

    def render(self, state: ViewState) -> None:
        """Show what was found so far."""
        for part in ("microphone", "speaker", "network"):
            view = getattr(state.setup, part)
            setattr(self, part, verdict(part, view))
            setattr(self, f"{part}_icon", _ICONS[view.state])
            setattr(self, f"{part}_tone", TONES.get(view.state, ""))
        self.microphone_device = device_label(state, "microphone")
        self.speaker_device = device_label(state, "speaker")

    def entered(self) -> None:
        """Begin to measure."""
        self.desk.do(lambda commands: commands.start_check())

    def left(self) -> None:
        """Stop measuring."""
        self.desk.do(lambda commands: commands.stop_check())

    def levels(self) -> dict[Meter, float]:
        """What the microphone hears."""
        return {self.ids.level: self.desk.state.meters.mine}

    def play(self) -> None:
        """Play the chime."""
        self.desk.do(lambda commands: commands.play_test_sound())

    def choose(self, field: str) -> None:
        """Choose another device."""
        pick_device(self.desk, field)

    def again(self) -> None:
        """Measure once more."""
        self.desk.do(lambda commands: commands.start_check())

    def enter(self) -> None:
        """Into the room."""
        self.desk.check(False)
        self.desk.arrived()

    def escape(self) -> bool:
        """Esc is enough of it."""
        self.enter()
        return True


load_kv(__file__)
