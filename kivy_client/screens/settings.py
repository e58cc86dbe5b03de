"""The settings: sound, calls, look, privacy, identity, server; each takes effect at once."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from kivy.properties import BooleanProperty, ListProperty, NumericProperty, StringProperty

from kivy_client.assets.sounds import RINGTONES
from kivy_client.i18n import LANGUAGES, N_, _
from kivy_client.screens.files import FileWish, ask_file_and_passphrase
from kivy_client.screens.navigation import Place
from kivy_client.screens.screen import Screen
from kivy_client.screens.sound_rows import change, device_label, pick_device
from kivy_client.session.results import IdentityResult
from kivy_client.session.state import IdentityView, Settings, ViewState
from kivy_client.session.vocabulary import IdentityTask, Latency, Link, Theme
from kivy_client.theme.typography import SCALES
from kivy_client.widgets.look import load_kv
from kivy_client.widgets.sheet import Doubt, choices, confirmation

_TASKS = {
    IdentityTask.RUNNING: N_("Um momento…"),
    IdentityTask.EXPORTED: N_("Identidade guardada no arquivo."),
    IdentityTask.IMPORTED: N_("Identidade trocada."),
    IdentityTask.WRONG_PHRASE: N_("A frase secreta não abre esse arquivo."),
    IdentityTask.NOT_AN_IDENTITY: N_("Esse arquivo não guarda uma identidade."),
    IdentityTask.FILE_EXISTS: N_("Esse arquivo já existe; escolha outro nome."),
    IdentityTask.FILE_FAILED: N_("O arquivo não pôde ser lido ou gravado."),
}
_IDENTITY_RESULTS = {
    IdentityResult.PHRASE_TOO_SHORT: N_("A frase secreta precisa de pelo menos 8 letras."),
    IdentityResult.BUSY: N_("Agora não: termine a ligação primeiro."),
}
_SWITCHES = (
    "echo_cancel",
    "noise_suppression",
    "auto_gain",
    "push_to_talk",
    "vibrate",
    "notifications",
    "always_relay",
    "keep_messages",
)
_THEMES = {
    Theme.SYSTEM: N_("Sistema"),
    Theme.LIGHT: N_("Claro"),
    Theme.DARK: N_("Escuro"),
    Theme.CONTRAST: N_("Contraste"),
}
_LATENCIES = {Latency.NORMAL: N_("Normal"), Latency.LOW: N_("Baixo")}


class SettingsScreen(Screen):
    """Shows the settings in force; a change is a command, and is seen when it is in force."""

    microphone = StringProperty("")
    speaker = StringProperty("")
    ringer = StringProperty("")
    ringtone = StringProperty("")
    ring_volume = NumericProperty(0.8)
    echo_cancel = BooleanProperty(True)
    noise_suppression = BooleanProperty(True)
    auto_gain = BooleanProperty(True)
    push_to_talk = BooleanProperty(False)
    vibrate = BooleanProperty(True)
    notifications = BooleanProperty(True)
    always_relay = BooleanProperty(False)
    keep_messages = BooleanProperty(False)
    latency = StringProperty("")
    latencies = ListProperty([])
    theme = StringProperty("")
    themes = ListProperty([])
    language = StringProperty("")
    languages = ListProperty([])
    font_scale = NumericProperty(1.0)
    fingerprint = StringProperty("")
    task = StringProperty("")
    server = StringProperty("")
    name = StringProperty("")
    online = BooleanProperty(False)

    def render(self, state: ViewState) -> None:
        """Show the settings in force."""
        settings = state.settings
        for field in _SWITCHES:
            setattr(self, field, getattr(settings, field))
        self.microphone = device_label(state, "microphone")
        self.speaker = device_label(state, "speaker")
        self.ringer = device_label(state, "ringer")
        self.ringtone = _(RINGTONES.get(settings.ringtone, settings.ringtone))
        self.ring_volume, self.font_scale = settings.ring_volume, settings.font_scale
        self._render_choices(settings)
        self._render_identity(state.identity)
        self.server, self.name = state.connection.address, state.connection.name
        self.online = state.connection.link is not Link.OFF

    def _render_choices(self, settings: Settings) -> None:
        self.latencies = [(key.value, _(text)) for key, text in _LATENCIES.items()]
        self.themes = [(key.value, _(text)) for key, text in _THEMES.items()]
        self.languages = [("", _("Sistema")), *LANGUAGES.items()]
        self.latency, self.theme, self.language = (
            settings.latency.value,
            settings.theme.value,
            settings.language,
        )

    def _render_identity(self, identity: IdentityView) -> None:
        self.fingerprint = identity.fingerprint
        self.task = _(_TASKS[identity.task]) if identity.task in _TASKS else ""

    def turn(self, field: str, value: Any) -> None:
        """Put one setting in force."""
        change(self.desk, field, value)

    def choose_theme(self, key: str) -> None:
        """Another look."""
        change(self.desk, "theme", Theme(key))

    def choose_latency(self, key: str) -> None:
        """Less delay, or more safety."""
        change(self.desk, "latency", Latency(key))

    def choose_device(self, field: str) -> None:
        """Another microphone, speaker or ringer."""
        pick_device(self.desk, field)

    def choose_ringtone(self) -> None:
        """Another sound; it is played as it is chosen."""
        rows = [(key, _(text), "") for key, text in RINGTONES.items()]

        def pick(key: str) -> None:
            self.desk.close()
            change(self.desk, "ringtone", key)
            self.desk.do(lambda commands: commands.play_ringtone())

        self.desk.open(choices(_("Toque"), rows, self.desk.state.settings.ringtone, pick))

    def choose_size(self) -> None:
        """Larger or smaller text."""
        rows = [(scale, f"{scale:.0%}", "") for scale in SCALES]

        def pick(scale: float) -> None:
            self.desk.close()
            change(self.desk, "font_scale", scale)

        self.desk.open(choices(_("Tamanho do texto"), rows, self.font_scale, pick))

    def test_sound(self) -> None:
        """The check of microphone, speaker and network."""
        self.desk.check(True)

    def share(self) -> None:
        """The server's link, to hand on."""
        self.desk.go(Place.SHARE)

    def change_server(self) -> None:
        """Another name or server."""
        self.desk.edit(True)

    def disconnect(self) -> None:
        """Leave the room, or come back."""
        if self.online:
            self.desk.do(lambda commands: commands.disconnect())
        else:
            self.desk.do(lambda commands: commands.retry())

    def export_identity(self) -> None:
        """Write the own key, locked with a passphrase."""
        wish = FileWish(
            _("Guardar a identidade"),
            _("Arquivo novo"),
            _("Guardar"),
            suggestion=str(Path.home() / "sala-identidade.chave"),
            save=True,
            passphrase=_("Frase secreta (8 letras ou mais)"),
            help=_("Com este arquivo e a frase você leva o seu nome para outro aparelho."),
        )
        ask_file_and_passphrase(self.desk, wish, self._export)

    def _export(self, path: str, phrase: str) -> None:
        """Write it; ask first where there is such a file."""
        if not os.path.lexists(Path(path).expanduser()):
            self.desk.do(lambda commands: commands.export_identity(path, phrase), self._identity_answer)
            return
        doubt = Doubt(
            _("Esse arquivo já existe"),
            _("O que está nele se perde, também se for outra identidade."),
            _("Substituir o arquivo"),
            _("Cancelar"),
        )
        self.desk.open(confirmation(doubt, lambda: self._replace(path, phrase), self.desk.close))

    def _replace(self, path: str, phrase: str) -> None:
        self.desk.close()
        self.desk.do(lambda commands: commands.export_identity(path, phrase, True), self._identity_answer)

    def import_identity(self) -> None:
        """Use the key of a file."""
        wish = FileWish(
            _("Trazer uma identidade"),
            _("Arquivo"),
            _("Trazer"),
            passphrase=_("Frase secreta"),
            help=_("A identidade de agora fica guardada ao lado."),
        )
        ask_file_and_passphrase(self.desk, wish, self._import)

    def _import(self, path: str, phrase: str) -> None:
        self.desk.do(lambda commands: commands.import_identity(path, phrase), self._identity_answer)

    def _identity_answer(self, result: IdentityResult) -> None:
        if result in _IDENTITY_RESULTS:
            self.desk.say(_(_IDENTITY_RESULTS[result]))

    def about(self) -> None:
        """Version and licences."""
        self.desk.go(Place.ABOUT)


load_kv(__file__)
