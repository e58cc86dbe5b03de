"""Asking for a file: the system's own dialog where it has one, a path to type everywhere."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from kivy.clock import Clock

from kivy_client.i18n import _
from kivy_client.screens.desk import Desk
from kivy_client.widgets.field import Field
from kivy_client.widgets.press import PillButton
from kivy_client.widgets.sheet import Sheet


@dataclass(frozen=True, slots=True)
class FileWish:
    """What is asked for: the sheet's title, the field's label, the button; `passphrase`: one is asked for
    too.
    """

    title: str
    label: str
    button: str
    suggestion: str = ""
    save: bool = False
    passphrase: str = ""
    help: str = ""


def ask_file(desk: Desk, wish: FileWish, done: Callable[[str], None]) -> None:
    """Ask for a path; `done(path)` when there is one."""
    ask_file_and_passphrase(desk, wish, lambda path, _phrase: done(path))


def ask_file_and_passphrase(desk: Desk, wish: FileWish, done: Callable[[str, str], None]) -> None:
    """Ask for a path, and for a passphrase if the wish names one; `done(path, passphrase)`."""
    sheet = Sheet(title=wish.title, text=wish.help)
    path = Field(label=wish.label, text=wish.suggestion, inset=24)
    phrase = Field(label=wish.passphrase, secret=True, inset=24)
    sheet.add_widget(path)
    _add_browse(desk, sheet, wish, path)
    if wish.passphrase:
        sheet.add_widget(phrase)

    def finish(*_event: object) -> None:
        if not path.text.strip():
            path.error = _("Falta o arquivo.")
            return
        desk.close()
        done(path.text.strip(), phrase.text)

    button = PillButton(text=wish.button, kind="filled", pos_hint={"center_x": 0.5})
    button.bind(on_release=finish)
    (phrase if wish.passphrase else path).bind(on_done=finish)
    sheet.add_widget(button)
    desk.open(sheet)


def _add_browse(desk: Desk, sheet: Sheet, wish: FileWish, path: Field) -> None:
    """A button for the system's dialog, where there is one."""
    if not desk.platform.has_file_dialog():
        return

    def chosen(name: str) -> None:
        if name:
            Clock.schedule_once(lambda _dt: setattr(path, "text", name))

    button = PillButton(
        text=_("Procurar…"), icon="image-outline" if not wish.save else "tray-arrow-down", kind="text"
    )
    button.bind(
        on_release=lambda _b: desk.platform.file_dialog(wish.title, wish.save, wish.suggestion, chosen)
    )
    button.pos_hint = {"center_x": 0.5}
    sheet.add_widget(button)
