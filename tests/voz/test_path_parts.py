"""The small parts of the paths: the chooser, our own places, reflexive addresses, the watch, several
relays."""

from __future__ import annotations

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from voz import stun
from voz.candidates import CandidateType, PathKind, PathPolicy, RelayCredentials
from voz.path.chooser import Chooser, Facts
from voz.path.legs import RelayLegs
from voz.path.own import OwnPlaces
from voz.path.reflexive import Reflexive
from voz.path.watch import PollingWatch
from voz.stun import Address, Attribute, Kind, Method


def facts(now: float, *, relay: bool = True, direct: bool = True, unanswered: float = 0.0) -> Facts:
    """What is known while people talk."""
    return Facts(now, relay, unanswered, direct, talking=True)


class ChooserTests(SynchronousTestCase):
    """Which path carries the voice."""

    def direct(self, speaks_every: float = 0.02, seconds: float = 3.0) -> tuple[Chooser, float]:
        """A chooser whose direct path has been in use for some seconds, and the time."""
        chooser = Chooser(PathPolicy.AUTO)
        chooser.decide(facts(0.0, direct=False))
        chooser.direct_selected(True, 0.0)
        now = 0.0
        while now < seconds:
            now += speaks_every
            chooser.authenticated(PathKind.DIRECT, now)
        return chooser, now

    def test_relay_first(self) -> None:
        """The relay carries the voice as soon as it is ready, the direct path as soon as it works."""
        chooser = Chooser(PathPolicy.AUTO)
        self.assertIs(chooser.decide(facts(0, relay=False, direct=False)).kind, PathKind.NONE)
        self.assertIs(chooser.decide(facts(0.1, direct=False)).kind, PathKind.RELAY)
        chooser.direct_selected(True, 0.2)
        decision = chooser.decide(facts(0.2))
        self.assertIs(decision.kind, PathKind.DIRECT)
        self.assertTrue(decision.relay_too, "copies, until the peer was heard there")

    def test_doubt_and_silence(self) -> None:
        """120 ms of silence bring copies by the relay, 400 ms end the direct path."""
        chooser, now = self.direct()
        self.assertFalse(chooser.decide(facts(now + 0.1)).relay_too)
        self.assertTrue(chooser.decide(facts(now + 0.13)).relay_too)
        self.assertFalse(chooser.decide(facts(now + 0.39)).leave_direct)
        decision = chooser.decide(facts(now + 0.41))
        self.assertTrue(decision.leave_direct)
        self.assertIs(decision.kind, PathKind.RELAY)

    def test_a_quiet_speaker(self) -> None:
        """Who sends a packet every 140 ms is not doubted for it; his silence is judged by that."""
        chooser, now = self.direct(speaks_every=0.14)
        self.assertFalse(chooser.decide(facts(now + 0.15)).relay_too)
        self.assertFalse(chooser.decide(facts(now + 0.42)).leave_direct)
        self.assertTrue(chooser.decide(facts(now + 0.46)).leave_direct)

    def test_the_peer_is_back_on_the_relay(self) -> None:
        """A packet by the relay and none directly: we are back there too; while both come, copies go
        there."""
        chooser, now = self.direct()
        chooser.authenticated(PathKind.RELAY, now + 0.01)
        both = chooser.decide(facts(now + 0.02))
        self.assertFalse(both.leave_direct)
        self.assertTrue(both.relay_too)
        chooser.authenticated(PathKind.RELAY, now + 0.2)
        self.assertTrue(chooser.decide(facts(now + 0.2)).leave_direct)

    def test_late_packets_of_before_the_switch(self) -> None:
        """Packets by the relay in the first second after the switch mean nothing."""
        chooser, now = self.direct(seconds=0.5)
        chooser.authenticated(PathKind.RELAY, now + 0.2)
        self.assertFalse(chooser.decide(facts(now + 0.2)).leave_direct)

    def test_a_pair_that_never_carried(self) -> None:
        """A selected pair on which the peer is never heard, while he is heard nowhere, is left after a
        second."""
        chooser = Chooser(PathPolicy.AUTO)
        chooser.direct_selected(True, 0.0)
        self.assertTrue(chooser.decide(facts(0.5)).relay_too)
        self.assertTrue(chooser.decide(facts(1.1)).leave_direct)

    def test_lines_after_two_seconds(self) -> None:
        """No answer from the relay for 2 s and no UDP: lines; UDP heard again: the relay."""
        chooser = Chooser(PathPolicy.AUTO)
        self.assertIs(chooser.decide(facts(0, relay=False, direct=False, unanswered=1.9)).kind, PathKind.NONE)
        self.assertIs(
            chooser.decide(facts(0.2, relay=False, direct=False, unanswered=2.1)).kind, PathKind.LINES
        )
        chooser.authenticated(PathKind.LINES, 5.0)
        kinds = [chooser.decide(facts(5.1, direct=False)) for _ in range(20)]
        self.assertEqual({decision.kind for decision in kinds}, {PathKind.LINES})
        self.assertEqual(sum(decision.relay_too for decision in kinds), 2, "a sample goes by the relay")
        chooser.authenticated(PathKind.RELAY, 5.2)
        self.assertIs(chooser.decide(facts(5.3, direct=False)).kind, PathKind.RELAY)

    def test_no_lines_before_there_is_a_call(self) -> None:
        """While it rings nothing goes by lines, however silent the relay is."""
        chooser = Chooser(PathPolicy.AUTO)
        ringing = Facts(9.0, relay_ready=False, relay_unanswered=9.0, direct_works=False, talking=False)
        self.assertIs(chooser.decide(ringing).kind, PathKind.NONE)

    def test_policies(self) -> None:
        """RELAY never goes direct, DIRECT never by relay or lines."""
        chooser = Chooser(PathPolicy.RELAY)
        chooser.direct_selected(True, 0.0)
        self.assertIs(chooser.decide(facts(1.0)).kind, PathKind.RELAY)
        chooser = Chooser(PathPolicy.DIRECT)
        self.assertIs(chooser.decide(facts(1.0, direct=False, unanswered=9)).kind, PathKind.NONE)


