"""Single values: escapes, lists, base64url, names, addresses."""

from __future__ import annotations

import unicodedata

from hypothesis import example, given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from registro.wire import fields
from registro.wire.limits import Limits
from tests.registro.wire.strategies import TEXT

PIN = "cyj643p4n3uyufhmqg2b5lrzuvbywuh3zo7yuaebi7svoju3itfq"


class TextTests(SynchronousTestCase):
    """Escapes, lists and bytes."""

    @given(TEXT)
    def test_escape(self, text: str) -> None:
        """A text survives, and no space or control stands in its value."""
        value = fields.escape(text)
        self.assertEqual(fields.unescape(value), text)
        self.assertFalse(any(ord(letter) <= 0x20 or letter == "\x7f" for letter in value))

    @given(st.lists(TEXT, max_size=4).map(tuple))
    @example(())
    def test_list(self, items: tuple[str, ...]) -> None:
        """A list survives; only the list of one empty item cannot be written."""
        if items == ("",):
            self.assertRaises(fields.FieldError, fields.join_list, items)
        else:
            self.assertEqual(fields.split_list(fields.join_list(items)), items)

    @given(st.binary(max_size=100))
    def test_base64url(self, data: bytes) -> None:
        """Bytes survive, without padding."""
        text = fields.b64(data)
        self.assertNotIn("=", text)
        self.assertEqual(fields.unb64(text), data)

    @given(st.text(st.sampled_from("AQgwBR-_a/+= \n"), max_size=9))
    def test_base64url_has_one_spelling(self, text: str) -> None:
        """What can be read is written again as it was."""
        try:
            data = fields.unb64(text)
        except fields.FieldError:
            return
        self.assertEqual(fields.b64(data), text)


class NameTests(SynchronousTestCase):
    """Canonical names."""

    @settings(max_examples=500, deadline=None)
    @given(st.text(max_size=40))
    @example("İ")
    @example("\ud800")
    def test_rules(self, nome: str) -> None:
        """Whatever is taken is short, composed, without marks, Latin, and its own canonical spelling."""
        try:
            name = fields.canonical_name(nome)
        except fields.NameError_:
            return
        self.assertEqual(fields.canonical_name(name), name)
        self.assertEqual(unicodedata.normalize("NFC", name), name)
        self.assertTrue(1 <= len(name) <= 32 and len(name.encode()) <= 64)
        self.assertFalse(any(unicodedata.category(letter)[0] == "M" for letter in name))
        self.assertTrue(name[0] not in "._-" and name[-1] not in "._-")

    def test_prefix(self) -> None:
        """A prefix is canonicalised like a name, and may end with a separator."""
        self.assertEqual(fields.canonical_prefix("JO"), "jo")
        self.assertEqual(fields.canonical_prefix("João."), "joão.")
        self.assertEqual(fields.canonical_prefix(""), "")
        self.assertRaises(fields.NameError_, fields.canonical_prefix, ".a")
        self.assertRaises(fields.NameError_, fields.canonical_prefix, "é@")

    def test_long_text(self) -> None:
        """A text that is far too long is refused without being mapped."""
        self.assertRaises(fields.NameError_, fields.canonical_name, "é" * 4000)


class AddressTests(SynchronousTestCase):
    """`sala://` addresses."""

    def test_spellings(self) -> None:
        """An address is read and written again as it was."""
        for text in (
            f"sala://sala.example:5000/#{PIN}",
            "sala://sala.example:5000/?ca=1",
            f"sala://[2001:db8::1]:5001/#{PIN}",
            "sala://127.0.0.1:5000/",
        ):
            self.assertEqual(str(fields.ServerAddress.parse(text)), text)

    def test_default_port(self) -> None:
        """Without a port it is 5000."""
        self.assertEqual(fields.ServerAddress.parse("sala://ana"), fields.ServerAddress("ana", 5000))

    def test_refused(self) -> None:
        """What is no address is refused: a damaged pin most of all."""
        for text in (
            "",
            "http://sala.example/",
            "sala:///",
            f"sala://h/#{PIN[:-1]}",
            f"sala://h/#{PIN[:-1]}b",
            f"sala://h/#{PIN.upper()}",
            "sala://h:0/",
            "sala://h:65536/",
            "sala://h:x/",
            "sala://h/sala",
            "sala://h/?ca=0",
            "sala://eva@h/",
            "sala://[::1/",
        ):
            self.assertRaises(fields.AddressError, fields.ServerAddress.parse, text)

    @settings(deadline=None)
    @given(st.text(max_size=60).map(lambda text: "sala://" + text))
    def test_fuzz(self, text: str) -> None:
        """Any text is an address that comes back, or one clear error."""
        try:
            address = fields.ServerAddress.parse(text)
        except fields.AddressError:
            return
        self.assertEqual(fields.ServerAddress.parse(str(address)), address)


class LimitsTests(SynchronousTestCase):
    """What OLA says of the limits."""

    def test_listed(self) -> None:
        """Every limit is listed once, as name:value, in the protocol's order."""
        names = " ".join(item.split(":")[0] for item in Limits().listed())
        self.assertEqual(
            names, "linha pendente lapso-tls lapso-registro linhas convites conexoes nomes tabela"
        )
        self.assertIn("linha:4096", Limits().listed())
