"""The words of the view state: every set of values a face has to draw, one docstring a value."""

from enum import Enum


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


class CallPhase(Enum):
    """Where the call is, as the person sees it."""

    CALLING = "calling"
    """Outgoing: the invitation is on its way; nothing rings yet, so no ring-back tone."""
    RINGING = "ringing"
    """Outgoing: the other program says that it really rings."""
    INCOMING = "incoming"
    """Incoming: it rings here, and waits for accept or refuse."""
    SECURING = "securing"
    """Accepted: keys are exchanged and the first authenticated packet is awaited."""
    TALKING = "talking"
    """The first packet authenticated: voice goes both ways."""
    RECONNECTING = "reconnecting"
    """The voice stopped arriving; both sides look for a path. Ends by itself after 30 s."""


class Direction(Enum):
    """Who made the call."""

    OUTGOING = "outgoing"
    """This side called."""
    INCOMING = "incoming"
    """The other side called."""


class EndCause(Enum):
    """Why a call ended; each one has its own text on the screen."""

    HUNG_UP_HERE = "hung-up-here"
    """A conversation, ended by this side."""
    HUNG_UP_THERE = "hung-up-there"
    """A conversation, ended by the other side."""
    BUSY = "busy"
    """The other side is in another call."""
    BUSY_HERE = "busy-here"
    """For the registry this name is in a call already: on another device, or one that was cut off here."""
    REFUSED = "refused"
    """The other side refused; `reason` holds its short words, if any."""
    REFUSED_HERE = "refused-here"
    """This side refused."""
    NO_ANSWER = "no-answer"
    """It rang for 45 s and nobody answered, or the other side's connection broke while it rang."""
    MISSED = "missed"
    """An incoming call that nobody answered here."""
    ABSENT = "absent"
    """The other side is not connected; it will be told that it was called."""
    NOT_FOUND = "not-found"
    """Nobody owns that name."""
    DO_NOT_DISTURB = "do-not-disturb"
    """The other side does not want to be disturbed."""
    CANCELLED_HERE = "cancelled-here"
    """This side gave up before there was an answer."""
    CANCELLED = "cancelled"
    """The caller gave up before this side answered."""
    CONNECTION_LOST = "connection-lost"
    """Nothing arrived for 30 s in a conversation, or the other side said that it lost us."""
    NO_PATH = "no-path"
    """It was accepted, but no packet ever found its way."""
    SERVER_GONE = "server-gone"
    """The connection to the registry broke before the call was accepted."""
    SERVER_CLOSING = "server-closing"
    """The registry is being closed and takes no new calls."""
    KEY_CHANGED = "key-changed"
    """The other name is under a different key than before (`ViewState.alarms` has it)."""
    FORGED = "forged"
    """A signature, commitment or key of the call was wrong: somebody may sit in the middle."""
    CLOCK = "clock"
    """The clocks of the two computers differ by more than two minutes."""
    SOUND_FAILED = "sound-failed"
    """The microphone or the speaker cannot be opened."""
    LIMIT = "limit"
    """Too many invitations in a short time: the registry asks to wait."""
    CROSSED = "crossed"
    """Both called each other at once; the other call took this one's place. Never shown."""
    FAULT = "fault"
    """The registry did not accept a line of this call: a fault of a program, said in `reason`."""


class HistoryKind(Enum):
    """The four lists of the history."""

    MADE = "made"
    """Called by this side."""
    RECEIVED = "received"
    """Called by the other side and answered (or refused) here."""
    MISSED = "missed"
    """Rang here without an answer."""
    MISSED_AWAY = "missed-away"
    """Came while this name was not connected; told by the registry later."""


class Path(Enum):
    """The way the voice's packets take; the values are those of `voz.net.PathKind`."""

    NONE = "nenhum"
    """None yet."""
    RELAY = "rele"
    """Through the server's relay: the other side does not learn this address by the packets."""
    DIRECT = "direto"
    """From computer to computer."""
    LINES = "linhas"
    """Inside the TLS connection, because UDP does not pass."""


class QualityCause(Enum):
    """What makes a call worse than it could be."""

    NONE = "none"
    """Nothing is wrong."""
    LOSS = "loss"
    """Packets are lost."""
    JITTER = "jitter"
    """Packets come at uneven times."""
    DELAY = "delay"
    """The way is long: people start to talk at once."""
    RATE = "rate"
    """The line cannot carry more."""
    COMPUTER = "computer"
    """The computer cannot keep up."""
    MICROPHONE = "microphone"
    """No sound comes from the microphone, or it is far too loud or too soft."""
    GAPS = "gaps"
    """What is heard has holes, though hardly a packet is lost: they come too late."""
    SILENCE = "silence"
    """Nothing arrives."""


class Side(Enum):
    """Whose side a quality cause is on."""

    NOBODY = "nobody"
    """Nothing is wrong, or nobody can tell."""
    OURS = "ours"
    """This side's network or computer."""
    THEIRS = "theirs"
    """The other side's network or computer."""


class Caution(Enum):
    """What a person should know while talking."""

    MUTED_BUT_TALKING = "muted-but-talking"
    """The microphone is off here, and it hears speech."""
    NO_SOUND_IN = "no-sound-in"
    """No sound comes from the microphone."""
    NO_SOUND_OUT = "no-sound-out"
    """The speaker takes no sound."""
    DEVICE_LOST = "device-lost"
    """The chosen device vanished; another one is used until it is back."""
    DEVICE_BACK = "device-back"
    """The chosen device is used again."""
    SERVER_AWAY = "server-away"
    """The registry is not connected; the call goes on without it."""
    NOTHING_ARRIVES = "nothing-arrives"
    """No packet arrives: the line."""
    ONLY_SILENCE = "only-silence"
    """Packets arrive and hold nothing but silence: the other side's microphone."""
    ECHO_NOT_CANCELLED = "echo-not-cancelled"
    """The echo canceller cannot be used here; headphones are advised."""
    RECORDING_STOPPED = "recording-stopped"
    """The file that takes what is heard cannot be written any more."""
    OTHER = "other"
    """A warning that this version has no words for."""


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
