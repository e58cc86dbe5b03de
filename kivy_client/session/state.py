"""The view state: everything a face can show, as frozen values.

The controller makes a new `ViewState` whenever something changed and hands it to the face; parts that did not
change are the same objects as before (`new.people is old.people`), so a face compares by identity and redraws
little. Times are Unix seconds. Names are canonical. No secret is ever in here.
"""

from dataclasses import dataclass, field

from kivy_client.session.state_call import (
    CallView,
    EndedCall,
    FiguresView,
    Meters,
    PathView,
    QualityView,
)
from kivy_client.session.vocabulary import (
    CheckState,
    Direction,
    EndCause,
    HistoryKind,
    IdentityTask,
    Latency,
    Link,
    NoticeKind,
    Presence,
    Remark,
    Theme,
    Trouble,
)

__all__ = [
    "CallView",
    "CheckView",
    "ConnectionView",
    "Contact",
    "DeviceView",
    "EndedCall",
    "FiguresView",
    "HistoryEntry",
    "IdentityView",
    "KeyAlarm",
    "LogLine",
    "Meters",
    "Notice",
    "PathView",
    "Person",
    "Problem",
    "QualityView",
    "ServerQuestion",
    "Settings",
    "SetupView",
    "ViewState",
]


@dataclass(frozen=True, slots=True)
class ConnectionView:
    """The connection to the registry.

    `address` is the `sala://` link without its fingerprint's demand (text for people), `link` the whole link
    to share or to draw as a QR picture. `name` is the one asked for until `Link.ONLINE`, then the canonical
    one. `attempt` counts since the last success. `retry_at` is when the next attempt starts. `trouble` and
    `detail` say why not. `everybody`: the registry sends every change; else only favourites and those asked
    for with `look_at` are live.
    """

    link: Link = Link.OFF
    address: str = ""
    share_link: str = ""
    name: str = ""
    trouble: Trouble = Trouble.NONE
    detail: str = ""
    attempt: int = 0
    retry_at: float | None = None
    online_since: float | None = None
    connected_people: int = 0
    everybody: bool = True


@dataclass(frozen=True, slots=True)
class ServerQuestion:
    """A server seen for the first time, or one whose fingerprint is not the one that was accepted.

    `fingerprint` is in groups of four; `words` are eight words made of it, easier to compare aloud. With
    `former` not empty the server shows a different fingerprint than before: nothing was sent, and nothing
    will be.
    """

    address: str
    fingerprint: str
    words: tuple[str, ...]
    former: str = ""


@dataclass(frozen=True, slots=True)
class Person:
    """One row of the room. `order` sorts (favourites first, then by name, without accents or case).

    `sought` is the name folded for the search as one types. `waiting`: the person asked to be told when it is
    free. `key` is the pinned fingerprint in groups of four, empty before the first look-up or call. `alarm`:
    the key changed.
    """

    name: str
    presence: Presence
    favourite: bool = False
    waiting: bool = False
    blocked: bool = False
    always_relay: bool = False
    verified: bool = False
    alarm: bool = False
    key: str = ""
    sought: str = ""

    @property
    def order(self) -> tuple[bool, str, str]:
        """The key to sort by: favourites first, then the folded name."""
        return (not self.favourite, self.sought, self.name)


@dataclass(frozen=True, slots=True)
class Contact:
    """What the person keeps about a name, on disk. `gain_db` is added to what is heard from it."""

    name: str
    favourite: bool = False
    always_relay: bool = False
    blocked: bool = False
    verified: bool = False
    gain_db: float = 0.0
    waiting: bool = False


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """One call of the history. `seen` is False for missed ones that the person has not looked at."""

    number: int
    kind: HistoryKind
    name: str
    when: float
    cause: EndCause
    duration: float = 0.0
    bars: int = 0
    seen: bool = True

    @property
    def direction(self) -> Direction:
        """Who called."""
        return Direction.OUTGOING if self.kind is HistoryKind.MADE else Direction.INCOMING


