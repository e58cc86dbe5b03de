"""The desk that the window gives to its screens: commands, places, sheets."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeVar

from kivy_client.screens.navigation import SIDE_PLACES, Place, Where
from kivy_client.session.boundary import Commands
from kivy_client.session.state import ViewState
from kivy_client.widgets.focus import FocusRing
from kivy_client.widgets.sheet import Sheet, SheetLayer

R = TypeVar("R")
Doer = Callable[[Callable[[Commands], Any], Callable[[Any], None] | None], None]


class StageDesk:
    """The half of the stage that screens see (`screens.desk.Desk`); what it changes, `refresh` shows."""

    state: ViewState
    where: Where
    focus: FocusRing
    layer: SheetLayer
    toast: str
    _doer: Doer
    _ring: Callable[[], None]
    _hush: Callable[[], None]

    @abstractmethod
    def refresh(self) -> None:
        """Put the right screens in front and render them."""

    @property
    def contact(self) -> str:
        """Whose details are open."""
        return self.where.contact

    def do(self, action: Callable[[Commands], R], then: Callable[[R], None] | None = None) -> None:
        """Run a command where the commands live."""
        self._doer(action, then)

    def go(self, place: Place, contact: str = "") -> None:
        """Show a place."""
        base = self.where.base if place in SIDE_PLACES else place
        self.where = replace(self.where, place=place, base=base, contact=contact or self.where.contact)
        if self.state.ended is not None:
            self.do(lambda commands: commands.dismiss_ended())
        self.refresh()

    def back(self) -> None:
        """Out of the details, else back to the room."""
        away = self.where.place in SIDE_PLACES
        place = self.where.base if away else Place.ROOM
        self.where = replace(self.where, place=place, base=place, contact="")
        self.refresh()

    def edit(self, on: bool) -> None:
        """Show name and server to be changed, or no longer."""
        self.where = replace(self.where, editing=on)
        self.refresh()

    def arrived(self) -> None:
        """The first start is over."""
        self.where = replace(self.where, arriving=False, editing=False)
        self.refresh()

    def check(self, on: bool) -> None:
        """Begin or end the check of sound and network."""
        self.where = replace(self.where, checking=on)
        self.refresh()

    def unfocus(self) -> None:
        """A touch came: the keyboard's ring goes."""
        self.focus.clear()
        self._ring()

    def open(self, sheet: Sheet) -> None:
        """Show a sheet."""
        self.unfocus()
        self.layer.open(sheet)

    def close(self) -> None:
        """Take the sheet away."""
        self.unfocus()
        self.layer.close()

    def say(self, sentence: str) -> None:
        """Show a sentence for four seconds."""
        self.toast = sentence
        self._hush()
