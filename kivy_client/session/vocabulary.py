"""The words of the view state: every set of values a face has to draw, one docstring a value."""

from enum import Enum

from kivy_client.session.vocabulary_call import (
    CallPhase,
    Caution,
    Direction,
    EndCause,
    HistoryKind,
    Path,
    QualityCause,
    Side,
)

__all__ = [
    "CallPhase",
    "Caution",
    "CheckState",
    "Direction",
    "EndCause",
    "HistoryKind",
    "IdentityTask",
    "Latency",
    "Link",
    "NoticeKind",
    "Path",
    "Presence",
    "QualityCause",
    "Remark",
    "Side",
    "Theme",
    "Trouble",
]


class Link(Enum):
    """How the connection to the registry stands."""

    OFF = "off"
    """No connection, and none wanted: first start, or the person disconnected."""
    CONNECTING = "connecting"
    """TCP and TLS are being set up."""
    ASKING = "asking"
    """First contact: the server's fingerprint waits for the person's answer (`ViewState.question`)."""
    REGISTERING = "registering"
    """The server is the right one; the name is being claimed."""
    ONLINE = "online"
    """Registered: the table is live."""
    WAITING = "waiting"
    """The connection was lost; the next attempt starts at `ConnectionView.retry_at`."""
    STOPPED = "stopped"
    """The server or the fingerprint said no; only the person can go on (`ConnectionView.trouble`)."""


class Presence(Enum):
    """What a name's owner can be told to be; the values are the wire's `estado`."""

    FREE = "livre"
    """Connected and free: a tap calls."""
    BUSY = "ocupado"
    """In a call, or ringing."""
    AWAY = "ausente"
    """Said to be away; it still rings."""
    DO_NOT_DISTURB = "nao-perturbe"
    """Does not want to be called; the registry refuses for it."""
    OFFLINE = "fora"
    """Not connected."""


class Trouble(Enum):
    """Why something failed; a face has one text for each."""

    NONE = "none"
    """Nothing failed."""
    UNREACHABLE = "unreachable"
    """The server does not answer: wrong address, no network, or it is switched off."""
    UNKNOWN_HOST = "unknown-host"
    """The server's name means nothing to the network."""
    NOT_A_SERVER = "not-a-server"
    """Something answers there, but it is no registry of this kind."""
    FINGERPRINT_CHANGED = "fingerprint-changed"
    """The server shows a different fingerprint than the one that was accepted: nothing was sent."""
    FINGERPRINT_REFUSED = "fingerprint-refused"
    """The person did not accept the fingerprint: nothing was sent."""
    CERTIFICATE = "certificate"
    """The certificate is not valid for that host name."""
    NAME_TAKEN = "name-taken"
    """That name belongs to another key."""
    NAME_INVALID = "name-invalid"
    """The registry does not take that name."""
    INVITATION_NEEDED = "invitation-needed"
    """New names need an invitation here, or the one given is wrong."""
    VERSION = "version"
    """The server speaks another version."""
    BANNED = "banned"
    """The operator banned this name, key or address."""
    REPLACED = "replaced"
    """The same name and key connected from somewhere else."""
    LIMIT = "limit"
    """The registry asks to wait."""
    FULL = "full"
    """The registry takes no more people."""
    CLOSING = "closing"
    """The registry is being closed."""
    REFUSED = "refused"
    """The registry refused for a reason of its own, said in the detail."""
    FILE_SET_ASIDE = "file-set-aside"
    """A file of settings, contacts, history or pins was broken; it was set aside under the name in the
    detail.
    """
    FILE_NOT_WRITTEN = "file-not-written"
    """A file could not be written; the detail says which and why."""
    IDENTITY_BROKEN = "identity-broken"
    """The file that held this person's key was broken; it was set aside under the name in the detail, and
    nothing is sent before the person imports the key or connects with a new one.
    """
    SOUND = "sound"
    """The sound system failed; the detail says how."""
    MAINTENANCE = "maintenance"
    """The registry announces that it will be closed; it said how long to wait."""


class NoticeKind(Enum):
    """Something that happened once and deserves a desktop notification or a short banner."""

    INCOMING_CALL = "incoming-call"
    """Somebody calls (`name`)."""
    MISSED_CALL = "missed-call"
    """Somebody called and was not answered, here or while away (`name`)."""
    FREE_NOW = "free-now"
    """Somebody that the person waits for is free now (`name`)."""
    SECOND_CALLER = "second-caller"
    """Somebody called while a call is on, and heard busy (`name`)."""
    DEVICE = "device"
    """A sound device vanished or came back in a call (`detail` is the caution's value)."""
    MAINTENANCE = "maintenance"
    """The registry announces its end (`detail` is its sentence)."""


class CheckState(Enum):
    """How far one part of the set-up check is."""

    NOT_RUN = "not-run"
    """Not started."""
    RUNNING = "running"
    """Being measured; `CheckView.level` moves."""
    GOOD = "good"
    """Works."""
    DOUBTFUL = "doubtful"
    """Works, with a remark (`CheckView.remark`)."""
    BAD = "bad"
    """Does not work (`CheckView.remark`)."""


class Remark(Enum):
    """What a part of the set-up check found."""

    NONE = "none"
    """Nothing to say."""
    NO_DEVICE = "no-device"
    """There is no such device, or it cannot be opened."""
    SILENT = "silent"
    """The device opens, and no sound comes from it."""
    TOO_SOFT = "too-soft"
    """Speech is hardly there."""
    TOO_LOUD = "too-loud"
    """Speech is cut off at the top."""
    NO_SERVER = "no-server"
    """The registry is not connected."""
    NO_UDP = "no-udp"
    """The server answers by TLS only: calls will go inside it, with more delay."""
    SLOW = "slow"
    """The round trip is long (over 300 ms)."""
    LOSSY = "lossy"
    """Answers are missing."""


class IdentityTask(Enum):
    """What became of the last export or import of the identity."""

    IDLE = "idle"
    """None was asked for."""
    RUNNING = "running"
    """The passphrase is being stretched; takes a moment on purpose."""
    EXPORTED = "exported"
    """The file is written."""
    IMPORTED = "imported"
    """The identity of the file is in use; the former one was kept beside it."""
    WRONG_PHRASE = "wrong-phrase"
    """The passphrase does not open the file, or the file was changed."""
    NOT_AN_IDENTITY = "not-an-identity"
    """The file holds no identity of this program."""
    FILE_EXISTS = "file-exists"
    """There is a file of that name; it was left as it is."""
    FILE_FAILED = "file-failed"
    """The file cannot be read or written."""


class Theme(Enum):
    """The looks."""

    SYSTEM = "sistema"
    """Light or dark, as the system says."""
    LIGHT = "claro"
    """Light."""
    DARK = "escuro"
    """Dark."""
    CONTRAST = "contraste"
    """High contrast."""


class Latency(Enum):
    """How much delay is spent on safety."""

    NORMAL = "normal"
    """20 ms frames."""
    LOW = "baixa"
    """10 ms frames and small buffers, for good networks."""
