"""The tables of the voice benches, and their figures as JSON."""

from __future__ import annotations

import json
import statistics
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from bench.voz.cells import GOALS
from bench.voz.echo import EchoFigures
from bench.voz.matrix import Row
from bench.voz.mouth import Figures


def matrix_table(rows: Sequence[Row]) -> str:
    """The loss matrix in Markdown."""
    lines = [
        "| line | PESQ | goal | worst seed | worst call | STOI | kbit/s "
        "| mouth to ear, ms | buffer's target, ms "
        "| concealed | late | step | PCM with zeros | concealment alone |",
        "|---|---|---|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    for row in rows:
        cell, goal = row.cell, GOALS.get(row.line)
        verdict = "" if goal is None else f"≥ {goal} {'ok' if cell.pesq >= goal else 'missed'}"
        lines.append(
            f"| {row.line} | {round(cell.pesq, 3):.2f} | {verdict} "
            f"| {row.worst_seed:.2f} | {row.worst_call:.2f} | {cell.stoi:.3f} | {cell.rate:.1f} "
            f"| {cell.delay_ms:.0f} | {cell.target_ms:.0f} | {cell.concealed:.2f} % | {cell.late:.2f} % "
            f"| {cell.step} | {row.zeros:.2f} | {row.concealment:.2f} |"
        )
    return "\n".join(lines)


def echo_table(figures: EchoFigures) -> str:
    """The echo's figures in Markdown."""
    return (
        "| ERLE | goal | PESQ in double talk | goal | untreated |\n|---|---|---|---|---|\n"
        f"| {figures.erle:.1f} dB | ≥ 18 | {figures.double_talk:.2f} | ≥ 2.4 | {figures.untreated:.2f} |"
    )


def mouth_table(results: dict[str, list[Figures]], load: float) -> str:
    """Mouth to ear in Markdown: the median of each figure of the rounds, and the least and the most delay."""
    lines = [
        f"Load average of the machine at the end: {load:.1f}.",
        "",
        "| who | rounds | mouth to ear, ms | least | most | PESQ | CPU of one end | underruns a minute "
        "| overruns a minute | callback jitter, ms | concealed |",
        "|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    for title, rows in results.items():
        delays = [row.delay_ms for row in rows]
        figures = [
            _middle(delays, "{:.0f}"),
            f"{min(delays):.0f}",
            f"{max(delays):.0f}",
            _middle([row.pesq for row in rows], "{:.2f}"),
            _middle([row.cpu for row in rows], "{:.1%}"),
            _middle([row.underruns for row in rows], "{:.1f}"),
            _middle([row.overruns for row in rows], "{:.1f}"),
            _middle([row.callback_jitter_ms for row in rows], "{:.2f}"),
            _middle([row.concealed for row in rows], "{:.1%}"),
        ]
        lines.append(f"| {title} | {len(rows)} | {' | '.join(figures)} |")
    return "\n".join(lines)


def _middle(values: Sequence[float | None], shape: str) -> str:
    """The median of what is known."""
    known = [value for value in values if value is not None]
    return shape.format(statistics.median(known)) if known else "-"


def as_json(when: str, machine: Sequence[str], parts: dict[str, Any]) -> str:
    """All figures, with the date and the versions."""
    return json.dumps({"date": when, "machine": list(machine), **parts}, indent=1, ensure_ascii=False) + "\n"


def matrix_figures(rows: Sequence[Row]) -> list[dict[str, Any]]:
    """The matrix as plain values, rounded to what means something."""
    figures = []
    for row in rows:
        cell = {
            key: round(value, 3) if isinstance(value, float) else value
            for key, value in asdict(row.cell).items()
        }
        figures.append(
            {
                "line": row.line,
                **cell,
                "worst_seed": round(row.worst_seed, 3),
                "worst_call": round(row.worst_call, 3),
                "zeros": round(row.zeros, 3),
                "concealment": round(row.concealment, 3),
            }
        )
    return figures
