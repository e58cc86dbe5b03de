"""From the engine's figures to what a person reads: three bars, one cause, and on whose side it is. Pure."""

from collections.abc import Callable
from dataclasses import dataclass

from kivy_client.session.state_call import FiguresView, QualityView
from kivy_client.session.vocabulary import CallPhase, QualityCause, Side
from voz.stats import Snapshot


@dataclass(frozen=True, slots=True)
class _Fault:
    """Something that can be wrong: from `fair` on it costs a bar, from `poor` on two."""

    cause: QualityCause
    side: Side
    fair: float
    poor: float
    measure: Callable[[Snapshot], float]


def _round_trip(snapshot: Snapshot) -> float:
    return snapshot.round_trip_ms or 0.0


#: In the order of telling, where two are equally bad.
FAULTS = (
    _Fault(QualityCause.LOSS, Side.THEIRS, 0.05, 0.15, lambda s: s.received.loss),
    _Fault(QualityCause.LOSS, Side.OURS, 0.05, 0.15, lambda s: s.sent.loss),
    _Fault(QualityCause.JITTER, Side.THEIRS, 40.0, 120.0, lambda s: s.received.jitter_ms),
    _Fault(QualityCause.JITTER, Side.OURS, 40.0, 120.0, lambda s: s.sent.jitter_ms),
    _Fault(QualityCause.DELAY, Side.NOBODY, 300.0, 700.0, _round_trip),
    _Fault(QualityCause.COMPUTER, Side.OURS, 0.7, 0.95, lambda s: s.sound.cpu),
    _Fault(QualityCause.COMPUTER, Side.OURS, 60.0, 200.0, lambda s: s.sound.late_ticks_ms),
    _Fault(QualityCause.RATE, Side.OURS, 0.5, 2.0, lambda s: float(s.line_full)),
)


def quality_of(snapshot: Snapshot, phase: CallPhase) -> QualityView:
    """Return the bars: 3 good, 2 fair, 1 poor, 0 nothing arrives; the worst fault gives cause and side."""
    if phase is CallPhase.RECONNECTING:
        return QualityView(0, QualityCause.SILENCE, Side.NOBODY)
    poor = next((fault for fault in FAULTS if fault.measure(snapshot) >= fault.poor), None)
    fair = next((fault for fault in FAULTS if fault.measure(snapshot) >= fault.fair), None)
    if poor is not None:
        return QualityView(1, poor.cause, poor.side)
    if fair is not None:
        return QualityView(2, fair.cause, fair.side)
    return QualityView()


def figures_of(snapshot: Snapshot) -> FiguresView:
    """Return the numbers of the screen."""
    heard, sent, played = snapshot.received, snapshot.sent, snapshot.played
    return FiguresView(
        loss=heard.loss,
        loss_there=sent.loss,
        concealed=played.concealed_share,
        late=played.late / max(1, heard.packets),
        jitter_ms=heard.jitter_ms,
        round_trip_ms=_round_trip(snapshot),
        buffer_ms=played.delay_ms,
        delay_ms=snapshot.delay_ms,
        rate_in=heard.rate / 1000,
        rate_out=sent.rate / 1000,
        step=snapshot.level,
        cpu=snapshot.sound.cpu,
    )
