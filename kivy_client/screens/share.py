"""Inviting somebody: the server's link as text and as a QR picture."""

from __future__ import annotations

from typing import Any

from kivy.core.clipboard import Clipboard
from kivy.graphics.texture import Texture
from kivy.properties import ObjectProperty, StringProperty
from kivy.uix.widget import Widget

from kivy_client.i18n import _
from kivy_client.screens.qr import modules
from kivy_client.screens.screen import Screen
from kivy_client.session.state import ViewState
from kivy_client.widgets.look import load_kv

QUIET = 4
"""Modules of margin that a QR code needs."""


class QrPicture(Widget):
    """A text as a QR code, dark on white in every look, so that a camera can read it."""

    text = StringProperty("")
    texture = ObjectProperty(None, allownone=True)

    def on_text(self, _picture: QrPicture, text: str) -> None:
        """Draw it."""
        rows = modules(text) if text else []
        self.texture = _texture(rows) if rows else None


def _texture(rows: list[list[bool]]) -> Any:
    """One pixel a module, with its margin; never smoothed."""
    side = len(rows) + 2 * QUIET
    blank = b"\xff" * side
    lines = [b"\xff" * QUIET + bytes(0 if dark else 255 for dark in row) + b"\xff" * QUIET for row in rows]
    data = b"".join([blank] * QUIET + lines + [blank] * QUIET)
    texture = Texture.create(size=(side, side), colorfmt="luminance")
    texture.blit_buffer(data, colorfmt="luminance", bufferfmt="ubyte")
    texture.mag_filter = "nearest"
    texture.flip_vertical()
    return texture


class Share(Screen):
    """Show the link, copy it."""

    link = StringProperty("")

    def render(self, state: ViewState) -> None:
        """Show the link."""
        self.link = state.connection.share_link or state.connection.address

    def copy(self) -> None:
        """Put the link on the clipboard."""
        Clipboard.copy(self.link)
        self.desk.say(_("Link copiado."))

    def escape(self) -> bool:
        """Esc leads back."""
        self.desk.back()
        return True


load_kv(__file__)
