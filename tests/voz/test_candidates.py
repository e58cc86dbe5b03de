"""Candidates, relay addresses and the words for paths."""

from __future__ import annotations

import contextlib

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from voz.candidates import (
    Candidate,
    CandidateError,
    CandidateType,
    RelayAddress,
    RelayCredentials,
    Role,
    checkable,
    read_candidates,
)


class CandidateTests(SynchronousTestCase):
    """`ADDRESS@PORT@TYPE`."""

    def test_round_trip(self) -> None:
        """Both families are read and written in their normal spelling."""
        for text in ("192.0.2.1@5000@host", "2001:db8::1@65535@refl", "203.0.113.7@1@rele"):
            self.assertEqual(Candidate.parse(text).format(), text)

    def test_mapped_addresses_are_ipv4(self) -> None:
        """An IPv4-mapped address is the IPv4 address it maps."""
        self.assertEqual(
            Candidate.parse("::FFFF:192.0.2.1@9@host"), Candidate("192.0.2.1", 9, CandidateType.HOST)
        )

    def test_refused(self) -> None:
        """A name, a missing part, a port out of range or with a sign, and an unknown type are refused."""
        for text in (
            "", "a@b@c", "192.0.2.1@5000", "h.example@5@host", "192.0.2.1@0@host", "192.0.2.1@65536@host",
            "192.0.2.1@+5@host", "192.0.2.1@5@relay", "192.0.2.1@٣@host", "192.0.2.1@5@host@x",
        ):  # fmt: skip
            self.assertRaises(CandidateError, Candidate.parse, text)

    def test_a_list_keeps_what_it_understands(self) -> None:
        """Unknown and repeated candidates are left out, and nothing beyond the eighth is looked at."""
        good = [f"192.0.2.1@{port}@host" for port in range(1, 12)]
        self.assertEqual(len(read_candidates(good)), 8)
        self.assertEqual(len(read_candidates(["x", good[0], good[0], "192.0.2.1@7@novo"])), 1)

    @given(st.text(max_size=40) | st.from_regex(r"[0-9a-f:.]{1,20}@[0-9]{1,6}@(host|refl|rele)"))
    def test_only_a_candidate_error_comes_out(self, text: str) -> None:
        """Arbitrary text gives a candidate or a CandidateError."""
        with contextlib.suppress(CandidateError):
            Candidate.parse(text)
        with contextlib.suppress(CandidateError):
            RelayAddress.parse(text)

    def test_never_checked(self) -> None:
        """Multicast, broadcast, unspecified, low ports, and loopback unless allowed are never checked."""
        for address in ("224.0.0.1", "255.255.255.255", "0.0.0.0", "ff02::1", "::"):
            self.assertFalse(checkable((address, 5000), loopback_allowed=True))
        self.assertFalse(checkable(("192.0.2.1", 1023), loopback_allowed=False))
        self.assertTrue(checkable(("192.0.2.1", 1024), loopback_allowed=False))
        self.assertFalse(checkable(("127.0.0.1", 5000), loopback_allowed=False))
        self.assertTrue(checkable(("::1", 5000), loopback_allowed=True))

    def test_roles(self) -> None:
        """The caller is leg a, the callee leg b, and each is the other's other."""
        self.assertEqual((Role.CALLER.value, Role.CALLEE.value), ("a", "b"))
        self.assertIs(Role.CALLER.other.other, Role.CALLER)


class RelayAddressTests(SynchronousTestCase):
    """`turn:host:port`."""

    def test_hosts(self) -> None:
        """A name, an IPv4 address and an IPv6 address in brackets are read."""
        read = {
            "turn:voz.example.org:5000": ("voz.example.org", 5000),
            "turn:192.0.2.1:3478": ("192.0.2.1", 3478),
            "turn:[2001:db8::1]:5000": ("2001:db8::1", 5000),
        }
        for text, (host, port) in read.items():
            self.assertEqual(RelayAddress.parse(text), RelayAddress(host, port))

    def test_refused(self) -> None:
        """Another scheme, a bare IPv6 address, an empty host and a wrong port are refused."""
        for text in (
            "",
            "turns:h:1",
            "turn:2001:db8::1:5000",
            "turn::5000",
            "turn:h:0",
            "turn:h",
            "turn:a b:1",
        ):
            self.assertRaises(CandidateError, RelayAddress.parse, text)

    def test_credentials_leave_out_what_is_malformed(self) -> None:
        """A relay that does not read as one is passed over, the others stay in order."""
        credentials = RelayCredentials(("turn:a:1", "http:x", "turn:b:2"), "u", "p", 60)
        self.assertEqual([relay.host for relay in credentials.addresses()], ["a", "b"])
