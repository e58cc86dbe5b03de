"""The boundary between the client and any face: what a face is told, and what a person can do.

A face implements `Face`, renders the frozen `ViewState` and calls `Commands`. Both live in the reactor's
thread; a face with a thread of its own crosses in one place (`kivy_client/bridge.py`). A command answers at
once with an enum and shows its further course in the state; no command raises because of what a person did,
and none waits.
"""

from collections.abc import Callable, Sequence
from enum import Enum
from typing import Protocol, cast

from kivy_client.session.results import (
    CallResult,
    ConnectResult,
    Done,
    IdentityResult,
    SettingsResult,
)
from kivy_client.session.state import Notice, Settings, ViewState

__all__ = [
    "CallResult",
    "Commands",
    "ConnectResult",
    "Done",
    "Face",
    "IdentityResult",
    "NoFace",
    "RecordingCommands",
    "RecordingFace",
    "SettingsResult",
]


class Face(Protocol):
    """What any face must implement. All three are called in the reactor's thread and must return quickly."""

    def show(self, state: ViewState) -> None:
        """Render this state. Called at most once per turn of the reactor, only when something changed."""

    def notify(self, notice: Notice) -> None:
        """Tell the person about something that happened once (desktop notification, banner)."""

    def stopped(self) -> None:
        """The client has ended: connection closed, call over, files written. The last call to a face."""


class ConnectionCommands(Protocol):
    """What a person can do about the server, the own name and the identity."""

    def connect(self, address: str, name: str, invitation: str = "") -> ConnectResult:
        """Connect to `host`, `host:port` or a `sala://` link under `name`; replaces a connection that is
        there.
        """

    def open_link(self, link: str) -> ConnectResult:
        """Connect to a `sala://` link (typed, pasted, or read from a QR picture) under the name in use."""

    def disconnect(self) -> Done:
        """Say goodbye to the registry and stay offline; ends a call that is on."""

    def retry(self) -> Done:
        """Try again now, instead of at `ConnectionView.retry_at` or after `Link.STOPPED`."""

    def trust_server(self) -> Done:
        """Accept the fingerprint in `ViewState.question`, when the server is new; never when it changed."""

    def refuse_server(self) -> Done:
        """Do not accept it: the connection ends and nothing was sent."""

    def forget_server(self) -> Done:
        """Forget the accepted fingerprint of a server that shows another one, so that `retry` asks anew."""

    def be_free(self) -> Done:
        """Be free for calls; also ends «do not disturb»."""

    def be_away(self) -> Done:
        """Be away: it still rings."""

    def do_not_disturb(self, until: float | None = None) -> Done:
        """Let the registry refuse calls, until a Unix time or until the person says otherwise."""

    def export_identity(self, path: str, passphrase: str, replace: bool = False) -> IdentityResult:
        """Write the person's key, locked with a passphrase, to a file; one that is there already is only
        replaced if the person said so.
        """

    def import_identity(self, path: str, passphrase: str) -> IdentityResult:
        """Use the key of a file from now on (reconnects); the former key is kept beside it."""


class CallCommands(Protocol):
    """What a person can do with a call."""

    def call(self, name: str) -> CallResult:
        """Call somebody."""

    def call_again(self) -> CallResult:
        """Call the one of `ViewState.ended` again."""

    def accept(self) -> Done:
        """Answer the incoming call."""

    def refuse(self, reason: str = "") -> Done:
        """Refuse the incoming call, with a short reason if the person gives one (at most 200 characters)."""

    def hang_up(self) -> Done:
        """End the call, or give up while it still rings there."""

    def mute(self, on: bool) -> Done:
        """Let nothing of the microphone out, or let it out again."""

    def push_to_talk(self, pressed: bool) -> Done:
        """The talk key goes down or up; only counts when the settings ask for push-to-talk."""

    def set_gain(self, gain_db: float) -> Done:
        """How much louder this person is heard (-20 to +20 dB); kept with the contact."""

    def confirm_words(self, equal: bool) -> Done:
        """The three words were compared: they are equal («conferido»), or they are not (the call ends,
        alarm).
        """

    def dismiss_ended(self) -> Done:
        """The screen of the ended call was closed."""


