"""The checks of the direct path: what is believed, what is answered, what is chosen, and how much is sent."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from voz import stun
from voz.candidates import Candidate, CandidateType, Role
from voz.path.checks import Checks, Pair
from voz.stun import Address, Attribute, Kind, Method

CHECK: dict[str, Any] = json.loads((Path(__file__).parents[1] / "vectors.json").read_text())["stun"]["check"]
KEY = bytes.fromhex(CHECK["stun_key_hex"])
CALL = str(CHECK["chamada"])
ANA, BIA = ("198.51.100.1", 4001), ("198.51.100.2", 4002)


def host(address: Address, kind: CandidateType = CandidateType.HOST) -> Candidate:
    """A candidate there."""
    return Candidate(*address, kind)


class World:
    """One side: its checks, what they sent, and what they selected."""

    def __init__(self, role: Role, *, loopback: bool = False) -> None:
        self.sent: list[tuple[int, Address, bytes]] = []
        self.selected: list[Pair | None] = []
        self.checks = Checks(self, role, CALL, loopback_allowed=loopback)
        self.checks.secure(KEY)

    def send_check(self, socket: int, remote: Address, datagram: bytes) -> None:
        """The checks send."""
        self.sent.append((socket, remote, datagram))

    def pair_selected(self, pair: Pair | None) -> None:
        """The checks select."""
        self.selected.append(pair)

    def take(self) -> list[tuple[int, Address, bytes]]:
        """What was sent since the last time."""
        sent, self.sent = self.sent, []
        return sent

    def hear(self, data: bytes, source: Address, now: float, socket: int = 0) -> None:
        """A datagram comes in."""
        self.checks.received(stun.parse(data), socket, source, now)


class AnswerTests(SynchronousTestCase):
    """What is answered."""

    def setUp(self) -> None:
        """A callee that has begun nothing."""
        self.callee = World(Role.CALLEE)

    def test_the_golden_check(self) -> None:
        """The caller's golden check from the golden address gets the golden answer."""
        mapped = ("192.0.2.1", 32853)
        self.callee.hear(bytes.fromhex(CHECK["request_of_the_caller_hex"]), mapped, 1.0)
        answers = [data for _, to, data in self.callee.take() if data[:2] == b"\1\1" and to == mapped]
        self.assertEqual([data.hex() for data in answers], [CHECK["answer_hex"]])

    def test_ones_own_name_is_refused(self) -> None:
        """A check that claims to come from our own side is passed over."""
        self.callee.hear(bytes.fromhex(CHECK["request_of_the_callee_hex"]), ANA, 1.0)
        self.assertEqual(self.callee.take(), [])

    def test_another_key_or_call(self) -> None:
        """A check under another key, of another call or without integrity is passed over."""
        for name, key in ((CHECK["username_of_the_caller"], b"x" * 32), ("c:other.a", KEY), ("", None)):
            attributes = [(int(Attribute.USERNAME), name.encode())]
            self.callee.hear(stun.build(1, Kind.REQUEST, bytes(12), attributes, key=key), ANA, 1.0)
        self.assertEqual(self.callee.take(), [])

    def test_before_the_keys(self) -> None:
        """Without the key of the call nothing is answered or sent."""
        early = World(Role.CALLEE)
        early.checks = Checks(early, Role.CALLEE, CALL, loopback_allowed=False)
        early.checks.begin([(0, 4)], [host(ANA)], 1.0)
        early.hear(bytes.fromhex(CHECK["request_of_the_caller_hex"]), ANA, 1.0)
        early.checks.tick(2.0)
        self.assertEqual(early.take(), [])

    def test_an_unknown_required_attribute(self) -> None:
        """A signed check with an unknown required attribute is answered with a signed 420."""
        attributes = [(int(Attribute.USERNAME), CHECK["username_of_the_caller"].encode()), (0x7F00, b"")]
        self.callee.hear(stun.build(1, Kind.REQUEST, bytes(12), attributes, key=KEY), ANA, 1.0)
        [(_, _, data)] = self.callee.take()
        answer = stun.parse(data)
        self.assertEqual(answer.error(), 420)
        self.assertTrue(answer.authentic(KEY))

    def test_never_checked(self) -> None:
        """A check from a low port, from multicast or from loopback is neither answered nor checked back."""
        for source in (("198.51.100.1", 1023), ("224.0.0.1", 5000), ("127.0.0.1", 5000), ("::1", 5000)):
            self.callee.hear(bytes.fromhex(CHECK["request_of_the_caller_hex"]), source, 1.0)
        self.callee.checks.begin([(0, 4)], [host(("127.0.0.1", 5000)), host(("10.0.0.1", 80))], 1.0)
        self.callee.checks.tick(2.0)
        self.assertEqual(self.callee.take(), [])

    @given(st.binary(max_size=120), st.sampled_from([Kind.REQUEST, Kind.SUCCESS, Kind.ERROR]))
    @settings(max_examples=200, deadline=None)
    def test_signed_messages_of_any_content(self, content: bytes, kind: Kind) -> None:
        """A peer that holds the key and says anything raises nothing."""
        attributes = [
            (int(Attribute.USERNAME), CHECK["username_of_the_caller"].encode()),
            (int(Attribute.XOR_MAPPED_ADDRESS), content),
        ]
        self.callee.hear(
            stun.build(Method.BINDING, kind, content[:12].ljust(12), attributes, key=KEY), ANA, 1.0
        )


