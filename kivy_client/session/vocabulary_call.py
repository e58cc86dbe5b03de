"""The words in which the client tells a face about a call; no text for people is here."""

from enum import Enum


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
