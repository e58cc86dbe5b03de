"""Section 7: the hand-out, plain STUN, the challenge, and silence: what a stranger can have of the relay."""

import os
import random
import signal
import struct
import time

from tests.conformance import stun
from tests.conformance.case import Call
from tests.conformance.daemon import Daemon
from tests.conformance.leg import UDP_TRANSPORT, Credentials, reaches
from tests.conformance.relay import RelayCase

HEADERS = 28
"""Bytes of an IPv4 and a UDP header."""


class Handout(RelayCase):
    """LIGACAO."""

    def test_ligacao(self) -> None:
        """usuario is expiry:chamada.side, reles are turn:host:port at the address of the TLS connection."""
        ana, bia = self.couple()
        self.legs(ana, bia)
        lines = [[line for line in client.log if line.startswith(b"LIGACAO ")] for client in (ana, bia)]
        self.assertEqual([len(found) for found in lines], [1, 1])
        _, _, again = self.legs(self.person(), self.person())
        for client, side in ((again.caller, "a"), (again.callee, "b")):
            raw = next(line for line in client.log if line.startswith(b"LIGACAO "))
            fields = dict(part.split("=", 1) for part in raw.decode().strip().split(" ")[2:])
            expiry, _, rest = fields["usuario"].partition(":")
            self.assertEqual(rest, f"{again.text}.{side}")
            self.assertLess(abs(int(expiry) - time.time() - int(fields["validade"])), 30)
            self.assertGreater(int(fields["validade"]), 60)
            self.assertEqual(fields["reles"], f"turn:127.0.0.1:{self.daemon.port}", "UDP on the same port")

    def test_public_name(self) -> None:
        """With --nome-publico the relay's host is that name."""
        self.daemon = Daemon("--nome-publico", "sala.example")
        self.addCleanup(self.daemon.stop)
        self.daemon.start()
        ana, bia = self.couple()
        ana.wait("TABELA-MUDOU", nome=bia.name)
        self.invite(Call(os.urandom(16), ana, bia))
        for client in (ana, bia):
            rele = client.wait("LIGACAO").items("reles")[0]
            self.assertTrue(rele.startswith("turn:sala.example:"), rele)

    def test_own_process(self) -> None:
        """The relay runs in a process of its own: it works while the registry stands still."""
        one, two = self.joined()
        process = self.daemon.process
        assert process is not None
        process.send_signal(signal.SIGSTOP)
        try:
            self.assertTrue(reaches(one, two))
            self.assertTrue(reaches(two, one))
            self.assertEqual(one.refresh().kind, stun.REFRESH | stun.SUCCESS)
        finally:
            process.send_signal(signal.SIGCONT)
        self.tls().barrier()


