"""The relay's answers, one datagram at a time, under a clock of our own."""

from __future__ import annotations

import functools
import json
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from tests.support.relay_client import CALL, TRANSPORT, TurnClient
from voz import stun
from voz.relay.core import RelayCore
from voz.relay.credentials import Authority
from voz.relay.limits import LIFETIME
from voz.relay.server import RelayServer
from voz.stun import Address, Attribute, Kind, Message, Method

VECTORS: dict[str, Any] = json.loads((Path(__file__).parents[1] / "vectors.json").read_text())["stun"]
SECRET = b"segredo do rele"
WALL = 1_760_000_000.0
A, B, C = ("198.51.100.1", 40001), ("198.51.100.2", 40002), ("203.0.113.77", 40003)
HOST = "192.0.2.1"


class RelayCase(SynchronousTestCase):
    """A relay, two legs of one call, and a leg of another."""

    def setUp(self) -> None:
        """Begin with an empty table."""
        self.now = 100.0
        self.wall = WALL
        self.server: RelayServer[Address] = RelayServer(Authority(SECRET), lambda: self.wall, lambda _: HOST)
        self.core: RelayCore[Address] = RelayCore(self.server, lambda source: source)
        expiry = int(WALL) + 600
        self.a = TurnClient(SECRET, "a", expiry)
        self.b = TurnClient(SECRET, "b", expiry)
        self.stranger = TurnClient(SECRET, "a", expiry, "AAAAAAAAAAAAAAAAAAAAAA")

    def raw(self, data: bytes, source: Address) -> bytes | None:
        """What comes back to the source of a datagram."""
        verdict = self.core.handle(data, source, self.now)
        if verdict is None:
            return None
        self.assertEqual(verdict[1], source)
        return verdict[0]

    def ask(self, client: TurnClient, data: bytes, source: Address) -> Message:
        """The answer to a request, which must come."""
        answer = self.raw(data, source)
        assert answer is not None, "no answer"
        message = client.heard(answer)
        self.assertEqual(message.transaction, data[8:20])
        return message

    def allocate(self, client: TurnClient, source: Address) -> Message:
        """Allocate with the challenge."""
        self.assertEqual(self.ask(client, client.allocate(), source).error(), 401)
        answer = self.ask(client, client.allocate(), source)
        self.assertIs(answer.kind, Kind.SUCCESS)
        return answer

    def join(self) -> None:
        """Both legs of the call are allocated and bound."""
        self.allocate(self.a, A)
        self.allocate(self.b, B)
        assert self.a.relayed is not None
        assert self.b.relayed is not None
        self.ask(self.a, self.a.bind(self.b.relayed), A)
        self.ask(self.b, self.b.bind(self.a.relayed), B)

    def forwarded(self, source: Address, payload: bytes = b"\x80voz") -> Address | None:
        """Where a ChannelData from there goes."""
        verdict = self.core.handle(stun.channel_data(payload), source, self.now)
        return None if verdict is None else verdict[1]


class BindingTests(RelayCase):
    """Plain STUN."""

    def test_golden_answer(self) -> None:
        """A bare Binding request from the golden address gets the golden answer."""
        answer = self.raw(bytes.fromhex(VECTORS["plain_request_hex"]), ("192.0.2.1", 32853))
        assert answer is not None
        self.assertEqual(answer.hex(), VECTORS["plain_answer_hex"])

    def test_unknown_required_attribute(self) -> None:
        """An unknown comprehension-required attribute in a Binding is answered with 420 and named."""
        request = stun.build(Method.BINDING, Kind.REQUEST, bytes(12), [(0x7F31, b"")])
        message = stun.parse(self.raw(request, A) or b"")
        self.assertEqual(message.error(), 420)
        self.assertEqual(message.get(Attribute.UNKNOWN_ATTRIBUTES), b"\x7f\x31")

    def test_a_fingerprint_is_accepted(self) -> None:
        """A Binding with FINGERPRINT is answered, one with a wrong FINGERPRINT is not."""
        request = stun.build(Method.BINDING, Kind.REQUEST, bytes(12), fingerprint=True)
        self.assertIsNotNone(self.raw(request, A))
        self.assertIsNone(self.raw(request[:-1] + b"\0", A))

    def test_silence_for_indications_and_junk(self) -> None:
        """Indications, answers, unknown methods and junk of every first byte get no answer."""
        self.assertIsNone(self.raw(stun.build(Method.BINDING, Kind.INDICATION, bytes(12)), A))
        self.assertIsNone(self.raw(stun.build(Method.BINDING, Kind.SUCCESS, bytes(12)), A))
        self.assertIsNone(self.raw(stun.build(0x0AA, Kind.REQUEST, bytes(12)), A))
        for first in range(256):
            self.assertIsNone(self.raw(bytes([first]) + b"junk" * 8, A))


