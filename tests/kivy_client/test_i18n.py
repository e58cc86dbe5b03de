"""Portuguese and complete English."""

from __future__ import annotations

import io
import re
from gettext import GNUTranslations

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from twisted.trial.unittest import SynchronousTestCase

from kivy_client.i18n import LOCALES, Translator, system_language
from kivy_client.i18n.extract import extract_kv
from scripts.catalogues import gathered, untranslated

FOLDER = LOCALES / "en" / "LC_MESSAGES"
_FIELD = re.compile(r"\{[a-z]+\}")


def both(value: object) -> list[str]:
    """A message's forms: one, or singular and plural."""
    return [str(form) for form in value] if isinstance(value, list | tuple) else [str(value)]


class CatalogueTests(SynchronousTestCase):
    """The English catalogue."""

    def setUp(self) -> None:
        """Read it."""
        with (FOLDER / "sala.po").open("rb") as source:
            self.english = read_po(source, locale="en")

    def test_complete(self) -> None:
        """Every text of the client has its English, and none is there that the client lacks."""
        wanted = {str(both(message.id)) for message in gathered() if message.id}
        there = {str(both(message.id)) for message in self.english if message.id}
        self.assertEqual(wanted, there)
        self.assertEqual(untranslated(self.english), [])

    def test_fields_agree(self) -> None:
        """A translation has the fields of its text, no more and no fewer."""
        for message in self.english:
            fields = {field for form in both(message.id) for field in _FIELD.findall(form)}
            for form in both(message.string):
                self.assertEqual(set(_FIELD.findall(form)), fields, form)

    def test_compiled(self) -> None:
        """The compiled catalogue says what the readable one says."""
        fresh = io.BytesIO()
        write_mo(fresh, self.english)
        fresh.seek(0)
        with (FOLDER / "sala.mo").open("rb") as source:
            self.assertEqual(GNUTranslations(fresh)._catalog, GNUTranslations(source)._catalog)


class ExtractorTests(SynchronousTestCase):
    """The `.kv` extractor."""

    def test_finds_texts(self) -> None:
        """Both kinds of quotes, several in a line, with escapes; the line's number goes with it."""
        source = io.BytesIO(
            b"Label:\n    text: words._('Ol\xc3\xa1') if a else words._(\"N\\'ao\")\n    x: other('no')\n"
        )
        self.assertEqual(
            [(line, text) for line, _f, text, _c in extract_kv(source)], [(2, "Olá"), (2, "N'ao")]
        )


class TranslatorTests(SynchronousTestCase):
    """Switching while the program runs."""

    def test_switch(self) -> None:
        """A switch changes what texts become, and tells those who listen, once."""
        translator, told = Translator(), []
        translator.listen(lambda: told.append(translator.language))
        self.assertEqual(translator.text("Ligar"), "Ligar")
        translator.switch("en")
        translator.switch("en")
        self.assertEqual(translator.text("Ligar"), "Call")
        translator.switch("pt_BR")
        self.assertEqual(translator.text("Ligar"), "Ligar")
        self.assertEqual(told, ["en", "pt_BR"])

    def test_plural(self) -> None:
        """Counts choose their form in both languages."""
        translator = Translator()
        self.assertEqual(translator.count("{n} pessoa", "{n} pessoas", 1), "{n} pessoa")
        translator.switch("en")
        self.assertEqual(translator.count("{n} pessoa", "{n} pessoas", 2), "{n} people")

    def test_system(self) -> None:
        """Portuguese where the system speaks it or says nothing, else English."""
        for said, language in (
            ("pt_BR.UTF-8", "pt_BR"),
            ("C.UTF-8", "pt_BR"),
            ("en_US.UTF-8", "en"),
            ("de_DE", "en"),
        ):
            self.patch_environment(said)
            self.assertEqual(system_language(), language)

    def patch_environment(self, said: str) -> None:
        """Let the system say this."""
        import os

        self.patch(os, "environ", {"LANG": said})
