"""Our leg at a relay, against the relay's own logic and against relays that misbehave, under a clock of our
own."""

from __future__ import annotations

from collections.abc import Callable

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from tests.support.path_peers import CALL
from voz import stun
from voz.path.relay_leg import RelayLeg
from voz.relay.core import RelayCore
from voz.relay.credentials import Authority
from voz.relay.server import RelayServer
from voz.stun import Address, Attribute, Kind, Message, Method, StunError

SECRET = b"segredo"
WALL = 1_760_000_000.0
USERNAME = f"{int(WALL) + 600}:{CALL}."
HOME: dict[str, Address] = {"a": ("198.51.100.1", 4001), "b": ("198.51.100.2", 4002)}


class World:
    """One leg's world: what it sends is kept, and goes to `relay` if there is one."""

    def __init__(self, case: LegCase, leg: str, password: str | None = None) -> None:
        self.case = case
        self.source = HOME[leg]
        self.sent: list[bytes] = []
        self.changes = 0
        self.spare_sockets = 0
        username = USERNAME + leg
        self.leg = RelayLeg(self, username, password or Authority(SECRET).password(username))

    def transmit(self, datagram: bytes) -> None:
        """The leg sends."""
        self.sent.append(datagram)
        self.case.queue.append((self, datagram))

    def another_socket(self) -> bool:
        """The leg wants another port."""
        if not self.spare_sockets:
            return False
        self.spare_sockets -= 1
        self.source = (self.source[0], self.source[1] + 100)
        return True

    def leg_changed(self) -> None:
        """The leg has news."""
        self.changes += 1

    def methods(self) -> list[int]:
        """The methods of what was sent, ChannelData as -1, and forget them."""
        sent, self.sent = self.sent, []
        return [stun.parse(data).method if data[0] < 0x40 else -1 for data in sent]


class LegCase(SynchronousTestCase):
    """Two legs and the built-in relay's logic between them."""

    def setUp(self) -> None:
        """Begin with an empty relay."""
        self.now = 1000.0
        self.wall = WALL
        self.queue: list[tuple[World, bytes]] = []
        self.delivered: list[tuple[World, bytes]] = []
        self.relay: Callable[[World, bytes], list[tuple[World, bytes]]] | None = self.through_relay
        self.restart()
        self.a, self.b = World(self, "a"), World(self, "b")

    def restart(self) -> None:
        """The relay forgets everything."""
        server: RelayServer[Address] = RelayServer(
            Authority(SECRET), lambda: self.wall, lambda _: "192.0.2.1"
        )
        self.core: RelayCore[Address] = RelayCore(server, lambda source: source)

    def through_relay(self, world: World, data: bytes) -> list[tuple[World, bytes]]:
        """What the relay makes of a datagram."""
        verdict = self.core.handle(data, world.source, self.now)
        if verdict is None:
            return []
        return [(other, verdict[0]) for other in (self.a, self.b) if other.source == verdict[1]]

    def pump(self) -> None:
        """Carry datagrams until there are none."""
        for _ in range(200):
            if not self.queue:
                return
            world, data = self.queue.pop(0)
            for other, answer in self.relay(world, data) if self.relay else []:
                if answer[0] < 0x40:
                    other.leg.received(stun.parse(answer), self.now)
                else:
                    self.delivered.append((other, answer))
        raise AssertionError("the leg and the relay go on for ever")

    def wait(self, seconds: float, step: float = 0.05) -> None:
        """Let time pass."""
        for _ in range(round(seconds / step)):
            self.now += step
            self.wall += step
            for world in (self.a, self.b):
                world.leg.tick(self.now)
            self.pump()
            self.core.server.expire(self.now)

    def join(self) -> None:
        """Both legs are bound to each other."""
        for world in (self.a, self.b):
            world.leg.start(self.now)
        self.pump()
        assert self.a.leg.relayed is not None
        assert self.b.leg.relayed is not None
        self.a.leg.peer_known(self.b.leg.relayed, self.now)
        self.b.leg.peer_known(self.a.leg.relayed, self.now)
        self.pump()
        self.assertTrue(self.a.leg.ready)
        self.assertTrue(self.b.leg.ready)