class OwnPlacesTests(SynchronousTestCase):
    """What the peer is told."""

    def test_order_and_number(self) -> None:
        """Host, reflexive, relayed; at most eight, the relayed one always among them."""
        places = OwnPlaces(
            tuple(f"198.51.100.{last}" for last in range(1, 12)), {4: 5000}, (), ("203.0.113.1", 50000)
        )
        told = places.candidates(PathPolicy.AUTO, loopback_allowed=False)
        self.assertEqual(len(told), 8)
        self.assertIs(told[-1].kind, CandidateType.RELAYED)

    def test_what_means_nothing_elsewhere(self) -> None:
        """Loopback and link-local addresses and those of an IP version without a socket are not told."""
        addresses = ("127.0.0.1", "169.254.1.1", "fe80::1", "2001:db8::1", "198.51.100.1")
        places = OwnPlaces(addresses, {4: 5000}, (("198.51.100.1", 5000), ("127.0.0.1", 5000)))
        told = [place.format() for place in places.candidates(PathPolicy.AUTO, loopback_allowed=False)]
        self.assertEqual(told, ["198.51.100.1@5000@host"])
        with_loopback = places.candidates(PathPolicy.AUTO, loopback_allowed=True)
        self.assertEqual(with_loopback[0].address, "127.0.0.1")

    def test_policies(self) -> None:
        """RELAY tells the relayed address alone, DIRECT everything but that."""
        places = OwnPlaces(("198.51.100.1",), {4: 5000}, (("203.0.113.5", 6000),), ("203.0.113.1", 50000))
        kinds = {
            policy: [place.kind.value for place in places.candidates(policy, loopback_allowed=False)]
            for policy in PathPolicy
        }
        self.assertEqual(kinds[PathPolicy.AUTO], ["host", "refl", "rele"])
        self.assertEqual(kinds[PathPolicy.RELAY], ["rele"])
        self.assertEqual(kinds[PathPolicy.DIRECT], ["host", "refl"])


