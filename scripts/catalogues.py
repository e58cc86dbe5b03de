"""Gather the texts of the client, bring the catalogues up to date, and compile them.

Usage: ``python scripts/catalogues.py`` writes ``kivy_client/i18n/locales/en/LC_MESSAGES/sala.{po,mo}`` and
names the texts that have no English yet (then it ends with 1). Needs Babel.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
FOLDER = ROOT / "kivy_client" / "i18n" / "locales" / "en" / "LC_MESSAGES"
METHODS = [("**.py", "python"), ("**.kv", "kivy_client.i18n.extract:extract_kv")]
KEYWORDS: dict[str, tuple[int, ...] | None] = {"_": None, "N_": None, "ngettext": (1, 2)}


def gathered() -> Catalog:
    """A template with every text of the client."""
    template = Catalog(project="Sala de Conversa", charset="utf-8")
    for name, _line, message, _comments, _context in _found():
        template.add(message, locations=[(name, 0)])
    return template


def _found() -> Iterator[tuple[str, int, str | tuple[str, ...], list[str], str | None]]:
    folder = ROOT / "kivy_client"
    for found in extract_from_dir(folder, METHODS, keywords=KEYWORDS):
        if found[2]:
            yield found


def brought_up_to_date(template: Catalog) -> Catalog:
    """The English catalogue with exactly the template's texts."""
    path = FOLDER / "sala.po"
    english = read_po(path.open("rb"), locale="en") if path.exists() else Catalog(locale="en")
    english.update(template, no_fuzzy_matching=True)
    english.obsolete.clear()
    return english


def untranslated(catalog: Catalog) -> list[str]:
    """Texts without a translation."""
    return [str(message.id) for message in catalog if message.id and not _whole(message.string)]


def _whole(text: str | list[str] | tuple[str, ...]) -> bool:
    return all(text) if isinstance(text, list | tuple) else bool(text)


def main() -> int:
    """Write both files."""
    english = brought_up_to_date(gathered())
    FOLDER.mkdir(parents=True, exist_ok=True)
    with (FOLDER / "sala.po").open("wb") as target:
        write_po(target, english, sort_output=True, no_location=True, width=110, omit_header=False)
    with (FOLDER / "sala.mo").open("wb") as target:
        write_mo(target, english)
    missing = untranslated(english)
    for message in missing:
        print(f"sem tradução: {message}")
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
