"""What `--json` says about a call."""

from typing import Any

from kivy_client.session.state import EndedCall
from voz.stats import Severity, Snapshot

GRAVITY = {Severity.FAIR: "leve", Severity.POOR: "grave"}


def report(ended: EndedCall, last: Snapshot, status: int) -> dict[str, Any]:
    """Return the object: names in the wire's language, times in seconds or milliseconds as they say."""
    return {
        "nome": ended.name,
        "sentido": ended.direction.value,
        "fim": ended.cause.value,
        "motivo": ended.reason,
        "estado_de_saida": status,
        "inicio": last.began,
        "duracao_s": round(ended.duration, 3),
        "caminho": last.path,
        "palavras": list(ended.words),
        "enviados": last.sent.packets,
        "recebidos": last.received.packets,
        "perdidos": last.received.lost,
        "perdidos_la": last.sent.lost,
        "ocultados": last.played.concealed,
        "atrasados": last.played.late,
        "atraso_ms": None if last.round_trip_ms is None else round(last.delay_ms, 1),
        "ida_e_volta_ms": None if last.round_trip_ms is None else round(last.round_trip_ms, 1),
        "jitter_ms": round(last.received.jitter_ms, 1),
        "qualidade": ended.quality.bars if ended.duration > 0 else None,
        "achados": [
            {"codigo": found.code, "lado": found.side.value, "gravidade": GRAVITY[found.severity]}
            for found in last.course
        ],
        "recusados": {
            "alterados": last.refused.altered,
            "repetidos": last.refused.replayed,
            "alheios": last.refused.foreign,
            "malformados": last.refused.malformed,
        },
    }
