"""Sobre: what this is, its version, and the licences of what it is made with."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version

from kivy.properties import StringProperty

from kivy_client.i18n import N_, _
from kivy_client.screens.screen import Screen
from kivy_client.session.state import ViewState
from kivy_client.widgets.look import FONTS, load_kv
from kivy_client.widgets.parts import Fact
from kivy_client.widgets.sheet import Sheet

MADE_WITH = (
    ("Kivy", "MIT", N_("as janelas")),
    ("Twisted, Automat", "MIT", N_("a rede")),
    ("cryptography", "Apache-2.0, BSD-3-Clause", N_("as chaves")),
    ("Opus, PyOgg", "BSD-3-Clause, Unlicense", N_("a voz")),
    ("python-sounddevice, PortAudio", "MIT", N_("o som")),
    ("SpeexDSP", "BSD-3-Clause", N_("eco e ruído")),
    ("NumPy", "BSD-3-Clause", N_("os cálculos do som")),
    ("zxing-cpp, qrcode, jeepney", "Apache-2.0, BSD-3-Clause, MIT", N_("códigos QR e avisos")),
    ("Roboto, Material Design Icons", "Apache-2.0", N_("as letras e os ícones")),
)
"""(what, licence, what for)."""


def program_version() -> str:
    """The installed version; a dash in a checkout that is not installed."""
    try:
        return version("sala-de-conversa")
    except PackageNotFoundError:
        return "–"


class About(Screen):
    """Version and licences."""

    version = StringProperty("")

    def render(self, state: ViewState) -> None:
        """List what it is made with."""
        self.version = _("Versão {number}").format(number=program_version())
        box = self.ids.parts
        box.clear_widgets()
        for what, licence, purpose in MADE_WITH:
            box.add_widget(Fact(label=f"{_(purpose)} · {licence}", value=what, inset=20))

    def licences(self) -> None:
        """The licence texts that are shipped here."""
        text = (FONTS / "LICENSE-Apache-2.0.txt").read_text(encoding="utf-8")
        self.desk.open(Sheet(title=_("Licença das letras e dos ícones"), text=text))

    def escape(self) -> bool:
        """Esc leads back."""
        self.desk.back()
        return True


load_kv(__file__)