class ReflexiveTests(SynchronousTestCase):
    """Asking without an allocation."""

    SERVER = ("203.0.113.1", 5000)

    def setUp(self) -> None:
        """One question."""
        self.sent: list[tuple[int, Address, bytes]] = []
        self.changes = 0
        self.reflexive = Reflexive(lambda *sent: self.sent.append(sent), self.changed)
        self.reflexive.ask(3, self.SERVER, 0.0)

    def changed(self) -> None:
        """A mapped address is new."""
        self.changes += 1

    def answer(self, mapped: Address, source: Address, now: float) -> bool:
        """The server answers the last question."""
        transaction = self.sent[-1][2][8:20]
        said = [(int(Attribute.XOR_MAPPED_ADDRESS), stun.pack_xor_address(mapped, transaction))]
        data = stun.build(Method.BINDING, Kind.SUCCESS, transaction, said)
        return self.reflexive.received(stun.parse(data), 3, source, now)

    def test_asked_until_answered(self) -> None:
        """The question is repeated until its server answers; then again every 15 s; only news are told."""
        for tick in range(20):
            self.reflexive.tick(tick / 20)
        self.assertGreater(len(self.sent), 2)
        self.assertFalse(self.answer(("198.51.100.1", 9), ("192.0.2.66", 5000), 1.0), "another server's")
        self.assertTrue(self.answer(("198.51.100.1", 9), self.SERVER, 1.0))
        self.assertEqual(self.reflexive.mapped, {3: ("198.51.100.1", 9)})
        self.sent.clear()
        self.reflexive.tick(15.9)
        self.assertEqual(self.sent, [])
        self.reflexive.tick(16.1)
        self.assertEqual(len(self.sent), 1)
        self.assertTrue(self.answer(("198.51.100.1", 9), self.SERVER, 16.2))
        self.assertEqual(self.changes, 1)


class WatchTests(SynchronousTestCase):
    """Looking out for changes."""

    def test_polling(self) -> None:
        """The polling watch looks four times a second until it is stopped, and stops twice without harm."""
        clock = Clock()
        looks: list[float] = []
        watch = PollingWatch(clock, lambda: looks.append(clock.seconds()))
        clock.pump([0.05] * 20)
        self.assertEqual(len(looks), 4)
        watch.stop()
        watch.stop()
        self.assertEqual(clock.getDelayedCalls(), [])


class LegsTests(SynchronousTestCase):
    """Several relays."""

    def test_one_after_the_other(self) -> None:
        """Relays are asked a quarter of a second apart, in order, each with the socket it was given."""
        sent: list[tuple[int, Address]] = []

        class World:
            def send_to_relay(self, socket: int, server: Address, _datagram: bytes) -> None:
                sent.append((socket, server))

            def socket_for_relay(self, _version: int) -> int | None:
                return None

            def relay_changed(self) -> None:
                return

        legs = RelayLegs(World(), RelayCredentials((), "u", "p", 60))
        places: list[tuple[int, Address]] = [
            (0, ("192.0.2.1", 1)),
            (1, ("2001:db8::1", 1)),
            (0, ("192.0.2.2", 1)),
        ]
        legs.add(places, 0.0)
        legs.add(places, 0.0)
        self.assertEqual(sent, places[:1])
        for tick in range(1, 6):
            legs.tick(tick / 20)
        self.assertEqual(set(sent), set(places[:2]))
        legs.tick(0.55)
        self.assertEqual(set(sent), set(places))
        self.assertGreater(legs.unanswered(0.6), 0.5)
        self.assertFalse(legs.ready)
