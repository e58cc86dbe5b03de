"""The page's files: both languages whole, nothing inline, nothing from elsewhere, no text as HTML."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from importlib.resources import files

from twisted.trial.unittest import TestCase

FOLDER = files("registro.panel") / "assets"
FILES = {
    entry.name: entry.read_text("utf-8")
    for entry in FOLDER.iterdir()
    if entry.name.endswith(("html", "js", "css", "svg"))
}
SCRIPTS = {name: text for name, text in FILES.items() if name.endswith(".js")}
_ROW = re.compile(r'"([a-z][\w.-]*)": "((?:[^"\\]|\\.)*)"')


def table(name: str) -> dict[str, str]:
    """Read one language's table out of the script."""
    body = FILES["idioma.js"].split(f"const {name} = {{")[1].split("\n};")[0]
    return dict(_ROW.findall(body))


class Page(HTMLParser):
    """Collects what a page has: keys of texts, ids, and all that a policy without inline would break."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.keys: dict[str, str] = {}
        self.ids: list[str] = []
        self.links: list[str] = []
        self.inline: list[str] = []
        self._key = ""
        self._script = False
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Look at the attributes."""
        kept = {name: value or "" for name, value in attrs}
        self.inline += [
            name for name in kept if name == "style" or (name.startswith("on") and tag != "input")
        ]
        self.links += [kept[name] for name in ("src", "href", "action") if name in kept]
        self.ids += [kept["id"]] if "id" in kept else []
        self._key = kept.get("data-t", "")
        self._script = tag in ("script", "style")
        pairs = (
            ("data-t-title", "title"),
            ("data-t-placeholder", "placeholder"),
            ("data-t-label", "aria-label"),
        )
        self.keys |= {kept[mark]: kept[name] for mark, name in pairs if mark in kept}

    def handle_data(self, data: str) -> None:
        """Look at the text."""
        if self._script and data.strip():
            self.inline.append(data)
        if self._key:
            self.keys[self._key] = self.keys.get(self._key, "") or data

    def handle_endtag(self, tag: str) -> None:
        """Forget the tag."""
        self._script = False
        if tag not in ("code",):
            self._key = ""


PAGES = {name: Page(text) for name, text in FILES.items() if name.endswith(".html")}


class LanguageTests(TestCase):
    """Portuguese and English."""

    def setUp(self) -> None:
        """Read both tables."""
        self.tables = {"PT": table("PT"), "EN": table("EN")}

    def test_both_have_the_same(self) -> None:
        """What one language says the other says, with the same values to fill in."""
        portuguese, english = self.tables["PT"], self.tables["EN"]
        self.assertGreater(len(portuguese), 90)
        self.assertEqual(set(portuguese), set(english))
        for key in portuguese:
            places = [sorted(re.findall(r"\{\w+\}", kept[key])) for kept in (portuguese, english)]
            self.assertEqual(places[0], places[1], key)

    def test_every_key_of_the_pages_is_known(self) -> None:
        """Every text of the pages is in the tables, and the page says in Portuguese what the table says."""
        for name, page in PAGES.items():
            for key, text in page.keys.items():
                self.assertIn(key, self.tables["PT"], name)
                if key != "door.what":  # it has an element inside
                    self.assertEqual(text, self.tables["PT"][key], f"{name} {key}")

    def test_every_key_of_the_scripts_is_known(self) -> None:
        """Every text that a script asks for by a fixed key is in the tables."""
        for name, text in SCRIPTS.items():
            for key in re.findall(r'\bt\("([a-z][\w.-]*)"', text):
                self.assertIn(key, self.tables["PT"], name)

    def test_the_words_of_the_wire_are_translated(self) -> None:
        """Every state, stage, path, kind, reason, trouble and count that the daemon can say has its words."""
        from registro.operations.overview import ANSWERS, DROPS
        from registro.panel.status import BanKind, Reason, Stage
        from registro.trouble import What
        from registro.wire.errors import Estado

        keys = [f"state.{state.value}" for state in Estado]
        keys += [f"stage.{stage.value}" for stage in Stage] + [f"kind.{kind.value}" for kind in BanKind]
        keys += [f"path.{path}" for path in ("", "rele", "direto", "linhas")]
        keys += [f"refused.{reason.value}" for reason in Reason] + [f"fault.{what.value}" for what in What]
        keys += [f"count.{label.replace(' ', '-')}" for label in (*DROPS, *ANSWERS)]
        for key in keys:
            self.assertIn(key, self.tables["EN"])

    def test_the_sentences_mention_what_the_log_does(self) -> None:
        """A trouble is told on the page with the same values as in the log."""
        from registro.trouble import SENTENCES

        for what, sentence in SENTENCES.items():
            told = self.tables["EN"][f"fault.{what.value}"]
            self.assertEqual(re.findall(r"\{\w+\}", told), re.findall(r"\{\w+\}", sentence))

    def test_no_key_is_left_over(self) -> None:
        """Every row of the tables is used by a page or a script, by its whole key or by its first word."""
        used = set().union(*(page.keys for page in PAGES.values()))
        scripts = "\n".join(text for name, text in SCRIPTS.items() if name != "idioma.js") + 't("age.now")'
        for key in self.tables["PT"]:
            stem = key.split(".")[0]
            fixed = f'"{key}"' in scripts or key in used
            self.assertTrue(fixed or f"`{stem}.${{" in scripts, key)


class PolicyTests(TestCase):
    """What the content security policy allows is all that the page needs."""

    def test_nothing_inline(self) -> None:
        """No page has a script, a style or a handler inside it."""
        for name, page in PAGES.items():
            self.assertEqual(page.inline, [], name)

    def test_nothing_from_elsewhere(self) -> None:
        """Whatever the pages, styles and scripts load is a file of this folder or a path of the panel."""
        paths = {f"/{name}" for name in FILES} | {"/metrics", "/saude"}
        for name, page in PAGES.items():
            for link in page.links:
                self.assertTrue(link.startswith("#") or link in paths, f"{name}: {link}")
        for name, text in FILES.items():
            rest = text.replace("http://www.w3.org/", "")
            self.assertNotIn("//www", rest, name)
            self.assertNotIn("http:", rest, name)
            self.assertNotIn("https:", rest, name)
            self.assertNotIn("@import", rest, name)
            self.assertNotIn("url(", rest, name)
        for name, text in SCRIPTS.items():
            for module in re.findall(r'from "([^"]+)"|import "([^"]+)"', text):
                self.assertIn("".join(module), paths, name)

    def test_text_is_never_html(self) -> None:
        """No script makes HTML or code of a text."""
        for name, text in SCRIPTS.items():
            for way in (
                "innerHTML",
                "outerHTML",
                "insertAdjacentHTML",
                "document.write",
                "eval(",
                "Function(",
            ):
                self.assertNotIn(way, text, name)

    def test_ids_are_single_and_known(self) -> None:
        """An id stands once in its page, and each that a script asks for by name is in a page."""
        for name, page in PAGES.items():
            self.assertEqual(len(page.ids), len(set(page.ids)), name)
        known = set().union(*(page.ids for page in PAGES.values()))
        for name, text in SCRIPTS.items():
            for ident in re.findall(r'(?:\$|getElementById|setText)\("([^"`]+)"', text):
                self.assertIn(ident, known, name)
