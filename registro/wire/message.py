"""What every message has; the messages themselves are in `messages`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Flag
from typing import ClassVar


class Way(Flag):
    """Who may write a line; a line that both may write and the registry hands on is BOTH."""

    CLIENT = 1
    REGISTRY = 2
    BOTH = CLIENT | REGISTRY


Sets = Mapping[str, frozenset[str]]


def of(**sets: frozenset[str]) -> Sets:
    """Name the values that keys may have."""
    return sets


@dataclass(frozen=True, slots=True)
class Message:
    """What every message has: its verb, who writes it, and the sets its values come from."""

    VERBO: ClassVar[str]
    WRITER: ClassVar[Way]
    VALUES: ClassVar[Sets] = of()
    """The values that a key may have."""
    CLIENT_VALUES: ClassVar[Sets] = of()
    """Those that a client may say, where they are fewer."""
    CLIENT_MUST: ClassVar[frozenset[str]] = frozenset()
    """Optional fields without which a client's line is not complete."""
    REGISTRY_MUST: ClassVar[frozenset[str]] = frozenset()
    """Optional fields without which the registry's line is not complete."""
    ORDER: ClassVar[tuple[str, ...]] = ()
    """The order on the wire, where it is not that of the fields."""
