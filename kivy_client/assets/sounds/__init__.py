"""The client's sounds: WAV files, 48 kHz, mono, 16 bits, made by `scripts/build_sounds.py`."""

from __future__ import annotations

from pathlib import Path

from kivy_client.i18n import N_

FOLDER = Path(__file__).resolve().parent

RINGTONES = {
    "toque": N_("Sala"),
    "campainha": N_("Campainha"),
    "marimba": N_("Marimba"),
    "discreto": N_("Discreto"),
}
"""The sounds an incoming call may have: file name without `.wav` → what people read."""


def file(name: str) -> Path:
    """The file of a sound by its name."""
    return FOLDER / f"{name}.wav"
