"""The Kivy application: the window's events go in here, states come out on the stage."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

from kivy.app import App
from kivy.clock import Clock
from kivy.core.window import Window

from kivy_client import assets
from kivy_client.i18n import _, tr
from kivy_client.pace import Pacer
from kivy_client.platforms.facade import Platform
from kivy_client.screens.attention import Attention
from kivy_client.screens.stage import Stage
from kivy_client.session.boundary import Commands
from kivy_client.session.state import Notice, Settings, ViewState
from kivy_client.widgets.area import moving
from kivy_client.widgets.look import look
from kivy_client.widgets.sheet import Sheet

METER_RATE = 5
"""Times a second that levels are drawn."""


class Link(Protocol):
    """The bridge, as the application uses it."""

    def start(self) -> None:
        """Start the client."""

    def do(self, action: Callable[[Commands], Any], then: Callable[[Any], None] | None = None) -> None:
        """Run a command."""

    def close(self, patience: float = 1.2) -> bool:
        """End the client."""


class SalaApp(App):
    """One window.  It is told states (`show`), notices, and that the client has ended.

    `make_link` makes the way to the client once there is a picture; `offer` holds a server and a name to fill
    in at the first start.
    """

    title = "Sala de Conversa"
    use_kivy_settings = False
    icon = str(Path(assets.__file__).parent / "icon" / "128" / "sala.png")

    def __init__(
        self,
        platform: Platform,
        pacer: Pacer,
        now: Callable[[], float],
        make_link: Callable[[], Link],
        offer: tuple[str, str] = ("", ""),
    ) -> None:
        super().__init__()
        self.platform, self.pacer, self.now = platform, pacer, now
        self.make_link, self.offer = make_link, offer
        self.exit_code = 0
        self.link: Link | None = None
        self.stage: Stage | None = None
        self.attention: Attention | None = None
        self.worn: Settings | None = None
        self.system_dark = False
        self._beat: Any = None

    def build(self) -> Stage:
        """The root widget; the client starts after the first picture."""
        self.system_dark = self.platform.prefers_dark()
        self.platform.watch_dark(lambda dark: Clock.schedule_once(lambda _dt: self._system_turned(dark)))
        look.wear("sistema", self.system_dark)
        tr.switch("")
        self.stage = Stage(self._do, self.platform, self.now)
        self.stage.offer = self.offer
        self.attention = Attention(self.platform, self._do, self.stage.say, self._come_forward)
        self._bind_window()
        return self.stage

    def on_start(self) -> None:
        """The window is there: draw, then start the rest."""
        Window.bind(on_flip=self._drawn)
        Clock.schedule_interval(lambda _dt: self._tick(), 1)

    def on_stop(self) -> None:
        """The window is closing: it goes at once, everything else within two seconds."""
        Window.hide()
        if self.link is not None:
            self.link.close()
        self.platform.stop()

    def on_pause(self) -> bool:
        """Android puts us aside: stay."""
        return True

    # What the bridge tells

    def show(self, state: ViewState) -> None:
        """Render a state."""
        self._wear(state.settings)
        if self.stage is None or self.attention is None:
            return
        calls = (self.stage.state.call is None, state.call is None)
        self.stage.show(state)
        self.attention.follow(state)
        self.pacer.in_call = state.call is not None
        if calls[0] != calls[1]:
            self.pacer.stir(Clock.get_time())
        self._set_beat()

    def notify(self, notice: Notice) -> None:
        """Tell the person once."""
        if self.attention is not None:
            self.attention.tell(notice)

    def stopped(self) -> None:
        """The client has ended: so does the window."""
        self.stop()

    def failed(self, failure: Exception) -> None:
        """The client could not even be made: say why, and let the person close the window."""
        self.exit_code = 1
        if self.stage is not None:
            self.stage.open(Sheet(title=_("O programa não pôde começar"), text=str(failure), closable=False))

    # The window's events

    def _bind_window(self) -> None:
        moving.bind(on_move=self._stirred)
        Window.bind(
            on_key_down=self._key_down,
            on_key_up=self._key_up,
            on_touch_down=self._touched,
            on_touch_move=self._stirred,
            on_resize=self._stirred,
            on_minimize=lambda *_a: self._hide(True),
            on_hide=lambda *_a: self._hide(True),
            on_restore=lambda *_a: self._hide(False),
            on_show=lambda *_a: self._hide(False),
        )

    def _key_down(self, _window: Any, key: int, _scan: int, _text: str, modifiers: list[str]) -> bool:
        self.pacer.stir(Clock.get_time())
        return self.stage is not None and self.stage.key_down(key, "shift" in modifiers)

    def _key_up(self, _window: Any, key: int, *_rest: Any) -> bool:
        return self.stage is not None and self.stage.key_up(key)

    def _touched(self, *_args: Any) -> None:
        self.pacer.stir(Clock.get_time())
        if self.stage is not None:
            self.stage.unfocus()

    def _stirred(self, *_args: Any) -> None:
        self.pacer.stir(Clock.get_time())

    def _hide(self, hidden: bool) -> None:
        self.pacer.hidden = hidden
        self.pacer.stir(Clock.get_time())

    # How it is done

    def _drawn(self, *_args: Any) -> None:
        """The first picture is about to be seen: only then load what the client needs."""
        Window.unbind(on_flip=self._drawn)
        Clock.schedule_once(lambda _dt: self._begin())

    def _begin(self) -> None:
        self.platform.ask_permissions()
        self.link = self.make_link()
        self.link.start()

    def _do(self, action: Callable[[Commands], Any], then: Callable[[Any], None] | None = None) -> None:
        if self.link is not None:
            self.link.do(action, then)

    def _tick(self) -> None:
        self.pacer.settle(Clock.get_time())
        if self.stage is not None:
            self.stage.tick()

    def _set_beat(self) -> None:
        """Meters are drawn only while a screen that has them is in front."""
        wanted = self.stage is not None and self.stage.has_meters
        if wanted and self._beat is None:
            self._beat = Clock.schedule_interval(lambda _dt: self._move_meters(), 1 / METER_RATE)
        elif not wanted and self._beat is not None:
            self._beat.cancel()
            self._beat = None

    def _move_meters(self) -> None:
        if self.stage is not None:
            self.stage.beat()

    def _wear(self, settings: Settings) -> None:
        """Put changed settings of the look and the language in force."""
        if self.worn is settings:
            return
        before, self.worn = self.worn, settings
        if before is None or before.theme is not settings.theme:
            look.wear(settings.theme.value, self.system_dark)
        if before is None or before.font_scale != settings.font_scale:
            look.grow(settings.font_scale)
        tr.switch(settings.language)

    def _system_turned(self, dark: bool) -> None:
        self.system_dark = dark
        look.wear(self.worn.theme.value if self.worn else "sistema", dark)

    def _come_forward(self) -> None:
        Clock.schedule_once(lambda _dt: Window.raise_window())
