"""The first start: a name and a server, nothing else."""

from __future__ import annotations

from typing import Any

from kivy.clock import Clock
from kivy.core.clipboard import Clipboard
from kivy.core.window import Window
from kivy.properties import BooleanProperty, StringProperty
from kivy.utils import platform

from kivy_client.i18n import N_, _
from kivy_client.screens import phrases
from kivy_client.screens.files import FileWish, ask_file
from kivy_client.screens.navigation import Front
from kivy_client.screens.qr import NoLinkError, read_link
from kivy_client.screens.screen import Screen
from kivy_client.session.results import ConnectResult
from kivy_client.session.state import ViewState
from kivy_client.session.vocabulary import Link, Trouble
from kivy_client.widgets.look import load_kv

_REFUSALS = {
    ConnectResult.BAD_ADDRESS: ("server", N_("Isso não é um endereço. Exemplo: conversa.exemplo.org")),
    ConnectResult.BAD_NAME: ("name", N_("De 1 a 32 letras e números; ponto, _ e - só no meio.")),
    ConnectResult.NAME_MISSING: ("name", N_("Falta o seu nome.")),
    ConnectResult.IN_CALL: ("server", N_("Termine a ligação primeiro.")),
}
_NAME_TROUBLES = frozenset({Trouble.NAME_TAKEN, Trouble.NAME_INVALID})
_BUSY = frozenset({Link.CONNECTING, Link.REGISTERING})


class Welcome(Screen):
    """Name and server; then the server is found, recognised, and the sound checked."""

    front = Front.WELCOME
    name = StringProperty("")
    server = StringProperty("")
    invitation = StringProperty("")
    name_error = StringProperty("")
    server_error = StringProperty("")
    invited = BooleanProperty(False)
    busy = BooleanProperty(False)
    returning = BooleanProperty(False)
    status = StringProperty("")
    _filled = False

    def render(self, state: ViewState) -> None:
        """Show how far the connection is, and what went wrong where it can be mended."""
        view = state.connection
        if not self._filled:
            server, name = self.desk.offer
            self.name, self.server = self.name or name or view.name, self.server or server or view.address
            self._filled = bool(self.name or self.server)
        self.busy = view.link in _BUSY
        self.status = phrases.connection_word(view) if self.busy else ""
        stopped = view.link in (Link.STOPPED, Link.WAITING, Link.OFF) and view.trouble is not Trouble.NONE
        trouble = phrases.trouble(view) if stopped else ""
        self.invited = self.invited or view.trouble is Trouble.INVITATION_NEEDED
        self.name_error = trouble if view.trouble in _NAME_TROUBLES else ""
        self.server_error = trouble if view.trouble not in _NAME_TROUBLES else ""

    def entered(self) -> None:
        """Take pictures that are dropped on the window."""
        Window.bind(on_drop_file=self._dropped)
        if platform not in ("android", "ios"):  # there it would open the keyboard over the screen
            Clock.schedule_once(self._begin_typing)
        self.returning = bool(self.desk.state.connection.address) and bool(
            self.desk.state.identity.fingerprint
        )

    def left(self) -> None:
        """No more."""
        Window.unbind(on_drop_file=self._dropped)
        self._filled = False

    def connect(self) -> None:
        """Go on with what was typed."""
        name, server, invitation = self.name.strip(), self.server.strip(), self.invitation.strip()
        self.name_error = "" if name else _("Falta o seu nome.")
        self.server_error = "" if server else _("Falta o endereço do servidor.")
        if name and server:
            self.desk.do(lambda commands: commands.connect(server, name, invitation), self._answered)

    def cancel(self) -> None:
        """Stop trying; where there is a room, go back to it."""
        if self.busy:
            self.desk.do(lambda commands: commands.disconnect())
        else:
            self.desk.edit(False)

    def paste(self) -> None:
        """Take the address from the clipboard."""
        text = (Clipboard.paste() or "").strip()
        if text:
            self.server = text.split()[0]

    def open_picture(self) -> None:
        """Take the address from a QR picture."""
        ask_file(
            self.desk,
            FileWish(_("Abrir imagem com o código QR"), _("Arquivo da imagem"), _("Ler")),
            self._read,
        )

    def escape(self) -> bool:
        """Esc goes back to the room, if there is one."""
        if self.returning:
            self.desk.edit(False)
        return bool(self.returning)

    def _begin_typing(self, _dt: float) -> None:
        if self.get_root_window() is not None and not self.name:
            self.ids.name_field.entry.focus = True

    def _dropped(self, _window: Any, path: bytes, *_where: Any) -> None:
        self._read(path.decode("utf-8", "replace"))

    def _read(self, path: str) -> None:
        try:
            self.server, self.server_error = read_link(path), ""
        except NoLinkError as why:
            self.server_error = str(why)

    def _answered(self, result: ConnectResult) -> None:
        if result is ConnectResult.STARTED:
            self.desk.edit(False)
        field, sentence = _REFUSALS.get(result, ("", ""))
        if field:
            setattr(self, f"{field}_error", _(sentence))


load_kv(__file__)
