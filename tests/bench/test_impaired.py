"""The line with jitter between two programs: what it makes of session descriptions."""

from __future__ import annotations

from types import SimpleNamespace

from twisted.internet.task import Clock
from twisted.trial.unittest import TestCase

from bench.voz.impaired import SipRelay
from tests.support.line import Impairment

BODY = b"v=0\r\nc=IN IP4 10.0.0.7\r\nt=0 0\r\nm=audio 40000 RTP/AVP 96\r\na=rtpmap:96 opus/48000/2\r\n"


class Reactor(Clock):
    """A clock that remembers at which addresses somebody listens."""

    def __init__(self) -> None:
        super().__init__()
        self.listening: list[str] = []

    def listenUDP(self, port: int, protocol: object, interface: str) -> SimpleNamespace:
        """Always the same port."""
        self.listening.append(interface)
        return SimpleNamespace(getHost=lambda: SimpleNamespace(port=5001))


class SipRelayTests(TestCase):
    """Messages between a caller and a callee."""

    def setUp(self) -> None:
        """A relay whose sockets are counted."""
        self.reactor = Reactor()
        self.relay = SipRelay(self.reactor, Impairment(jitter=0.020), 5060)

    def test_a_description(self) -> None:
        """Sound is told to go to a port of ours at the same address, the same one each time; the length
        stays true."""
        message = b"INVITE sip:b SIP/2.0\r\nContent-Length: %d\r\n\r\n" % len(BODY) + BODY
        head, _, body = self.relay.rewritten(message).partition(b"\r\n\r\n")
        self.assertIn(b"m=audio 5001 RTP/AVP", body)
        self.assertIn(b"c=IN IP4 10.0.0.7", body)
        self.assertIn(b"Content-Length: %d" % len(body), head)
        self.relay.rewritten(message)
        self.assertEqual(self.reactor.listening, ["10.0.0.7"])

    def test_anything_else(self) -> None:
        """What describes no sound goes through as it is."""
        for message in (b"", b"\x00\xff", b"SIP/2.0 180 Ringing\r\nContent-Length: 0\r\n\r\n"):
            self.assertEqual(self.relay.rewritten(message), message)