class ChallengeTests(RelayCase):
    """Who may allocate."""

    def test_the_challenge_is_small(self) -> None:
        """The 401 carries ERROR-CODE without a phrase, REALM and NONCE, nothing else, 28 bytes of text at
        most."""
        answer = stun.parse(self.raw(self.a.allocate(), A) or b"")
        self.assertEqual(answer.error(), 401)
        self.assertEqual([kind for kind, _ in answer.attributes], [9, 0x14, 0x15])
        self.assertEqual(answer.attributes[0][1], bytes([0, 0, 4, 1]))
        self.assertLessEqual(sum(len(value) for _, value in answer.attributes[1:]), 28)

    def test_every_method_is_challenged(self) -> None:
        """Refresh, ChannelBind and CreatePermission without a credential are answered with 401 too."""
        for data in (self.a.refresh(), self.a.bind(B), self.a.permission(B)):
            self.assertEqual(stun.parse(self.raw(data, A) or b"").error(), 401)

    def test_a_wrong_password(self) -> None:
        """A wrong password, an expired usuario and one that is none are answered with 401."""
        wrong = TurnClient(b"another secret", "a", int(WALL) + 600)
        expired = TurnClient(SECRET, "a", int(WALL) - 1)
        no_name = TurnClient(SECRET, "c", int(WALL) + 600)
        for client in (wrong, expired, no_name):
            self.ask(client, client.allocate(), A)
            self.assertEqual(self.ask(client, client.allocate(), A).error(), 401)
        self.assertEqual(len(self.server.table), 0)

    def test_a_nonce_belongs_to_one_source(self) -> None:
        """A nonce that another source was given is stale: 438 with a new one, which then is good."""
        self.ask(self.a, self.a.allocate(), A)
        answer = self.ask(self.a, self.a.allocate(), C)
        self.assertEqual(answer.error(), 438)
        self.assertIs(self.ask(self.a, self.a.allocate(), C).kind, Kind.SUCCESS)

    def test_a_nonce_grows_old(self) -> None:
        """A nonce is stale after ten minutes."""
        self.ask(self.a, self.a.allocate(), A)
        self.wall += 601
        self.assertEqual(self.ask(self.a, self.a.allocate(), A).error(), 438)

    def test_missing_parts(self) -> None:
        """MESSAGE-INTEGRITY without USERNAME, REALM or NONCE is 400."""
        request = stun.build(Method.ALLOCATE, Kind.REQUEST, bytes(12), [TRANSPORT], key=b"k")
        self.assertEqual(stun.parse(self.raw(request, A) or b"").error(), 400)


