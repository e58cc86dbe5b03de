"""Hosts, origins and headers."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import TestCase

from registro.panel.guard import HEADERS, HostRule, host_rule, same_origin


class HostTests(TestCase):
    """A name that somebody else's DNS can answer for is not ours."""

    def test_on_loopback(self) -> None:
        """On loopback only its addresses and localhost are ours, with any port, for tunnels."""
        rule = HostRule(loopback=True)
        for host in (
            "127.0.0.1:5080",
            "127.0.0.1",
            "localhost:8080",
            "LOCALHOST",
            "[::1]:5080",
            "[::1]",
            "localhost.",
        ):
            self.assertTrue(rule.allows(host), host)
        for host in (
            "evil.example",
            "evil.example:5080",
            "192.0.2.1",
            "localhost.evil.example",
            "0.0.0.0",
            "",
        ):
            self.assertFalse(rule.allows(host), host)

    def test_elsewhere(self) -> None:
        """Elsewhere any address is ours, and the operator's names, and no other name."""
        rule = host_rule(False, ["Registro.Example"])
        for host in ("registro.example:5080", "REGISTRO.example", "192.0.2.1:5080", "[2001:db8::1]:5080"):
            self.assertTrue(rule.allows(host), host)
        for host in ("evil.example", "registro.example.evil.example", "xregistro.example"):
            self.assertFalse(rule.allows(host), host)

    def test_what_is_no_host(self) -> None:
        """What no browser writes is refused."""
        rule = host_rule(False, [""])
        for host in (
            "a@127.0.0.1",
            "127.0.0.1/x",
            "127.0.0.1:x",
            "127.0.0.1:99999",
            "[::1",
            "::1",
            "127.0.0.1 ",
            "127.0.0.1?",
            "127.0.0.1#",
            ":5080",
            "127.0.0.1\n",
        ):
            self.assertFalse(rule.allows(host), repr(host))

    @given(st.text())
    def test_only_addresses_pass(self, host: str) -> None:
        """No text raises, and what passes on loopback begins like loopback."""
        if HostRule(loopback=True).allows(host):
            self.assertTrue(host.lower().startswith(("127.", "[::1]", "[0", "[::", "localhost")), host)


class OriginTests(TestCase):
    """An action comes from the very place that it goes to."""

    def test_ours(self) -> None:
        """Scheme, host and port are the same."""
        self.assertTrue(same_origin("http://127.0.0.1:5080", "127.0.0.1:5080", tls=False))
        self.assertTrue(same_origin("https://Registro.example", "registro.example", tls=True))

    def test_not_ours(self) -> None:
        """Another scheme, host or port, `null`, nothing, or more than an origin is not ours."""
        for origin in (
            "",
            "null",
            "https://127.0.0.1:5080",
            "http://127.0.0.1",
            "http://127.0.0.1:5081",
            "http://localhost:5080",
            "http://evil.example",
            "http://127.0.0.1:5080/",
            "http://127.0.0.1:5080.evil.example",
            "http://x@127.0.0.1:5080",
            "http://[",
        ):
            self.assertFalse(same_origin(origin, "127.0.0.1:5080", tls=False), origin)

    @given(st.text())
    def test_never_raises(self, origin: str) -> None:
        """Any text is judged."""
        same_origin(origin, "127.0.0.1:5080", tls=False)


class HeaderTests(TestCase):
    """What every answer says to the browser."""

    def setUp(self) -> None:
        """Take the policy apart."""
        self.headers = dict(HEADERS)
        parts = (part.strip().split(" ", 1) for part in self.headers["content-security-policy"].split(";"))
        self.policy = dict(parts)

    def test_no_inline_script(self) -> None:
        """Script and style come from here alone, never from inside the page, never by eval."""
        self.assertEqual(self.policy["default-src"], "'none'")
        self.assertEqual(self.policy["script-src"], "'self'")
        self.assertEqual(self.policy["style-src"], "'self'")
        self.assertNotIn("unsafe", self.headers["content-security-policy"])

    def test_no_framing(self) -> None:
        """No page may show this one inside itself."""
        self.assertEqual(self.policy["frame-ancestors"], "'none'")
        self.assertEqual(self.headers["x-frame-options"], "DENY")

    def test_nothing_leaks(self) -> None:
        """No referrer, no guessed types, no cache, no reading from other origins."""
        self.assertEqual(self.headers["referrer-policy"], "no-referrer")
        self.assertEqual(self.headers["x-content-type-options"], "nosniff")
        self.assertEqual(self.headers["cache-control"], "no-store")
        self.assertEqual(self.headers["cross-origin-resource-policy"], "same-origin")