@dataclass(frozen=True, slots=True)
class Settings:
    """What the person chose. Device names are sounddevice's; the empty text means the system's default.

    `language` is `pt_BR`, `en` or empty (the system's). `ringtone` names a sound of the program (its file
    without `.wav`). `font_scale` is 0.8 to 2.0. `ring_volume` 0 to 1. `keep_messages` writes the messages to
    a rotated file.
    """

    microphone: str = ""
    speaker: str = ""
    ringer: str = ""
    ringtone: str = "toque"
    ring_volume: float = 0.8
    vibrate: bool = True
    notifications: bool = True
    theme: Theme = Theme.SYSTEM
    language: str = ""
    font_scale: float = 1.0
    latency: Latency = Latency.NORMAL
    always_relay: bool = False
    push_to_talk: bool = False
    echo_cancel: bool = True
    noise_suppression: bool = True
    auto_gain: bool = True
    keep_messages: bool = False


@dataclass(frozen=True, slots=True)
class LogLine:
    """A message sent or received, as people read it: keys and signatures are shortened.

    `number` grows by one.
    """

    number: int
    when: float
    outgoing: bool
    verb: str
    text: str


@dataclass(frozen=True, slots=True)
class DeviceView:
    """A sound device: `name` is what settings keep, `label` what people read; `default` is the system's
    choice.
    """

    name: str
    label: str
    default: bool = False


@dataclass(frozen=True, slots=True)
class CheckView:
    """One part of the set-up check.

    `figure` is its number: a level in dBFS, or a round trip in ms; None before.
    """

    state: CheckState = CheckState.NOT_RUN
    remark: Remark = Remark.NONE
    figure: float | None = None
    detail: str = ""


@dataclass(frozen=True, slots=True)
class SetupView:
    """The check of microphone, speaker and network; while it runs, `Meters` move with real levels."""

    microphone: CheckView = CheckView()
    speaker: CheckView = CheckView()
    network: CheckView = CheckView()


@dataclass(frozen=True, slots=True)
class IdentityView:
    """The person's own key: its fingerprint in groups of four and in words, and the last export or import."""

    fingerprint: str = ""
    words: tuple[str, ...] = ()
    task: IdentityTask = IdentityTask.IDLE
    file: str = ""


@dataclass(frozen=True, slots=True)
class KeyAlarm:
    """A name that shows a different key than the pinned one: the red screen. Nothing proceeds until it is
    answered.

    `calling`: the new key tried to call; else it was seen when this side called or looked it up.
    """

    name: str
    former: str
    present: str
    when: float
    calling: bool


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that failed and that the person may want to know, until dismissed by its `number`."""

    number: int
    trouble: Trouble
    detail: str
    when: float


@dataclass(frozen=True, slots=True)
class Notice:
    """Something that happened once; handed to the face, not kept."""

    kind: NoticeKind
    name: str = ""
    detail: str = ""


@dataclass(frozen=True, slots=True)
class ViewState:
    """All of it.

    `presence` is what this person said to be (free, away, do not disturb); `dnd_until` is when that ends by
    itself (None: when the person says so). `people` is sorted by `Person.order`, oneself left out; `missed`
    counts unseen missed calls. `history` has the newest first, `messages` the newest last.
    """

    connection: ConnectionView = ConnectionView()
    question: ServerQuestion | None = None
    presence: Presence = Presence.FREE
    dnd_until: float | None = None
    people: tuple[Person, ...] = ()
    call: CallView | None = None
    ended: EndedCall | None = None
    history: tuple[HistoryEntry, ...] = ()
    missed: int = 0
    contacts: tuple[Contact, ...] = ()
    settings: Settings = Settings()
    messages: tuple[LogLine, ...] = ()
    microphones: tuple[DeviceView, ...] = ()
    speakers: tuple[DeviceView, ...] = ()
    setup: SetupView = SetupView()
    identity: IdentityView = IdentityView()
    alarms: tuple[KeyAlarm, ...] = ()
    problems: tuple[Problem, ...] = ()
    meters: Meters = field(default_factory=Meters, compare=False)