class LifeTests(LegCase):
    """An ordinary life."""

    def test_two_exchanges_to_an_address(self) -> None:
        """Allocate, challenge, Allocate: the relayed and the mapped address are known, and told."""
        self.a.leg.start(self.now)
        self.pump()
        self.assertEqual(self.a.methods(), [Method.ALLOCATE, Method.ALLOCATE])
        self.assertEqual(self.a.leg.mapped, HOME["a"])
        self.assertGreaterEqual(self.a.changes, 1)
        self.assertFalse(self.a.leg.ready)
        self.assertFalse(self.a.leg.send(b"\x80", self.now))

    def test_packets_both_ways(self) -> None:
        """A packet of one comes out of the relay for the other, and is read as what it was."""
        self.join()
        self.assertTrue(self.a.leg.send(b"\x80voz", self.now))
        self.pump()
        [(world, data)] = self.delivered
        self.assertIs(world, self.b)
        self.assertEqual(self.b.leg.payload(data), b"\x80voz")
        self.assertIsNone(self.b.leg.payload(b"\x41\x00\x00\x01x"))
        self.assertIsNone(self.b.leg.payload(b"\x40\x00\x00\x09x"))

    def test_refresh_rebind_keep_alive(self) -> None:
        """Refresh after 30 s, ChannelBind after 240 s, a Binding indication after 15 s of silence."""
        self.join()
        self.a.methods()
        self.wait(14.9)
        self.assertEqual(self.a.methods(), [])
        self.wait(0.2)
        self.assertEqual(stun.parse(self.a.sent[0]).kind, Kind.INDICATION)
        self.assertEqual(self.a.methods(), [Method.BINDING])
        self.wait(15)
        self.assertEqual(self.a.methods(), [Method.REFRESH])
        self.wait(215)
        methods = self.a.methods()
        self.assertEqual(methods.count(Method.CHANNEL_BIND), 1)
        self.assertIn(methods.count(Method.REFRESH), range(6, 9))
        self.assertTrue(self.a.leg.ready)

    def test_the_peer_comes_later(self) -> None:
        """Bound too early (403), the channel is asked for again until the other leg is there."""
        self.a.leg.start(self.now)
        self.pump()
        self.a.leg.peer_known(("192.0.2.1", 50000), self.now)
        self.pump()
        self.a.methods()
        self.wait(3)
        tries = len(self.a.methods())
        self.assertIn(tries, range(10, 25))
        self.b.leg.start(self.now)
        self.pump()
        assert self.b.leg.relayed is not None
        self.a.leg.peer_known(self.b.leg.relayed, self.now)
        self.wait(0.2)
        self.assertTrue(self.a.leg.ready)

    def test_stopped(self) -> None:
        """Stopping gives the allocation back, and nothing is sent afterwards."""
        self.join()
        self.a.leg.stop(self.now)
        self.pump()
        self.assertEqual(len(self.core.server.table), 1)
        self.a.methods()
        self.a.leg.stop(self.now)
        self.wait(60)
        self.assertEqual(self.a.methods(), [])
        self.assertFalse(self.a.leg.ready)


