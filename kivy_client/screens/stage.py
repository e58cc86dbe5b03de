"""The window's root: puts the right screen in front, gives it the state, and is its desk."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from kivy.clock import Clock
from kivy.metrics import dp
from kivy.properties import BooleanProperty, StringProperty
from kivy.uix.floatlayout import FloatLayout

from kivy_client.i18n import _, tr
from kivy_client.platforms.facade import Platform
from kivy_client.screens import gallery, phrases
from kivy_client.screens.navigation import (
    CALL_FRONTS,
    SIDE_PLACES,
    WIDE_DP,
    Front,
    Place,
    Where,
    first_start,
    front,
)
from kivy_client.screens.screen import Screen
from kivy_client.screens.shell import Shell
from kivy_client.screens.stage_desk import Doer, StageDesk
from kivy_client.session.state import ViewState
from kivy_client.session.vocabulary import Link
from kivy_client.widgets import focus_mark as _focus_mark  # noqa: F401 - its class is used in stage.kv
from kivy_client.widgets import layer as _layer  # noqa: F401 - its class is used in stage.kv
from kivy_client.widgets import levels as _levels  # noqa: F401 - its class is used in stage.kv
from kivy_client.widgets.focus import ESCAPE, FocusRing
from kivy_client.widgets.look import load_kv, look
from kivy_client.widgets.parts import Meter
from kivy_client.widgets.sheet import SheetLayer

LISTS = (Place.ROOM, Place.HISTORY)
"""Places that are a narrow list, with something beside it where there is room."""


class Stage(StageDesk, FloatLayout):
    """Holds the screens.  Everything it shows follows from `state` and `where`."""

    wide = BooleanProperty(False)
    toast = StringProperty("")

    def __init__(self, doer: Doer, platform: Platform, now: Callable[[], float], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._doer, self.platform, self.now = doer, platform, now
        self.state = ViewState()
        self.where = Where()
        self.shown = False
        self.offer = ("", "")
        self.screens: dict[str, Screen] = {}
        self.shell = Shell()
        self.shell.bind(
            on_visit=lambda _s, key: self.go(Place(key)), on_remedy=lambda _s: self._banner_action()
        )
        self.layer: SheetLayer = self.ids.layer
        self.focus = FocusRing(self._front_widget)
        self.on_screen: list[Screen] = []
        self._ring = Clock.create_trigger(lambda _dt: self.ids.mark.surround(self.focus.at))
        self._hush = Clock.create_trigger(self._end_toast, 4)
        tr.listen(self.refresh)
        look.bind(accent=lambda *_a: self.refresh())

    # What the window calls

    def show(self, state: ViewState) -> None:
        """Render a state."""
        if not self.shown:
            self.shown = True
            self.where = replace(self.where, arriving=first_start(state))
        if front(self.state, self.where) is not front(state, self.where):
            self.layer.close()
        self.state = state
        self.refresh()

    def refresh(self) -> None:
        """Put the right screens in front and render them."""
        self.wide = self.width >= dp(WIDE_DP)
        facing = front(self.state, self.where)
        in_panes = self.shown and (facing is Front.HOME or (self.wide and facing in CALL_FRONTS))
        alone = facing.value if self.shown else "splash"
        screens = self._panes(facing) if in_panes else [self._screen(alone)]
        self._place(screens, in_panes)
        for screen in screens:
            screen.wide = self.wide
            screen.render(self.state)
        if not self.has_meters:
            self.ids.levels.show({})
        self._ring()

    def tick(self) -> None:
        """About once a second."""
        for screen in self.on_screen:
            screen.tick(self.now())
        self._render_banner()

    def beat(self) -> None:
        """Several times a second: move the meters."""
        levels: dict[Meter, float] = {}
        if self.layer.sheet is None:
            for screen in self.on_screen:
                levels |= screen.levels()
        self.ids.levels.show(levels)

    @property
    def has_meters(self) -> bool:
        """Whether a screen in front draws levels."""
        return any(screen.levels() for screen in self.on_screen)

    def key_down(self, key: int, shift: bool) -> bool:
        """A key went down that no text field took."""
        if key == ESCAPE:
            return self._escape()
        if self.layer.sheet is None and self.focus.at is None and self._screen_key(key, True):
            return True
        used = self.focus.key(key, shift) or (self.layer.sheet is None and self._screen_key(key, True))
        self._ring()
        return used

    def key_up(self, key: int) -> bool:
        """A key went up."""
        return self._screen_key(key, False)

    # How it is done

    def _panes(self, facing: Front) -> list[Screen]:
        """The one or two screens of the shell."""
        place, base = self.where.place, self.where.base
        if not self.wide:
            return [self._screen(place.value)]
        left = self._screen(base.value)
        if facing in CALL_FRONTS:
            return [left if base in LISTS else self._screen(Place.ROOM.value), self._screen(facing.value)]
        if place in SIDE_PLACES:
            return [left, self._screen(place.value)]
        return [left, self._screen("nobody")] if base in LISTS else [left]

    def _screen(self, key: str) -> Screen:
        """The screen of that name, built when it is first needed."""
        if key not in self.screens:
            self.screens[key] = gallery.build(key, self)
        return self.screens[key]

    def _place(self, screens: list[Screen], in_panes: bool) -> None:
        page = self.ids.page
        if in_panes:
            self._put(page, self.shell)
            self.shell.wide = self.wide
            self.shell.place = self.where.base.value
            self.shell.missed = self.state.missed
            self.shell.fill(screens[0], screens[1] if len(screens) > 1 else None)
        else:
            self.shell.fill(None, None)
            self._put(page, screens[0])
        self._render_banner()
        self._tell_screens(screens)

    def _put(self, page: Any, widget: Any) -> None:
        if page.children != [widget]:
            page.clear_widgets()
            if widget.parent is not None:
                widget.parent.remove_widget(widget)
            page.add_widget(widget)

    def _tell_screens(self, screens: list[Screen]) -> None:
        """Tell screens that they came or went."""
        if screens == self.on_screen:
            return
        before, self.on_screen = self.on_screen, screens
        self.focus.clear()
        for screen in before:
            if screen not in screens:
                screen.left()
        for screen in screens:
            if screen not in before:
                screen.entered()

    def _render_banner(self) -> None:
        view = self.state.connection
        problem = self.state.problems[-1] if self.state.problems else None
        connection = phrases.connection(view, self.now())
        self.shell.banner = connection or (phrases.trouble(problem) if problem else "")
        self.shell.banner_icon = "lan-disconnect" if connection else "alert-circle-outline"
        self.shell.banner_tone = "danger" if view.link is Link.STOPPED else "warn"
        actions = {Link.WAITING: _("Tentar agora"), Link.STOPPED: _("Mudar"), Link.OFF: _("Conectar")}
        plain = _("Entendi") if problem and view.link is Link.ONLINE else ""
        self.shell.banner_action = actions.get(view.link, plain)

    def _banner_action(self) -> None:
        link = self.state.connection.link
        if link is Link.WAITING:
            self.do(lambda commands: commands.retry())
        elif link in (Link.STOPPED, Link.OFF):
            self.edit(True)
        elif self.state.problems:
            number = self.state.problems[-1].number
            self.do(lambda commands: commands.dismiss(number))

    def _screen_key(self, key: int, down: bool) -> bool:
        return any(screen.key(key, down) for screen in reversed(self.on_screen))

    def _escape(self) -> bool:
        if self.layer.sheet is not None:
            if self.layer.sheet.closable:
                self.close()
            return True
        if any(screen.escape() for screen in reversed(self.on_screen)):
            return True
        if self.where.place is not Place.ROOM:
            self.back()
            return True
        return False

    def _front_widget(self) -> Any:
        return self.layer.sheet or self.ids.page

    def _end_toast(self, _dt: float) -> None:
        self.toast = ""


load_kv(__file__)
