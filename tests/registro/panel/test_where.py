"""The value of `--painel`."""

from __future__ import annotations

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import TestCase

from registro.panel.where import DEFAULT, OFF, PanelPlace, PlaceError, is_loopback, parse_place


class PlaceTests(TestCase):
    """Where the panel may listen."""

    def test_the_default_is_loopback(self) -> None:
        """Without a word the panel is on loopback, port 5080, in plain HTTP."""
        place = parse_place(DEFAULT)
        assert place is not None
        self.assertEqual(place, PanelPlace(False, 5080, "127.0.0.1"))
        self.assertTrue(place.loopback)

    def test_nao_is_off(self) -> None:
        """`nao` turns it off."""
        self.assertIsNone(parse_place(OFF))

    def test_good_places(self) -> None:
        """Twisted's way to write an endpoint is understood, the colons of an IPv6 address escaped."""
        table = {
            "tcp:0": PanelPlace(False, 0, "127.0.0.1"),
            "tcp:80:interface=\\:\\:1": PanelPlace(False, 80, "::1"),
            "tcp:80:interface=127.8.9.10": PanelPlace(False, 80, "127.8.9.10"),
            "ssl:443:interface=0.0.0.0": PanelPlace(True, 443, "0.0.0.0"),
            "ssl:443:interface=\\:\\::privateKey=/k.pem:certKey=/c.pem": PanelPlace(
                True, 443, "::", Path("/k.pem"), Path("/c.pem")
            ),
        }
        for text, place in table.items():
            self.assertEqual(parse_place(text), place, text)

    def test_off_loopback_needs_tls(self) -> None:
        """Plain HTTP on any other address than loopback is refused in a sentence that says what to write."""
        for address in ("0.0.0.0", "192.0.2.1", "\\:\\:", "2001\\:db8\\:\\:1"):
            error = self.assertRaises(PlaceError, parse_place, f"tcp:5080:interface={address}")
            self.assertIn("TLS", str(error))
            self.assertIn("ssl:", str(error))

    def test_bad_places(self) -> None:
        """What is no place is refused in a sentence, not by a traceback."""
        bad = (
            "",
            "tcp",
            "tcp:",
            "tcp:x",
            "tcp:-1",
            "tcp:65536",
            "tcp:²",
            "udp:5080",
            "sim",
            "tcp:80:interface=casa",
            "tcp:80:privateKey=k",
            "tcp:80:backlog=3",
            "ssl:443:privateKey=k.pem",
            "ssl:443:certKey=c.pem",
            "tcp:80:interface=::1",
        )
        for text in bad:
            self.assertRaises(PlaceError, parse_place, text)

    @given(st.text(alphabet="tcpsl:=\\0159.interfacekyxã ", max_size=40))
    def test_never_plain_off_loopback(self, text: str) -> None:
        """Whatever is written, it is refused, off, with TLS, or on loopback."""
        try:
            place = parse_place(text)
        except PlaceError:
            return
        self.assertTrue(place is None or place.tls or place.loopback)

    def test_loopback(self) -> None:
        """Loopback is 127/8, ::1 and localhost."""
        for host in ("127.0.0.1", "127.255.0.1", "::1", "localhost"):
            self.assertTrue(is_loopback(host), host)
        for host in ("0.0.0.0", "::", "10.0.0.1", "example.org", ""):
            self.assertFalse(is_loopback(host), host)
