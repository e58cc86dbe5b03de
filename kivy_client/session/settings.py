"""What the person chose, on disk; and the account: which registry, which name, which presence."""

from dataclasses import asdict, dataclass, fields
from enum import Enum
from pathlib import Path
from typing import Any

from kivy_client.session.files import JsonFile, TroubleSink
from kivy_client.session.state import Settings
from kivy_client.session.vocabulary import Latency, Presence, Theme

LANGUAGES = ("", "pt_BR", "en")
SMALLEST_FONT, LARGEST_FONT = 0.8, 2.0
LONGEST_TEXT = 500

_ENUMS: dict[str, type[Enum]] = {"theme": Theme, "latency": Latency}


def valid(settings: Settings) -> bool:
    """Say whether every value has its type and is in its range."""
    typed = all(
        type(getattr(settings, field.name)) is type(field.default)
        or (isinstance(field.default, float) and type(getattr(settings, field.name)) is int)
        for field in fields(Settings)
    )
    if not typed:
        return False
    texts = (settings.microphone, settings.speaker, settings.ringer, settings.ringtone)
    return (
        settings.language in LANGUAGES
        and SMALLEST_FONT <= settings.font_scale <= LARGEST_FONT
        and 0.0 <= settings.ring_volume <= 1.0
        and all(len(text) <= LONGEST_TEXT for text in texts)
        and "/" not in settings.ringtone
        and "\\" not in settings.ringtone
    )


class SettingsFile:
    """The settings on disk.

    Unknown keys of a newer version are passed over, missing ones have their default.
    """

    FILE = "ajustes.json"

    def __init__(self, folder: Path, trouble: TroubleSink) -> None:
        self._file = JsonFile(folder / self.FILE, trouble)
        self.settings = self._file.load(_read, Settings())

    def save(self, settings: Settings) -> bool:
        """Put these in force; False if the file could not be written."""
        self.settings = settings
        plain = {**asdict(settings), "theme": settings.theme.value, "latency": settings.latency.value}
        return self._file.save(plain)


def _read(content: Any) -> Settings:
    known = {field.name for field in fields(Settings)}
    values = {key: value for key, value in dict(content).items() if key in known}
    for name, enum in _ENUMS.items():
        if name in values:
            values[name] = enum(values[name])
    settings = Settings(**values)
    if not valid(settings):
        raise ValueError("a setting out of its range")
    return settings


@dataclass(frozen=True, slots=True)
class Remembered:
    """The account used last, and what the person said to be."""

    address: str = ""
    name: str = ""
    presence: Presence = Presence.FREE
    dnd_until: float | None = None


class AccountFile:
    """The account on disk."""

    FILE = "conta.json"

    def __init__(self, folder: Path, trouble: TroubleSink) -> None:
        self._file = JsonFile(folder / self.FILE, trouble)
        self.account = self._file.load(_read_account, Remembered())

    def save(self, account: Remembered) -> None:
        """Remember this one."""
        if account != self.account:
            self.account = account
            self._file.save({**asdict(account), "presence": account.presence.value})


def _read_account(content: Any) -> Remembered:
    until = content["dnd_until"]
    return Remembered(
        str(content["address"]),
        str(content["name"]),
        Presence(content["presence"]),
        None if until is None else float(until),
    )
