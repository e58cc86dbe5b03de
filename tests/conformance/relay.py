"""What the tests about the relay share."""

import os

from tests.conformance import stun
from tests.conformance.case import Call, Case, invitation
from tests.conformance.client import Client
from tests.conformance.leg import Credentials, Leg


class RelayCase(Case):
    """A call with both legs."""

    def legs(self, ana: Client | None = None, bia: Client | None = None) -> tuple[Leg, Leg, Call]:
        """Invite and return a leg, not yet allocated, for each side."""
        ana, bia = ana or self.person("ana"), bia or self.person("bia")
        chamada = os.urandom(16)
        call = Call(chamada, ana, bia)
        self.invite(call)
        return self.leg(ana, call), self.leg(bia, call), call

    def invite(self, call: Call) -> None:
        """Send the invitation of a call."""
        call.caller.send("CONVITE", **invitation(call.callee.name, call.id))

    def leg(self, client: Client, call: Call) -> Leg:
        """Return a leg with the credentials of a client's LIGACAO."""
        return self.open(Credentials.of(client.wait("LIGACAO", chamada=call.text)))

    def open(self, credentials: Credentials) -> Leg:
        """Open a socket with these credentials."""
        return Leg(credentials)

    def joined(self) -> tuple[Leg, Leg]:
        """Return two legs with their channels bound to each other."""
        one, two, _ = self.legs()
        for leg in (one, two):
            leg.allocate()
        for leg, other in ((one, two), (two, one)):
            self.assertEqual(leg.bind(other.relayed).kind, stun.BIND | stun.SUCCESS)
        return one, two

    def anybody(self) -> Leg:
        """Return a socket to the relay with credentials that are worth nothing."""
        one, _, _ = self.legs()
        return self.open(Credentials(one.credentials.server, "0:AAAA.a", "x"))

    def assert_code(self, answer: stun.Message, *codes: int) -> None:
        """Assert an error answer."""
        self.assertEqual(answer.kind & 0x110, stun.FAILURE, answer)
        self.assertIn(answer.code, codes)