class AllocateTests(RelayCase):
    """Allocate and Refresh."""

    def test_success(self) -> None:
        """An allocation has a relayed address that is a name, LIFETIME 60 and the mapped address, all
        signed."""
        answer = self.allocate(self.a, A)
        self.assertTrue(answer.authentic(self.a.key))
        self.assertEqual(answer.number(Attribute.LIFETIME), 60)
        self.assertEqual(answer.address(Attribute.XOR_MAPPED_ADDRESS), A)
        assert self.a.relayed is not None
        self.assertEqual(self.a.relayed[0], HOST)
        self.assertGreaterEqual(self.a.relayed[1], 49152)

    def test_a_second_allocate(self) -> None:
        """Allocate from the address that holds the allocation is 437; the same request again is answered
        alike."""
        self.allocate(self.a, A)
        again = self.ask(self.a, self.a.last, A)
        self.assertIs(again.kind, Kind.SUCCESS)
        self.assertEqual(self.ask(self.a, self.a.allocate(), A).error(), 437)

    def test_transport_and_attributes(self) -> None:
        """No transport is 400, TCP 442, an unknown required attribute 420, the other IP version 440."""
        self.ask(self.a, self.a.allocate(), A)
        tcp = (int(Attribute.REQUESTED_TRANSPORT), stun.pack_transport(6))
        family = (int(Attribute.REQUESTED_ADDRESS_FAMILY), b"\x02\0\0\0")
        refusals = {
            400: self.a.request(Method.ALLOCATE, []),
            442: self.a.request(Method.ALLOCATE, [tcp]),
            420: self.a.allocate((0x0018, b"\0")),
            440: self.a.allocate(family),
        }
        for code, request in refusals.items():
            answer = self.ask(self.a, request, A)
            self.assertEqual(answer.error(), code)
            self.assertTrue(answer.authentic(self.a.key), f"{code} is signed")

    def test_a_move_keeps_the_relayed_address(self) -> None:
        """Allocate from a new address moves the leg with its channel; the old address holds nothing any
        more."""
        self.join()
        relayed = self.a.relayed
        self.ask(self.a, self.a.allocate(), C)
        self.assertIs(self.ask(self.a, self.a.allocate(), C).kind, Kind.SUCCESS)
        self.assertEqual(self.a.relayed, relayed)
        self.assertEqual(self.forwarded(C), B)
        self.assertEqual(self.forwarded(B), C)
        self.assertIsNone(self.forwarded(A))
        self.assertEqual(len(self.server.table), 2)

    def test_a_replayed_allocate_moves_nothing(self) -> None:
        """A recorded Allocate sent again from another address is 438, and the leg stays where it is."""
        self.join()
        recorded = self.a.allocate()
        self.assertEqual(stun.parse(self.raw(recorded, C) or b"").error(), 438)
        self.assertEqual(self.forwarded(B), A)

    def test_the_same_name_after_a_restart(self) -> None:
        """A relay that starts anew gives the same usuario the same relayed address."""
        self.allocate(self.a, A)
        first = self.a.relayed
        self.setUp()
        self.allocate(self.a, A)
        self.assertEqual(self.a.relayed, first)

    def test_refresh(self) -> None:
        """Refresh keeps the leg alive; LIFETIME 0 ends it; afterwards it is 437."""
        self.allocate(self.a, A)
        for _ in range(4):
            self.now += LIFETIME - 1
            self.server.expire(self.now)
            self.assertEqual(self.ask(self.a, self.a.refresh(600), A).number(Attribute.LIFETIME), 60)
        self.assertEqual(self.ask(self.a, self.a.refresh(0), A).number(Attribute.LIFETIME), 0)
        self.assertEqual(self.ask(self.a, self.a.refresh(), A).error(), 437)

    def test_expiry(self) -> None:
        """A leg that is not refreshed is gone after its lifetime, and with it the way to it."""
        self.join()
        self.now += 30
        self.ask(self.a, self.a.refresh(), A)
        self.now += 31
        self.server.expire(self.now)
        self.assertEqual(len(self.server.table), 1)
        self.assertIsNone(self.forwarded(A))
        self.assertEqual(self.server.counters.expired, 1)

    def test_a_call_may_outlast_its_credential(self) -> None:
        """A live leg is refreshed and moved after the expiry of its usuario; a new one is not granted."""
        self.join()
        self.wall += 700
        self.assertEqual(self.ask(self.a, self.a.refresh(), A).error(), 438)
        self.assertIs(self.ask(self.a, self.a.refresh(), A).kind, Kind.SUCCESS)
        self.ask(self.a, self.a.allocate(), C)
        self.assertIs(self.ask(self.a, self.a.allocate(), C).kind, Kind.SUCCESS)
        self.ask(self.a, self.a.refresh(0), C)
        self.assertEqual(self.ask(self.a, self.a.allocate(), C).error(), 401)

    def test_a_leg_is_not_somebody_elses(self) -> None:
        """Refresh with another usuario from the same address is 441."""
        self.allocate(self.a, A)
        self.stranger.nonce = self.a.nonce
        self.assertEqual(self.ask(self.stranger, self.stranger.refresh(0), A).error(), 441)
        self.assertEqual(len(self.server.table), 1)


