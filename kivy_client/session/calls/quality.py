"""From the engine's findings and figures to what a person reads: three bars, one cause, whose side; pure.

What is wrong is decided in `voz.reporting.diagnosis` alone; here it only gets the screen's names.
"""

from kivy_client.session.state_call import FiguresView, QualityView
from kivy_client.session.vocabulary import CallPhase, QualityCause, Side
from voz import stats
from voz.stats import Finding, Severity, Snapshot

CAUSES = {
    "nada-chega": QualityCause.SILENCE,
    "computador-lento": QualityCause.COMPUTER,
    "computador-atrasa": QualityCause.COMPUTER,
    "som-engasga": QualityCause.COMPUTER,
    "perda-dos-dois-lados": QualityCause.LOSS,
    "perda-na-chegada": QualityCause.LOSS,
    "perda-no-envio": QualityCause.LOSS,
    "linha-cheia": QualityCause.RATE,
    "atraso-variavel-nosso": QualityCause.JITTER,
    "atraso-variavel-deles": QualityCause.JITTER,
    "longe": QualityCause.DELAY,
    "som-falta": QualityCause.GAPS,
    "eles-nao-acompanham": QualityCause.COMPUTER,
    "microfone-baixo": QualityCause.MICROPHONE,
    "microfone-deles-baixo": QualityCause.MICROPHONE,
}

SIDES = {
    stats.Side.THEIR_NETWORK: Side.THEIRS,
    stats.Side.THEIR_COMPUTER: Side.THEIRS,
    stats.Side.THEIR_MICROPHONE: Side.THEIRS,
    stats.Side.OUR_NETWORK: Side.OURS,
    stats.Side.OUR_COMPUTER: Side.OURS,
    stats.Side.MICROPHONE: Side.OURS,
    stats.Side.LINE: Side.NOBODY,
}

BARS = {Severity.FAIR: 2, Severity.POOR: 1}


def quality_of(findings: tuple[Finding, ...], phase: CallPhase = CallPhase.TALKING) -> QualityView:
    """Return the bars: 3 good, 2 fair, 1 poor, 0 nothing arrives; the gravest finding is told."""
    if phase is CallPhase.RECONNECTING:
        return QualityView(0, QualityCause.SILENCE, Side.NOBODY)
    if not findings:
        return QualityView()
    worst = findings[0]
    cause = CAUSES[worst.code]
    return QualityView(0 if cause is QualityCause.SILENCE else BARS[worst.severity], cause, SIDES[worst.side])


def figures_of(snapshot: Snapshot) -> FiguresView:
    """Return the numbers of the screen."""
    heard, sent, played = snapshot.received, snapshot.sent, snapshot.played
    return FiguresView(
        loss=heard.loss,
        loss_there=sent.loss,
        concealed=played.concealed_share,
        late=played.late / max(1, heard.packets),
        jitter_ms=heard.jitter_ms,
        round_trip_ms=snapshot.round_trip_ms,
        buffer_ms=played.delay_ms,
        delay_ms=None if snapshot.round_trip_ms is None else snapshot.delay_ms,
        rate_in=heard.rate / 1000,
        rate_out=sent.rate / 1000,
        step=snapshot.level,
        cpu=snapshot.sound.cpu,
    )
