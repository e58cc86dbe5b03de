"""What reaches a person who is not looking at the window: notifications, vibration, the window coming
forward.
"""

from __future__ import annotations

from collections.abc import Callable

from kivy_client.i18n import N_, _
from kivy_client.platforms.facade import Platform
from kivy_client.session.boundary import Commands
from kivy_client.session.state import Notice, Settings, ViewState
from kivy_client.session.vocabulary import CallPhase, NoticeKind

ACCEPT, REFUSE, CALL, LOOK = "atender", "recusar", "ligar", "default"
INCOMING_KEY = "ligacao"
_TEXTS = {
    NoticeKind.INCOMING_CALL: (N_("{name} está ligando"), ""),
    NoticeKind.MISSED_CALL: (N_("Ligação perdida"), N_("{name} ligou para você.")),
    NoticeKind.FREE_NOW: (N_("{name} está livre"), N_("Você pediu para ser avisado.")),
    NoticeKind.SECOND_CALLER: (N_("{name} também ligou"), N_("Ouviu ocupado.")),
    NoticeKind.DEVICE: (N_("O som mudou de aparelho"), "{detail}"),
    NoticeKind.MAINTENANCE: (N_("O servidor vai fechar"), "{detail}"),
}
_BUTTONS = {
    NoticeKind.INCOMING_CALL: ((ACCEPT, N_("Atender")), (REFUSE, N_("Recusar"))),
    NoticeKind.MISSED_CALL: ((CALL, N_("Ligar")),),
    NoticeKind.FREE_NOW: ((CALL, N_("Ligar")),),
}
_IN_WINDOW = frozenset({NoticeKind.FREE_NOW, NoticeKind.DEVICE, NoticeKind.MISSED_CALL})
"""These are also said at the bottom of the window."""
Do = Callable[[Callable[[Commands], object]], None]


class Attention:
    """Follows the state and the notices, and uses the platform accordingly."""

    def __init__(
        self, platform: Platform, do: Do, say: Callable[[str], None], raise_window: Callable[[], None]
    ) -> None:
        self._platform = platform
        self._do = do
        self._say = say
        self._raise = raise_window
        self._settings = Settings()
        self._ringing = False
        self._in_call = False

    def follow(self, state: ViewState) -> None:
        """A new state: start or stop what goes with ringing and with a call."""
        self._settings = state.settings
        ringing = state.call is not None and state.call.phase is CallPhase.INCOMING
        if ringing != self._ringing:
            self._ringing = ringing
            self._ring(ringing)
        in_call = state.call is not None
        if in_call != self._in_call:
            self._in_call = in_call
            self._platform.keep_awake(in_call)

    def tell(self, notice: Notice) -> None:
        """Something happened once."""
        title, body = (_(text).format(name=notice.name, detail=notice.detail) for text in _TEXTS[notice.kind])
        if notice.kind in _IN_WINDOW:
            self._say(f"{title}. {body}" if notice.kind is not NoticeKind.FREE_NOW else title)
        if self._settings.notifications:
            key = (
                INCOMING_KEY
                if notice.kind is NoticeKind.INCOMING_CALL
                else f"{notice.kind.value}-{notice.name}"
            )
            buttons = {name: _(text) for name, text in _BUTTONS.get(notice.kind, ())}
            self._platform.notify(
                key, title, body, buttons, lambda pressed: self._pressed(pressed, notice.name)
            )

    def _ring(self, on: bool) -> None:
        self._platform.vibrate(on and self._settings.vibrate)
        if on:
            self._raise()
        else:
            self._platform.withdraw(INCOMING_KEY)

    def _pressed(self, pressed: str, name: str) -> None:
        """A button of a notification, in whatever thread it came."""
        actions: dict[str, Callable[[Commands], object]] = {
            ACCEPT: lambda commands: commands.accept(),
            REFUSE: lambda commands: commands.refuse(),
            CALL: lambda commands: commands.call(name),
        }
        if pressed in actions:
            self._do(actions[pressed])
        self._raise()