class ChannelTests(RelayCase):
    """ChannelBind and what it opens."""

    def test_both_ways(self) -> None:
        """Once both are bound, ChannelData goes from each leg to the other, and only then."""
        self.allocate(self.a, A)
        self.allocate(self.b, B)
        assert self.a.relayed is not None
        assert self.b.relayed is not None
        self.assertIs(self.ask(self.a, self.a.bind(self.b.relayed), A).kind, Kind.SUCCESS)
        self.assertIsNone(self.forwarded(A))
        self.assertIs(self.ask(self.b, self.b.bind(self.a.relayed), B).kind, Kind.SUCCESS)
        self.assertEqual((self.forwarded(A), self.forwarded(B)), (B, A))

    def test_only_the_other_leg(self) -> None:
        """A bind to another call's relayed address, to any other address and before the other leg is there
        is 403."""
        self.allocate(self.a, A)
        self.allocate(self.stranger, C)
        assert self.stranger.relayed is not None
        assert self.a.relayed is not None
        for peer in (self.stranger.relayed, self.a.relayed, ("10.0.0.1", 5000), ("127.0.0.1", 22), B):
            self.assertEqual(self.ask(self.a, self.a.bind(peer), A).error(), 403)
        self.allocate(self.b, B)
        self.assertEqual(self.ask(self.a, self.a.bind(B), A).error(), 403)
        self.assertIsNone(self.forwarded(A))

    def test_another_channel_and_missing_parts(self) -> None:
        """Another channel, no channel, no peer or a malformed peer is 400."""
        self.allocate(self.a, A)
        self.allocate(self.b, B)
        assert self.b.relayed is not None
        channel = (int(Attribute.CHANNEL_NUMBER), stun.pack_channel(stun.CHANNEL))
        requests = [
            self.a.bind(self.b.relayed, 0x4001),
            self.a.request(Method.CHANNEL_BIND, [channel]),
            self.a.request(Method.CHANNEL_BIND, [channel, (int(Attribute.XOR_PEER_ADDRESS), b"xx")]),
        ]
        for request in requests:
            self.assertEqual(self.ask(self.a, request, A).error(), 400)

    def test_permissions_and_send(self) -> None:
        """CreatePermission is 403, a Send indication is silence; without an allocation it is 437."""
        self.ask(self.a, self.a.allocate(), A)
        self.assertEqual(self.ask(self.a, self.a.permission(B), A).error(), 437)
        self.ask(self.a, self.a.allocate(), A)
        self.assertEqual(self.ask(self.a, self.a.permission(B), A).error(), 403)
        send = stun.build(
            Method.SEND,
            Kind.INDICATION,
            bytes(12),
            [(Attribute.XOR_PEER_ADDRESS, stun.pack_xor_address(B, bytes(12))), (Attribute.DATA, b"x" * 40)],
        )
        self.assertIsNone(self.raw(send, A))

    def test_mapped_peers_are_normal(self) -> None:
        """A peer written as an IPv4-mapped IPv6 address is the IPv4 address that it maps."""
        self.allocate(self.a, A)
        self.allocate(self.b, B)
        assert self.b.relayed is not None
        mapped = (f"::ffff:{self.b.relayed[0]}", self.b.relayed[1])
        self.assertIs(self.ask(self.a, self.a.bind(mapped), A).kind, Kind.SUCCESS)

    def test_a_forged_source_forwards_nothing(self) -> None:
        """ChannelData from an address that holds no leg goes nowhere, and is counted."""
        self.join()
        self.assertIsNone(self.forwarded(C))
        self.assertEqual(self.server.counters.dropped_route, 1)

    def test_what_is_forwarded(self) -> None:
        """Payload up to 508 bytes passes as it came; 509 bytes, a wrong length or another channel does
        not."""
        self.join()
        data = stun.channel_data(bytes(508))
        self.assertEqual(self.core.handle(data, A, self.now), (data, B))
        self.assertIsNone(self.core.handle(stun.channel_data(bytes(509)), A, self.now))
        self.assertIsNone(self.core.handle(b"\x40\x00\x00\x05abc", A, self.now))
        self.assertIsNone(self.core.handle(stun.channel_data(b"abc", 0x4001), A, self.now))
        self.assertIsNone(self.core.handle(b"\x40", A, self.now))
        self.assertIsNone(self.core.handle(b"\x40\x00", A, self.now))