class Binding(RelayCase):
    """Plain STUN."""

    def test_mapped_address(self) -> None:
        """A plain Binding is answered with the mapped address and nothing else, on loopback without limit."""
        leg = self.anybody()
        for _ in range(60):
            request = stun.build(stun.BINDING, [])
            answer = leg.ask(request)
            mapped = stun.xor_address(("127.0.0.1", leg.address[1]), request[8:20])
            expected = stun.build(
                stun.BINDING | stun.SUCCESS, [(stun.MAPPED, mapped)], transaction=request[8:20]
            )
            self.assertEqual(answer.datagram.hex(), expected.hex())

    def test_attributes_of_a_binding(self) -> None:
        """FINGERPRINT and an unknown optional attribute are accepted; an unknown required one is 420."""
        leg = self.anybody()
        self.assertIsNone(leg.ask(stun.build(stun.BINDING, [], fingerprint=True)).code)
        self.assertIsNone(leg.ask(stun.build(stun.BINDING, [(0x8ABC, b"x" * 5)])).code)
        answer = leg.ask(stun.build(stun.BINDING, [(0x7ABC, b"x" * 40), (0x7ABD, b"")]))
        self.assert_code(answer, 420)
        unknown = answer.get(stun.UNKNOWN) or b""
        self.assertIn(struct.pack("!H", 0x7ABC), [unknown[i : i + 2] for i in range(0, len(unknown), 2)])

    def test_silence_for_junk(self) -> None:
        """Junk, answers, indications, broken lengths and cookies, and RTP get silence."""
        leg = self.anybody()
        good = stun.build(stun.BINDING, [])
        junk = [
            b"\0",
            good[:19],
            good + b"\0",
            good[:4] + b"\x21\x12\xa4\x43" + good[8:],
            stun.build(stun.BINDING | stun.SUCCESS, []),
            stun.build(stun.BINDING | stun.FAILURE, []),
            stun.build(stun.BINDING | stun.INDICATION, []),
            stun.build(stun.SEND | stun.INDICATION, [(stun.DATA, b"abc")]),
            good[:2] + b"\0\x08" + good[4:] + b"\x7f\xff\0\x20" + bytes(4),
            stun.channel_data(b"\x80" * 20),
            b"\x80\x6f" + bytes(30),
            b"\xff" * 60,
            b"\xc0" * 3,
            os.urandom(1200),
            b"GET / HTTP/1.1\r\n\r\n",
        ]
        for datagram in junk:
            leg.silent(datagram)

    def test_amplification(self) -> None:
        """Never more than 2.3 bytes out for one in, headers counted, whatever a stranger asks."""
        leg = self.anybody()
        requests = [
            stun.build(method, []) for method in (0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 0x0B, 0x80, 0xFFF)
        ]
        requests += [stun.build(method, [(0x7000 + i, b"") for i in range(8)]) for method in (1, 3, 4, 8, 9)]
        requests += [stun.build(method, [UDP_TRANSPORT]) for method in (3, 4, 8, 9)]
        requests += [stun.build(stun.ALLOCATE, [(stun.USERNAME, b"u")], key=b"k")]
        for request in requests:
            leg.send(request)
            answer = leg.receive(0.15)
            if answer is not None:
                self.assertLessEqual(len(answer) + HEADERS, 2.3 * (len(request) + HEADERS), request.hex())

    def test_damaged(self) -> None:
        """Damaged requests get small well-formed errors or silence, and a leg beside them works."""
        one, two = self.joined()
        leg = self.anybody()
        leg.challenge()
        chance = random.Random(8)
        sizes: dict[bytes, int] = {}
        for _ in range(400):
            method = chance.choice((stun.BINDING, stun.ALLOCATE, stun.REFRESH, stun.BIND, stun.PERMISSION))
            request = bytearray(leg.request(method, UDP_TRANSPORT, (stun.CHANNEL_NUMBER, b"\x40\0\0\0")))
            for _ in range(chance.randint(1, 4)):
                request[chance.randrange(len(request))] = chance.randrange(256)
            datagram = bytes(request[: chance.choice((len(request), len(request), chance.randrange(1, 40)))])
            sizes[datagram[8:20]] = len(datagram)
            leg.send(datagram)
            while (answer := leg.receive(0.001)) is not None:
                message = stun.parse(answer)
                self.assertEqual(message.kind & 0x110, stun.FAILURE, answer.hex())
                self.assertLessEqual(
                    len(answer) + HEADERS, 2.3 * (sizes[message.transaction] + HEADERS), answer.hex()
                )
        self.assertTrue(reaches(one, two))


class Challenge(RelayCase):
    """401 and credentials."""

    def test_401(self) -> None:
        """A 401 has ERROR-CODE without a phrase, REALM and NONCE, together at most 28 bytes, no more."""
        leg = self.anybody()
        for _ in range(120):
            answer = leg.ask(stun.build(stun.ALLOCATE, [UDP_TRANSPORT]))
            self.assertEqual(answer.kind, stun.ALLOCATE | stun.FAILURE)
            self.assertEqual(answer.get(stun.ERROR_CODE), b"\0\0\4\1")
            self.assertEqual(
                sorted(number for number, _ in answer.attributes), [stun.ERROR_CODE, stun.REALM, stun.NONCE]
            )
            realm, nonce = answer.get(stun.REALM) or b"", answer.get(stun.NONCE) or b""
            self.assertTrue(realm)
            self.assertTrue(nonce)
            self.assertLessEqual(len(realm) + len(nonce), 28)

    def test_bad_credentials(self) -> None:
        """A wrong password, side, expiry or chamada is a 401, and so is a request without integrity."""
        one, two, _ = self.legs()
        good = one.credentials
        expiry, _, rest = good.username.partition(":")
        for username, password in (
            (good.username, good.password.swapcase()),
            (good.username, two.credentials.password),
            (f"{int(expiry) + 9}:{rest}", good.password),
            (f"{int(expiry) - 10**6}:{rest}", good.password),
            ("", ""),
            ("x" * 300, "y"),
            ("é:.a", "y"),
        ):
            leg = self.open(Credentials(good.server, username, password))
            leg.challenge()
            self.assert_code(leg.ask(leg.request(stun.ALLOCATE, UDP_TRANSPORT)), 401)
        leg = self.open(good)
        leg.challenge()
        bare = stun.build(stun.ALLOCATE, [UDP_TRANSPORT, *leg.credentials_of()])
        self.assert_code(leg.ask(bare), 401, 400)
        leg.allocate()

    def test_nonce(self) -> None:
        """A nonce is worth something at the address it was given to alone."""
        one, two, _ = self.legs()
        one.challenge()
        two.challenge()
        two.nonce = one.nonce
        self.assert_code(two.ask(two.request(stun.ALLOCATE, UDP_TRANSPORT)), 438, 401)
        two.nonce = b"0" * len(one.nonce)
        answer = two.ask(two.request(stun.ALLOCATE, UDP_TRANSPORT))
        self.assert_code(answer, 438, 401)
        self.assertTrue(answer.get(stun.NONCE))
        two.nonce = b""
        two.allocate()