class TwoSides(SynchronousTestCase):
    """Caller and callee, each with one socket, on a line that may be cut."""

    def setUp(self) -> None:
        """Both know the other's place."""
        self.now = 10.0
        self.caller, self.callee = World(Role.CALLER), World(Role.CALLEE)
        self.places = {0: (ANA, BIA)}
        self.blocked: set[tuple[Address, Address]] = set()
        self.checks_seen = 0

    def run_for(self, seconds: float, step: float = 0.01) -> None:
        """Let time pass, and carry what is sent."""
        for _ in range(round(seconds / step)):
            self.now += step
            for world in (self.caller, self.callee):
                world.checks.tick(self.now)
            self.carry()

    def carry(self) -> None:
        """Datagrams arrive at once, unless the line is cut."""
        for _ in range(10):
            moved = False
            for world, other, mine in ((self.caller, self.callee, 0), (self.callee, self.caller, 1)):
                for socket, remote, data in world.take():
                    moved = True
                    source = self.places[socket][mine]
                    self.checks_seen += data[0] == 0 and mine == 0
                    numbers = [number for number, pair in self.places.items() if pair[1 - mine] == remote]
                    if (source, remote) not in self.blocked and numbers:
                        other.hear(data, source, self.now, numbers[0])
            if not moved:
                return