class PeopleCommands(Protocol):
    """What a person can do with names: the room, contacts, history."""

    def look_at(self, names: Sequence[str]) -> Done:
        """These rows are on the screen: keep them live also in a registry of more than 500 names."""

    def search(self, text: str) -> Done:
        """The person types this: have names that begin so in `people` too, when the registry is large."""

    def notify_when_free(self, name: str, on: bool) -> Done:
        """«Avisar quando livre»: one notice when the name becomes free; then it is off again."""

    def favourite(self, name: str, on: bool) -> Done:
        """Keep the name on top, also while it is not connected."""

    def always_relay(self, name: str, on: bool) -> Done:
        """Never let this contact learn our addresses."""

    def contact_gain(self, name: str, gain_db: float) -> Done:
        """How much louder this contact is heard (-20 to +20 dB)."""

    def block(self, name: str, on: bool) -> Done:
        """Calls of this name are refused without ringing."""

    def forget(self, name: str) -> Done:
        """Remove the contact; the pinned key stays."""

    def accept_key(self, name: str) -> Done:
        """The alarm was read and the new key is right: pin it; «verified» is taken back."""

    def keep_key(self, name: str) -> Done:
        """The alarm was read: keep the former key and go on refusing the new one."""

    def history_seen(self) -> Done:
        """The person looked at the missed calls."""

    def remove_history(self, number: int) -> Done:
        """Remove one entry."""

    def clear_history(self) -> Done:
        """Remove all entries."""


class ProgramCommands(Protocol):
    """What a person can do with the program itself."""

    def change_settings(self, settings: Settings) -> SettingsResult:
        """Put these settings in force (devices also in a running call) and write them."""

    def refresh_devices(self) -> Done:
        """Look again which sound devices there are."""

    def start_check(self) -> Done:
        """Check microphone, speaker and network; `ViewState.setup` and `Meters` show it. Not in a call."""

    def stop_check(self) -> Done:
        """Stop the check; what was found stays."""

    def play_test_sound(self) -> Done:
        """Play a short chime on the chosen speaker."""

    def play_ringtone(self) -> Done:
        """Play the chosen ringtone once on the ringer."""

    def clear_messages(self) -> Done:
        """Forget the messages shown."""

    def dismiss(self, number: int) -> Done:
        """The problem with this number was read."""

    def stop(self) -> Done:
        """End the program: hang up, say goodbye, write files; `Face.stopped` follows within 2 s."""


class Commands(ConnectionCommands, CallCommands, PeopleCommands, ProgramCommands, Protocol):
    """Everything a person can do, one method each."""


class NoFace:
    """A face that shows nothing."""

    def show(self, state: ViewState) -> None:
        """Do nothing."""

    def notify(self, notice: Notice) -> None:
        """Do nothing."""

    def stopped(self) -> None:
        """Do nothing."""


class RecordingFace:
    """A face that remembers what it was told, for tests."""

    def __init__(self) -> None:
        self.states: list[ViewState] = []
        self.notices: list[Notice] = []
        self.ended = False

    @property
    def state(self) -> ViewState:
        """The newest state shown."""
        return self.states[-1]

    def show(self, state: ViewState) -> None:
        """Remember the state."""
        self.states.append(state)

    def notify(self, notice: Notice) -> None:
        """Remember the notice."""
        self.notices.append(notice)

    def stopped(self) -> None:
        """Remember that it is over."""
        self.ended = True


#: What the recorder answers when a test did not say otherwise.
PLAIN_ANSWERS: dict[str, Enum] = {
    "connect": ConnectResult.STARTED,
    "open_link": ConnectResult.STARTED,
    "call": CallResult.STARTED,
    "call_again": CallResult.STARTED,
    "change_settings": SettingsResult.SAVED,
    "export_identity": IdentityResult.STARTED,
    "import_identity": IdentityResult.STARTED,
}


class RecordingCommands:
    """Commands that do nothing but remember: `calls` holds (name, arguments); `answers` can be set by a test.

    Only names that `Commands` has are taken, so that a screen cannot call something that does not exist.
    """

    def __init__(self, **answers: Enum) -> None:
        self.calls: list[tuple[str, tuple[object, ...]]] = []
        self.answers = {**PLAIN_ANSWERS, **answers}

    @property
    def commands(self) -> Commands:
        """This recorder as what a face is given."""
        return cast(Commands, self)

    def __getattr__(self, name: str) -> Callable[..., Enum]:
        """The command of that name, recorded when called."""
        if name.startswith("_") or not hasattr(Commands, name):
            raise AttributeError(name)

        def record(*arguments: object, **named: object) -> Enum:
            self.calls.append((name, (*arguments, *named.values())))
            return self.answers.get(name, Done.DONE)

        return record
