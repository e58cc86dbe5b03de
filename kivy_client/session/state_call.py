"""The parts of the view state that belong to a call: the one that is on, and the one that ended last."""

from dataclasses import dataclass

from kivy_client.session.vocabulary import (
    CallPhase,
    Caution,
    Direction,
    EndCause,
    Path,
    QualityCause,
    Side,
)


class Meters:
    """Levels of the sound as plain floats, 0.0 (silence) to 1.0 (full scale), on a scale linear in decibels
    (-60 to 0).

    Not part of the frozen state: a screen reads them at its own pace, nobody is told when they change.
    """

    __slots__ = ("mine", "theirs")

    def __init__(self) -> None:
        self.mine = 0.0
        self.theirs = 0.0


@dataclass(frozen=True, slots=True)
class QualityView:
    """How good the call is or was: `bars` 0 (nothing arrives) to 3 (good), why not better, on whose side."""

    bars: int = 3
    cause: QualityCause = QualityCause.NONE
    side: Side = Side.NOBODY


@dataclass(frozen=True, slots=True)
class FiguresView:
    """The numbers behind the quality, renewed once a second; times in ms, shares from 0 to 1, rates in
    kbit/s. None: not measured yet.
    """

    loss: float = 0.0
    loss_there: float = 0.0
    concealed: float = 0.0
    late: float = 0.0
    jitter_ms: float = 0.0
    round_trip_ms: float | None = None
    buffer_ms: float = 0.0
    delay_ms: float | None = None
    rate_in: float = 0.0
    rate_out: float = 0.0
    step: int = 0
    cpu: float = 0.0


@dataclass(frozen=True, slots=True)
class PathView:
    """Which way the packets take.

    `revealed` holds this computer's addresses that the other side was told (text, without ports); empty when
    the call goes through the relay only. `relay_only`: the person or the contact asks for the relay always.
    """

    path: Path = Path.NONE
    revealed: tuple[str, ...] = ()
    relay_only: bool = False


@dataclass(frozen=True, slots=True)
class CallView:
    """The call that is on.

    `name` is the other side. `began` is when it was dialled or first rang, `talking_since` when the first
    packet authenticated (None before), both Unix seconds. `words` are the three words to compare (empty
    before the keys are known); `verified` says that the person compared them with this contact's present key,
    now or earlier. `encryption` is one line of technical text, `key` the other side's fingerprint in groups
    of four. `waiting_names`: second callers that heard busy during this call, the newest last.
    """

    phase: CallPhase
    direction: Direction
    name: str
    began: float
    talking_since: float | None = None
    words: tuple[str, ...] = ()
    verified: bool = False
    muted: bool = False
    push_to_talk: bool = False
    pressed: bool = False
    gain_db: float = 0.0
    quality: QualityView = QualityView()
    figures: FiguresView = FiguresView()
    path: PathView = PathView()
    encryption: str = ""
    key: str = ""
    warnings: tuple[Caution, ...] = ()
    waiting_names: tuple[str, ...] = ()
    microphone: str = ""
    speaker: str = ""


@dataclass(frozen=True, slots=True)
class EndedCall:
    """The call that ended last, shown until the person dismisses it or another one begins.

    `duration` is in seconds of talking (0 when nobody answered); `quality` is that of the call as a whole;
    `reason` is the other side's or the registry's own sentence, for people, may be empty. `number` grows with
    each call. `can_repeat`: «call again» makes sense.
    """

    number: int
    name: str
    direction: Direction
    cause: EndCause
    reason: str
    ended: float
    duration: float
    can_repeat: bool
    quality: QualityView = QualityView()
    figures: FiguresView = FiguresView()
    words: tuple[str, ...] = ()
    path: Path = Path.NONE
