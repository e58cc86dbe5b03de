"""A call that survives the network, under a fake clock: how long nobody hears anybody."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from tests.support.memory_call import MemoryCall
from tests.support.memory_network import NatKind
from voz.candidates import PathKind, PathPolicy

BY_RELAY = (PathPolicy.RELAY, PathPolicy.RELAY)
BY_ANY = (PathPolicy.AUTO, PathPolicy.AUTO)
ANA, BIA, RELAY = "198.51.100.1", "198.51.100.2", "203.0.113.1"


def signalling(call: MemoryCall, *, there: bool) -> None:
    """The TLS connections of both are there, or away."""
    for peer in call.peers:
        peer.signalling = there


class SurvivalCase(SynchronousTestCase):
    """Calls between two port-restricted NATs, by the relay and by any path."""

    def each(self) -> list[MemoryCall]:
        """A call that is kept on the relay and one that is direct."""
        calls = []
        for policies in (BY_RELAY, BY_ANY):
            call = MemoryCall(policies=policies)
            call.talk(seconds=4)
            self.assertEqual(call.kinds(), ("rele",) * 2 if policies is BY_RELAY else ("direto",) * 2)
            calls.append(call)
        return calls

    def judge(self, call: MemoryCall, since: float, limit: float) -> None:
        """No silence since then was longer than that."""
        self.assertLess(max(call.gaps(since)), limit, f"{call.gaps(since)} {call.kinds()}")


class MoveTests(SurvivalCase):
    """A change of address."""

    def test_one_moves(self) -> None:
        """Voice is back within 200 ms, and where it can be on a direct path again."""
        for call in self.each():
            before = call.kinds()
            since = call.clock.seconds()
            call.hosts[0].move(*call.place(3, NatKind.PORT))
            call.wait(6)
            self.judge(call, since, 0.2)
            self.assertEqual(call.kinds(), before)
            self.assertEqual(call.relay.core.server.counters.moved, 1)

    def test_both_move(self) -> None:
        """Both move within a third of a second: back within 250 ms."""
        for call in self.each():
            since = call.clock.seconds()
            call.hosts[0].move(*call.place(3, NatKind.PORT))
            call.wait(0.3)
            call.hosts[1].move(*call.place(4, NatKind.PORT))
            call.wait(6)
            self.judge(call, since, 0.25)

    def test_without_the_registry(self) -> None:
        """A move that nobody can be told of: the relay keeps the address, the call goes on."""
        for call in self.each():
            signalling(call, there=False)
            since = call.clock.seconds()
            call.hosts[1].move(*call.place(3, NatKind.PORT))
            call.wait(6)
            self.judge(call, since, 0.2)

    def test_the_registry_comes_back_late(self) -> None:
        """A move while the registry is away for 8 s: by the relay until CAMINHOS can be told, then direct."""
        call = self.each()[1]
        signalling(call, there=False)
        since = call.clock.seconds()
        call.hosts[0].move(*call.place(3, NatKind.PORT))
        call.wait(8)
        self.assertEqual(call.kinds(), ("rele", "rele"))
        signalling(call, there=True)
        call.callee.transport.reach(call.caller.candidates)
        call.wait(2)
        self.judge(call, since, 0.2)
        self.assertEqual(call.kinds(), ("direto", "direto"))

    def test_to_a_harder_place(self) -> None:
        """From a friendly NAT to a symmetric one: the relay takes over."""
        call = self.each()[1]
        since = call.clock.seconds()
        call.hosts[0].move(*call.place(3, NatKind.SYMMETRIC))
        call.wait(14)
        self.judge(call, since, 0.2)
        self.assertEqual(call.kinds(), ("rele", "rele"))

    def test_to_where_udp_does_not_pass(self) -> None:
        """From a friendly NAT to one without UDP: lines, within 2.5 s, and back when it moves on."""
        call = self.each()[1]
        since = call.clock.seconds()
        call.hosts[0].move(*call.place(3, NatKind.NO_UDP))
        call.wait(6)
        self.judge(call, since, 2.5)
        self.assertEqual(call.kinds(), ("linhas", "linhas"))
        since = call.clock.seconds()
        call.hosts[0].move(*call.place(4, NatKind.PORT))
        call.wait(6)
        self.judge(call, since, 0.4)
        self.assertNotIn("linhas", call.kinds())


class FaultTests(SurvivalCase):
    """What goes wrong under a call."""

    def test_relay_killed(self) -> None:
        """A relay that forgets everything is asked again within half a second; a direct call does not
        notice."""
        for call, limit in zip(self.each(), (0.5, 0.06), strict=True):
            since = call.clock.seconds()
            call.relay.kill()
            call.wait(31)
            self.judge(call, since, limit)
            self.assertEqual(len(call.relay.core.server.table.routes), 2)

    def test_relay_away_for_a_second(self) -> None:
        """A relay that is away for a second: voice is back within a second of its return."""
        call = self.each()[0]
        call.relay.silent = True
        call.wait(1)
        call.relay.kill()
        call.relay.silent = False
        since = call.clock.seconds()
        call.wait(4)
        self.judge(call, since, 1.0)
        self.assertEqual(call.kinds(), ("rele", "rele"))

    def test_a_nat_forgets(self) -> None:
        """One NAT or both lose their tables: back within half a second."""
        for boxes in ((0,), (1,), (0, 1)):
            for call in self.each():
                since = call.clock.seconds()
                for box in boxes:
                    nat = call.hosts[box].nat
                    assert nat is not None
                    nat.forget()
                call.wait(6)
                self.judge(call, since, 0.5)

    def test_ten_seconds_without_a_network(self) -> None:
        """Ten seconds without any network, noticed or not: voice is back within 150 ms of the network."""
        for noticed in (True, False):
            for call in self.each():
                signalling(call, there=False)
                address, nat = call.hosts[0].address, call.hosts[0].nat
                if noticed:
                    call.hosts[0].move(None)
                else:
                    call.internet.lossy = lambda source, target, _: ANA in (source[0], target[0])
                call.wait(10)
                self.assertGreater(max(call.gaps(call.clock.seconds() - 9)), 8.9)
                since = call.clock.seconds()
                if noticed:
                    call.hosts[0].move(address, nat)
                else:
                    call.internet.lossy = lambda _source, _target, _data: False
                call.wait(1)
                signalling(call, there=True)
                call.wait(5)
                self.judge(call, since, 0.15)

    def test_ninety_seconds_without_a_network(self) -> None:
        """Longer than an allocation lives: voice is back within half a second all the same."""
        for call in self.each():
            signalling(call, there=False)
            call.internet.lossy = lambda source, target, _: ANA in (source[0], target[0])
            call.wait(90)
            self.assertEqual(len(call.relay.core.server.table), 1)
            since = call.clock.seconds()
            call.internet.lossy = lambda _source, _target, _data: False
            call.wait(3)
            self.judge(call, since, 0.5)

    def test_udp_stops_to_pass(self) -> None:
        """UDP blocked in a call: lines within 2.5 s; when it passes again they are left without a hole."""
        for call in self.each():
            since = call.clock.seconds()
            call.internet.lossy = lambda source, target, _: ANA in (source[0], target[0])
            call.wait(15)
            self.judge(call, since, 2.5)
            self.assertEqual(call.kinds(), ("linhas", "linhas"))
            since = call.clock.seconds()
            call.internet.lossy = lambda _source, _target, _data: False
            call.wait(5)
            self.judge(call, since, 0.2)
            self.assertNotIn("linhas", call.kinds())

    def test_the_direct_path_breaks_one_way(self) -> None:
        """A direct path that breaks in one direction is left by both, within 300 ms."""
        call = self.each()[1]
        since = call.clock.seconds()
        call.internet.lossy = lambda source, target, _: (source[0], target[0]) == (ANA, BIA)
        call.wait(5)
        self.judge(call, since, 0.3)
        self.assertEqual(call.kinds(), ("rele", "rele"))

    def test_the_direct_path_breaks_and_mends(self) -> None:
        """A direct path that breaks is left unheard (under 200 ms), and taken again when it mends."""
        call = self.each()[1]
        since = call.clock.seconds()
        call.internet.lossy = lambda source, target, _: RELAY not in (source[0], target[0])
        call.wait(6)
        self.judge(call, since, 0.2)
        self.assertEqual(call.kinds(), ("rele", "rele"))
        since = call.clock.seconds()
        call.internet.lossy = lambda _source, _target, _data: False
        call.wait(20)
        self.judge(call, since, 0.06)
        self.assertEqual(call.kinds(), ("direto", "direto"))

    def test_a_flapping_path_is_left_alone(self) -> None:
        """A direct path that breaks again and again rests longer each time: at most a few changes a
        minute."""
        call = self.each()[1]
        call.internet.lossy = lambda source, target, _: (
            RELAY not in (source[0], target[0]) and int(call.clock.seconds()) % 4 < 2
        )
        since = call.clock.seconds()
        call.wait(120)
        for peer in call.peers:
            self.assertLess(len([at for at, _ in peer.kinds if at > since]), 16)
        self.judge(call, since, 0.3)

    def test_ten_minutes_of_talk(self) -> None:
        """Ten minutes by the relay: refreshed, bound anew, not one packet missed."""
        call = self.each()[0]
        call.wait(600)
        self.assertEqual([peer.missing() for peer in call.peers], [0, 0])
        self.assertEqual(call.relay.core.server.counters.allocated, 2)


class ProbeTests(SurvivalCase):
    """Direct silence is not mistaken for more than it is."""

    def test_consent_is_asked_for(self) -> None:
        """A peer that goes on sending but answers no check is left after three misses."""
        call = self.each()[1]
        call.internet.lossy = lambda source, target, data: (
            RELAY not in (source[0], target[0]) and data[:1] in (b"\0", b"\1")
        )
        call.wait(5.5)
        self.assertEqual(call.kinds(), ("direto", "direto"))
        call.wait(4)
        self.assertEqual(call.kinds(), ("rele", "rele"))
        self.judge(call, call.begun + 0.3, 0.06)
        self.assertIs(call.caller.kinds[-1][1], PathKind.RELAY)