class AbuseTests(RelayCase):
    """What costs the relay more than it costs the other side is not done."""

    def test_rate_of_bindings(self) -> None:
        """A /24 gets at most 20 Binding answers in any second, another /24 is not touched by it."""
        request = stun.build(Method.BINDING, Kind.REQUEST, bytes(12))
        answers = sum(
            self.raw(request, (f"198.51.100.{number % 256}", 1024 + number)) is not None
            for number in range(500)
        )
        self.assertEqual(answers, 20)
        self.assertIsNotNone(self.raw(request, ("198.51.101.1", 5)))
        self.now += 1.0
        self.assertIsNotNone(self.raw(request, A))

    def test_rate_of_challenges(self) -> None:
        """A /64 gets at most 100 challenges in any second; loopback is exempt from both limits."""
        request = self.a.allocate()
        answers = sum(self.raw(request, (f"2001:db8::{number:x}", 1024)) is not None for number in range(500))
        self.assertEqual(answers, 100)
        exempt = sum(self.raw(request, ("127.0.0.1", 1024 + number)) is not None for number in range(500))
        self.assertEqual(exempt, 500)

    def test_authenticated_requests_are_not_throttled(self) -> None:
        """Refreshes of a live leg are answered, however many challenges its network has had."""
        self.allocate(self.a, A)
        for _ in range(300):
            self.raw(TurnClient(SECRET, "b", 9).allocate(), A)
        self.assertIs(self.ask(self.a, self.a.refresh(), A).kind, Kind.SUCCESS)

    @given(
        st.sampled_from([Method.BINDING, Method.ALLOCATE, Method.REFRESH, Method.CHANNEL_BIND]),
        st.lists(st.tuples(st.integers(0, 0xFFFF), st.binary(max_size=12)), max_size=12),
        st.sampled_from(["192.0.2.200", "2001:db8::7"]),
        st.booleans(),
    )
    @settings(max_examples=300, deadline=None)
    def test_amplification(
        self, method: int, attributes: list[tuple[int, bytes]], source: str, signed: bool
    ) -> None:
        """Whatever nobody signed well, the answer has at most 2.3 bytes for one, headers of IP and UDP
        counted."""
        self.now += 10
        request = stun.build(method, Kind.REQUEST, bytes(12), attributes, key=b"k" if signed else None)
        answer = self.raw(request, (source, 5000))
        headers = 48 if ":" in source else 28
        if answer is not None:
            self.assertLessEqual(len(answer) + headers, 2.3 * (len(request) + headers))

    @given(st.binary(max_size=200), st.integers(0, 3))
    @settings(max_examples=300, deadline=None)
    def test_arbitrary_datagrams(self, data: bytes, kind: int) -> None:
        """Arbitrary bytes, also behind a good header, raise nothing."""
        prefixes = (b"", b"\0\1\0\0\x21\x12\xa4\x42", b"\0\3\0\x10\x21\x12\xa4\x42", b"\x40\0")
        self.core.handle(prefixes[kind] + data, A, self.now)

    def test_flood_of_one_leg(self) -> None:
        """A leg that floods gets 100 packets and then 100 a second; the other leg is not touched by it."""
        self.join()
        passed = sum(self.forwarded(A) is not None for _ in range(1000))
        self.assertEqual(passed, 100)
        self.assertEqual(self.forwarded(B), A)
        later = 0
        for _ in range(1000):
            self.now += 0.002
            later += self.forwarded(A) is not None
        self.assertIn(later, range(198, 202))

    def test_volume_of_one_leg(self) -> None:
        """Large packets are limited to 128 kbit/s after a burst of one second."""
        self.join()
        passed = sum(self.forwarded(A, bytes(500)) is not None for _ in range(100))
        self.assertEqual(passed, 16000 // 500)

    def test_a_full_table(self) -> None:
        """When no allocation is left the answer is 508, and those that live are not touched."""
        self.patch(__import__("voz.relay.table", fromlist=["x"]), "MOST_LEGS", 1)
        self.allocate(self.a, A)
        self.ask(self.b, self.b.allocate(), B)
        self.assertEqual(self.ask(self.b, self.b.allocate(), B).error(), 508)
        self.assertIs(self.ask(self.a, self.a.refresh(), A).kind, Kind.SUCCESS)


class RouteProperty(RelayCase):
    """The one property that matters."""

    @given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 5), st.integers(0, 4)), max_size=40))
    @settings(max_examples=120, deadline=None)
    def test_routes_join_the_two_legs_of_one_call(self, steps: list[tuple[int, int, int]]) -> None:
        """Whatever four clients of two calls do, a packet only ever reaches the other leg of its own call."""
        self.setUp()
        expiry = int(WALL) + 600
        clients = [TurnClient(SECRET, leg, expiry, call) for call in (CALL, "x") for leg in "ab"]
        places = [(f"198.51.{number}.1", 1024) for number in range(5)]
        for who, action, where in steps:
            client, peer = clients[who], clients[(who + action) % 4].relayed or A
            requests = (
                client.allocate,
                client.allocate,
                client.refresh,
                functools.partial(client.refresh, 0),
                functools.partial(client.bind, peer),
                functools.partial(client.bind, peer),
            )
            self.now += 3
            self.server.expire(self.now)
            answer = self.raw(requests[action](), places[where])
            if answer is not None:
                client.heard(answer)
            self._check_routes()

    def _check_routes(self) -> None:
        table = self.server.table
        for source, target in table.routes.items():
            one, other = table.held_by(source), table.held_by(target)
            assert one is not None
            assert other is not None
            self.assertEqual((one.user.call, {one.user.leg, other.user.leg}), (other.user.call, {"a", "b"}))
            self.assertEqual((one.peer, other.peer), (other.relayed, one.relayed))