class TroubleTests(LegCase):
    """Relays that are away, forget, or refuse."""

    def test_nobody_answers(self) -> None:
        """Without an answer the request is repeated, first soon and then three times a second, and
        counted."""
        self.relay = None
        self.a.leg.start(self.now)
        self.wait(10)
        self.assertIn(len(self.a.methods()), range(25, 40))
        self.assertGreater(self.a.leg.unanswered(self.now), 9.9)
        self.relay = self.through_relay
        self.wait(0.5)
        self.assertIsNotNone(self.a.leg.relayed)
        self.assertEqual(self.a.leg.unanswered(self.now), 0)

    def test_a_restart_is_found_out_by_a_probe(self) -> None:
        """A relay that forgot us says so when asked, and everything is built again at once."""
        self.join()
        self.restart()
        before = self.a.leg.relayed
        for world in (self.a, self.b):
            world.leg.probe(self.now)
        self.pump()
        self.wait(0.3)
        self.assertTrue(self.a.leg.ready)
        self.assertTrue(self.b.leg.ready)
        self.assertEqual(self.a.leg.relayed, before)

    def test_a_move(self) -> None:
        """From a new address the leg allocates again; the relay keeps relayed address and channel."""
        self.join()
        before = self.a.leg.relayed
        self.a.source = ("203.0.113.50", 9)
        self.a.leg.moved(self.now)
        self.assertTrue(self.a.leg.ready, "packets may be sent at once: they pass as soon as the relay knows")
        self.pump()
        self.assertEqual(self.a.leg.relayed, before)
        self.b.leg.send(b"\x80", self.now)
        self.pump()
        self.assertIs(self.delivered[0][0], self.a)

    def test_a_move_to_where_we_were(self) -> None:
        """A move that was none (437) keeps everything."""
        self.join()
        before = self.a.leg.relayed
        self.a.leg.moved(self.now)
        self.pump()
        self.assertEqual(self.a.leg.relayed, before)
        self.assertTrue(self.a.leg.ready)

    def test_an_address_that_is_taken(self) -> None:
        """An allocation that is not ours in our place: another port is taken, or else the place cleared."""
        self.a.leg.start(self.now)
        self.pump()
        for spare in (1, 0):
            again = World(self, "a")
            again.source, again.spare_sockets = self.a.source, spare
            self.a = again
            again.leg.start(self.now)
            self.wait(2.5)
            self.assertIsNotNone(again.leg.relayed, f"{spare} spare sockets")

    def test_a_wrong_password(self) -> None:
        """Refused for good, the leg rests five seconds between attempts of a few datagrams."""
        self.a = World(self, "a", "wrong")
        self.a.leg.start(self.now)
        self.wait(60)
        self.assertIsNone(self.a.leg.relayed)
        self.assertLess(len(self.a.methods()), 70)

    def test_an_unsigned_success_is_not_believed(self) -> None:
        """A success without the relay's signature, or with another transaction, changes nothing."""
        self.a.leg.start(self.now)
        self.pump()
        self.a.leg.probe(self.now)
        request = stun.parse(self.a.sent[-1])
        self.queue.clear()
        lifetime = [(int(Attribute.LIFETIME), stun.pack_number(0))]
        for transaction, key in ((request.transaction, None), (request.transaction, b"x"), (bytes(12), None)):
            forged = stun.build(Method.REFRESH, Kind.SUCCESS, transaction, lifetime, key=key)
            self.a.leg.received(stun.parse(forged), self.now)
        self.assertEqual(self.a.leg.unanswered(self.now + 1), 1)

    def test_a_channel_that_is_taken(self) -> None:
        """A relay that keeps 4000 for the peer's old address (coturn's 400) is asked for the next channel."""
        self.join()
        self.a.leg.peer_known(("192.0.2.9", 1), self.now)
        for expected in (0x4001, 0x4002):
            request = stun.parse(self.a.sent[-1])
            self.queue.clear()
            refusal = [(int(Attribute.ERROR_CODE), stun.pack_error(400))]
            answer = stun.build(Method.CHANNEL_BIND, Kind.ERROR, request.transaction, refusal)
            self.a.leg.received(stun.parse(answer), self.now)
            self.a.leg.tick(self.now)
            self.assertEqual(stun.parse(self.a.sent[-1]).channel(), expected)

    @given(st.data())
    @settings(max_examples=150, deadline=None)
    def test_answers_of_any_kind(self, data: st.DataObject) -> None:
        """Whatever a relay answers to our own transaction, nothing is raised and nothing runs away."""
        self.setUp()
        self.join()
        for _ in range(data.draw(st.integers(1, 12))):
            method = data.draw(st.sampled_from([Method.ALLOCATE, Method.REFRESH, Method.CHANNEL_BIND]))
            if method == Method.REFRESH:
                self.a.leg.probe(self.now)
            elif method == Method.ALLOCATE:
                self.a.leg.moved(self.now)
            else:
                self.a.leg.peer_known(("192.0.2.7", data.draw(st.integers(1, 9))), self.now)
            self.answer_oddly(data, method)
            self.queue.clear()
            self.now += 0.05
            self.a.leg.tick(self.now)
        self.assertLess(len(self.a.sent), 200)

    def answer_oddly(self, data: st.DataObject, method: int) -> None:
        """One answer with drawn content to the last request of that method."""
        requests = [stun.parse(sent) for sent in self.a.sent if sent[0] < 0x40]
        asked: list[Message] = [request for request in requests if request.method == method]
        if not asked:
            return
        codes = st.sampled_from([400, 401, 403, 437, 438, 441, 443, 486, 500, 508])
        attributes = [
            (int(Attribute.ERROR_CODE), stun.pack_error(data.draw(codes))),
            (int(Attribute.NONCE), data.draw(st.binary(max_size=8))),
            (int(Attribute.LIFETIME), data.draw(st.binary(max_size=5))),
            (int(Attribute.XOR_RELAYED_ADDRESS), data.draw(st.binary(max_size=9))),
        ]
        kind = data.draw(st.sampled_from([Kind.SUCCESS, Kind.ERROR]))
        key = stun.long_term_key(USERNAME + "a", "sala", Authority(SECRET).password(USERNAME + "a"))
        answer = stun.build(method, kind, asked[-1].transaction, attributes, key=key)
        try:
            self.a.leg.received(stun.parse(answer), self.now)
        except StunError as problem:
            raise AssertionError("a StunError came out") from problem
