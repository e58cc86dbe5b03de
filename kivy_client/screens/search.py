"""Searching the room: accents and case do not matter."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

from kivy_client.session.state import Person


def fold(text: str) -> str:
    """A text for searching: without accents and case."""
    plain = unicodedata.normalize("NFD", text.casefold())
    return "".join(letter for letter in plain if not unicodedata.combining(letter))


def sought(people: Sequence[Person], query: str) -> list[Person]:
    """Those whose name holds the query; names that begin with it first, else in the room's order."""
    wanted = fold(query.strip())
    if not wanted:
        return list(people)
    found = [person for person in people if wanted in (person.sought or fold(person.name))]
    return sorted(found, key=lambda person: not (person.sought or fold(person.name)).startswith(wanted))
