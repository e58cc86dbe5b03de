"""The files that stand for sound devices, looked at before anybody is called."""

import os
import wave
from argparse import Namespace
from pathlib import Path

from voz.device.wav import MAX_SECONDS


def length_of(path: Path) -> float | None:
    """Return how many seconds a WAV file lasts; None if it cannot be read."""
    try:
        with wave.open(str(path), "rb") as file:
            return file.getnframes() / file.getframerate()
    except (OSError, EOFError, wave.Error, ZeroDivisionError):
        return None


def complaint(options: Namespace) -> str:
    """Return what is wrong with the files of `--entrada` and `--saida`; empty if nothing is."""
    spoken = _spoken(options.entrada) if options.entrada is not None else ""
    return spoken or (_heard(options.saida) if options.saida is not None else "")


def _spoken(path: Path) -> str:
    if not path.exists():
        return f"o arquivo «{path}» não existe"
    if not path.is_file() or not os.access(path, os.R_OK):
        return f"o arquivo «{path}» não pode ser lido"
    seconds = length_of(path)
    if seconds is None:
        return f"«{path}» não é um arquivo WAV de PCM"
    if not 0 < seconds <= MAX_SECONDS:
        return f"«{path}» deve durar até {MAX_SECONDS // 60} minutos" if seconds else f"«{path}» está vazio"
    return ""


def _heard(path: Path) -> str:
    if not path.parent.is_dir():
        return f"a pasta «{path.parent}» não existe"
    if path.is_dir() or not os.access(path if path.exists() else path.parent, os.W_OK):
        return f"o arquivo «{path}» não pode ser escrito"
    return ""
