"""Finding names as one types: without accents, without case. Pure."""

import unicodedata
from collections.abc import Iterable

from kivy_client.session.state import Person


def fold(text: str) -> str:
    """Return the text in lower case without accents, for comparison: `João` and `joao` are the same."""
    plain = unicodedata.normalize("NFD", text.casefold())
    return "".join(letter for letter in plain if not unicodedata.combining(letter))


def search(people: Iterable[Person], text: str) -> tuple[Person, ...]:
    """Return those whose name has the text in it, those that begin with it first; all for an empty text."""
    wanted = fold(text.strip())
    if not wanted:
        return tuple(people)
    found = [person for person in people if wanted in person.sought]
    return tuple(sorted(found, key=lambda person: not person.sought.startswith(wanted)))
