"""Portuguese and English: gettext catalogues whose msgids are the Portuguese texts.

`tr` is the one translator of the process.  Code says `_("Ligar")` with `from kivy_client.i18n import _`;
`.kv` files say `words._("Ligar")` with `words` from `kivy_client.widgets.words`, and follow a change of
language by themselves.
"""

from __future__ import annotations

import gettext
import locale
import os
from collections.abc import Callable
from pathlib import Path

__all__ = ["LANGUAGES", "LOCALES", "N_", "Translator", "_", "ngettext", "system_language", "tr"]

LOCALES = Path(__file__).resolve().parent / "locales"
DOMAIN = "sala"
LANGUAGES = {"pt_BR": "Português", "en": "English"}
"""Language code → its name in itself."""


class Translator:
    """Translates from Portuguese into the language in force; tells its listeners when that changes."""

    def __init__(self) -> None:
        self.language = "pt_BR"
        self._catalogue: gettext.NullTranslations = gettext.NullTranslations()
        self._listeners: list[Callable[[], None]] = []

    def switch(self, language: str) -> None:
        """Change the language (`pt_BR`, `en`; empty or unknown: the system's)."""
        wanted = language if language in LANGUAGES else system_language()
        if wanted == self.language:
            return
        self.language = wanted
        self._catalogue = catalogue(wanted)
        for listener in self._listeners:
            listener()

    def listen(self, listener: Callable[[], None]) -> None:
        """Call `listener` after each change of language, for as long as the process lives."""
        self._listeners.append(listener)

    def text(self, message: str) -> str:
        """The message in the language in force."""
        return self._catalogue.gettext(message) if message else ""

    def count(self, one: str, many: str, number: int) -> str:
        """The message for that number, `%d` or `{n}` still in it."""
        return self._catalogue.ngettext(one, many, number)


def catalogue(language: str) -> gettext.NullTranslations:
    """The catalogue of a language; Portuguese needs none, its texts are the keys."""
    return gettext.translation(DOMAIN, LOCALES, [language], fallback=language == "pt_BR")


def system_language() -> str:
    """`pt_BR` where the system speaks Portuguese or says nothing, else `en`."""
    named = next((os.environ[key] for key in ("LC_ALL", "LC_MESSAGES", "LANG") if os.environ.get(key)), None)
    code = (named or locale.getlocale()[0] or "").lower()
    silent = code.split(".")[0] in ("", "c", "posix")
    return "pt_BR" if silent or code.startswith(("pt", "portuguese")) else "en"


def N_(message: str) -> str:  # noqa: N802 - gettext's own name for «mark, do not translate yet»
    """Mark a message of a table for extraction; it is translated where it is shown."""
    return message


tr = Translator()
_ = tr.text
ngettext = tr.count
