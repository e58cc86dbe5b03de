"""What a call tells about itself: one frozen snapshot a second, and one report at its end."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, IntEnum


@dataclass(frozen=True, slots=True)
class Direction:
    """Packets of one direction since the start of the call.

    For what we receive: `packets` taken, `lost` as the numbers show, `loss` the share lost of late, `burst`
    the mean run of missing packets, `jitter_ms` by RFC 3550. For what we send: the same as the other side
    reports it. `rate` is bit/s of RTP payload over the last second.
    """

    packets: int = 0
    lost: int = 0
    loss: float = 0.0
    burst: float = 0.0
    jitter_ms: float = 0.0
    rate: int = 0


@dataclass(frozen=True, slots=True)
class Refused:
    """Datagrams that did not authenticate, by why, and packets that made no sense."""

    altered: int = 0
    replayed: int = 0
    foreign: int = 0
    malformed: int = 0


@dataclass(frozen=True, slots=True)
class Played:
    """What was heard, in frames of 20 ms unless it says otherwise.

    `copies` and `recovered` are frames saved by redundancy, `concealed` made up, `late` those that came
    after their time, `skipped` thrown away to catch up. Delays are of the jitter buffer.
    """

    frames: int = 0
    copies: int = 0
    recovered: int = 0
    concealed: int = 0
    silence: int = 0
    late: int = 0
    skipped: int = 0
    delay_ms: float = 0.0
    target_ms: float = 0.0

    @property
    def concealed_share(self) -> float:
        """Share of what was played that was made up, 0 to 1."""
        total = self.frames + self.copies + self.recovered + self.concealed + self.silence
        return self.concealed / total if total else 0.0


@dataclass(frozen=True, slots=True)
class Sound:
    """Our own sound: levels 0 to 1 now and the highest of late, device trouble, share of a core that the
    call's thread used (0 to 1), and how late the latest tick of the media clock was in the
    last second or two.

    `callback_jitter_ms` is by how much the time between two calls of a device is not its 10 ms, in the mean.
    """

    level_in: float = 0.0
    level_out: float = 0.0
    underruns: int = 0
    overruns: int = 0
    device_latency_ms: float = 0.0
    cpu: float = 0.0
    complexity: int = 10
    late_ticks_ms: float = 0.0
    callback_jitter_ms: float = 0.0


class Side(Enum):
    """Where the trouble is."""

    THEIR_NETWORK = "rede-deles"
    OUR_NETWORK = "rede-nossa"
    OUR_COMPUTER = "computador-nosso"
    THEIR_COMPUTER = "computador-deles"
    MICROPHONE = "microfone"
    THEIR_MICROPHONE = "microfone-deles"
    LINE = "linha"


class Severity(IntEnum):
    """How much of the conversation it costs."""

    FAIR = 1
    """It is noticed."""
    POOR = 2
    """It is hard to understand each other."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is wrong: a code of `voz.reporting.diagnosis`, where it is, and how bad."""

    code: str
    side: Side
    severity: Severity


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One call at one moment; `seconds` since the first packet that authenticated.

    `delay_ms` is the way from the other mouth to our ear as far as we can know it: half the round trip, the
    frame, the jitter buffer and the device. `began` is when the devices started, in Unix seconds. `step`
    names the protection we send with, `line_full` that the line took no more. `findings` is what was wrong in
    the last seconds, `course` what was wrong for a good part of the call; the gravest first.
    """

    seconds: float = 0.0
    path: str = "nenhum"
    round_trip_ms: float | None = None
    delay_ms: float = 0.0
    sent: Direction = Direction()
    received: Direction = Direction()
    played: Played = Played()
    refused: Refused = Refused()
    sound: Sound = Sound()
    level: int = 0
    step: str = "clean-32"
    line_full: bool = False
    muted: bool = False
    their_delay_ms: float = 0.0
    their_discards: float = 0.0
    began: float | None = None
    level_in_highest: float = 0.0
    level_out_highest: float = 0.0
    findings: tuple[Finding, ...] = ()
    course: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class CallReport:
    """A call that is over: how it began (Unix seconds, None if nobody was ever heard), how long it was, why
    it ended (`pedido`, `despedida`, `perdida`), the last snapshot (its `course` says what was wrong), and the
    worst second."""

    started_at: float | None
    seconds: float
    reason: str
    last: Snapshot
    worst_loss: float = 0.0
    worst_delay_ms: float = 0.0