class SelectionTests(TwoSides):
    """What is chosen."""

    def begin(self) -> None:
        """Both begin."""
        self.caller.checks.begin(
            [(n, 4) for n in self.places], [host(p[1]) for p in self.places.values()], self.now
        )
        self.callee.checks.begin(
            [(n, 4) for n in self.places], [host(p[0]) for p in self.places.values()], self.now
        )

    def test_the_first_pair_that_answers_both_ways(self) -> None:
        """Both select the pair; the caller's checks on it nominate from then on."""
        self.begin()
        self.run_for(0.3)
        for world, remote in ((self.caller, BIA), (self.callee, ANA)):
            assert world.checks.selected is not None
            self.assertEqual(world.checks.selected.remote, remote)
            self.assertEqual(len(world.selected), 1)

    def test_one_way_is_not_enough(self) -> None:
        """A pair on which our checks are answered and none come in is not selected, nor the other way
        round."""
        self.caller.checks.begin([(0, 4)], [host(BIA)], self.now)
        self.callee.checks = Checks(self.callee, Role.CALLEE, CALL, loopback_allowed=False)
        self.run_for(1)
        self.assertIsNone(self.caller.checks.selected)

    def test_an_answer_from_elsewhere(self) -> None:
        """An answer that does not come from where the check was sent does not count."""
        self.caller.checks.begin([(0, 4)], [host(BIA)], self.now)
        self.caller.checks.tick(self.now)
        [(_, _, data)] = self.caller.take()
        mapped = [(int(Attribute.XOR_MAPPED_ADDRESS), stun.pack_xor_address(ANA, data[8:20]))]
        answer = stun.build(Method.BINDING, Kind.SUCCESS, data[8:20], mapped, key=KEY)
        self.caller.hear(answer, ("203.0.113.9", 4002), self.now)
        self.caller.checks.alive(0, BIA, self.now)
        self.caller.checks.tick(self.now + 0.1)
        self.assertIsNone(self.caller.checks.selected)
        self.caller.hear(answer, BIA, self.now)
        self.assertIsNotNone(self.caller.checks.selected)

    def test_the_callee_obeys_the_caller(self) -> None:
        """Of two pairs that work the callee takes the one that the caller nominates, again and again."""
        self.places[1] = (("198.51.101.1", 4001), ("198.51.101.2", 4002))
        self.begin()
        self.run_for(1)
        assert self.caller.checks.selected is not None
        assert self.callee.checks.selected is not None
        self.assertEqual(self.caller.checks.selected.socket, self.callee.checks.selected.socket)
        other = 1 - self.caller.checks.selected.socket
        source, target = self.places[other]
        name = f"c:{CALL}.a".encode()
        said = [(int(Attribute.USERNAME), name), (int(Attribute.USE_CANDIDATE), b"")]
        self.callee.hear(stun.build(1, Kind.REQUEST, bytes(12), said, key=KEY), source, self.now, other)
        self.assertEqual(self.callee.checks.selected.socket, other)
        # What a callee nominates is no command to the caller.
        before = self.caller.checks.selected
        said[0] = (int(Attribute.USERNAME), f"c:{CALL}.b".encode())
        self.caller.hear(stun.build(1, Kind.REQUEST, bytes(12), said, key=KEY), target, self.now, other)
        self.assertIs(self.caller.checks.selected, before)

    def test_peer_reflexive(self) -> None:
        """A side that knows no candidate at all finds the other by its checks, also after its own round."""
        self.caller.checks.begin([(0, 4)], [host(BIA)], self.now)
        self.run_for(0.5)
        assert self.callee.checks.selected is not None
        self.assertEqual(self.callee.checks.selected.remote, ANA)

    def test_consent(self) -> None:
        """Checks go on every 2 s; after three without an answer the pair is left."""
        self.begin()
        self.run_for(6)
        seen = self.checks_seen
        self.run_for(20)
        self.assertIn(self.checks_seen - seen, range(9, 12))
        self.blocked = {(ANA, BIA), (BIA, ANA)}
        self.run_for(5.5)
        self.assertIsNotNone(self.caller.checks.selected)
        self.run_for(3)
        self.assertIsNone(self.caller.checks.selected)
        self.assertIsNone(self.callee.checks.selected)

    def test_back_again(self) -> None:
        """A pair that was left and works again is taken again, after a rest that grows."""
        self.begin()
        self.run_for(1)
        rests = []
        for _ in range(4):
            assert self.caller.checks.selected is not None
            assert self.callee.checks.selected is not None
            self.caller.checks.rest(self.caller.checks.selected, self.now)
            self.callee.checks.rest(self.callee.checks.selected, self.now)
            left = self.now
            while self.caller.checks.selected is None or self.callee.checks.selected is None:
                self.run_for(0.1)
                self.assertLess(self.now - left, 40)
            rests.append(self.now - left)
        self.assertEqual(rests, sorted(rests))
        self.assertGreaterEqual(rests[-1], 8)

    def test_a_flood_of_sources(self) -> None:
        """However many addresses send signed checks, the pairs are bounded and one check goes out in 50
        ms."""
        request = bytes.fromhex(CHECK["request_of_the_caller_hex"])
        for number in range(2000):
            self.callee.hear(request, ("203.0.113.5", 2000 + number), self.now)
        answers = [data for _, _, data in self.callee.take() if data[0] == 1]
        self.assertLessEqual(len(answers), 64)
        self.callee.take()
        for _ in range(100):
            self.now += 0.01
            self.callee.checks.tick(self.now)
        self.assertLessEqual(len(self.callee.take()), 21)
