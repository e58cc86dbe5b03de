"""A call that survives the network, in a laboratory of network namespaces: how long nobody hears anybody.

Runs as root on Linux; skipped with a word elsewhere. SALA_LAB_REPORT names a file for the gaps.
"""

from __future__ import annotations

from twisted.internet.threads import deferToThread

from tests.support.lab import note, place
from tests.support.lab_case import LabCase, now, wait
from tests.support.path_peers import Peer
from voz.candidates import PathKind, PathPolicy

#: Seconds of silence that are allowed: after a change of address, and after anything else is over.
AFTER_A_MOVE, AFTER_A_FAULT = 0.4, 1.0
BY_RELAY = (PathPolicy.RELAY, PathPolicy.RELAY)
BY_ANY = (PathPolicy.AUTO, PathPolicy.AUTO)


class SurvivalCase(LabCase):
    """Ana with Wi-Fi and a cable, Bia with Wi-Fi, each behind NATs of their own."""

    def setUp(self) -> None:
        """Build it."""
        super().setUp()
        place(self.lab, "ana", 1, "port-restricted")
        self.lab.add_link(
            "ana", "cable", ["10.0.101.2"], nat="port-restricted", public="198.51.101.1", up=False
        )
        place(self.lab, "bia", 2, "port-restricted")
        self.lab.start_relay()

    def judge(self, name: str, since: float, limit: float) -> None:
        """No silence since then was longer than `limit`; note the longest of each."""
        gaps = [round(peer.gap(since, now()), 3) for peer in self.peers]
        paths = [peer.transport.path.value for peer in self.peers]
        stall = round(self.stall(since), 3)
        note(name, gaps=gaps, paths=paths, stall=stall)
        for gap in gaps:
            self.assertLess(gap, limit + stall, f"{name}: {gaps}, {paths}")

    def hold_lines(self, *, held: bool) -> None:
        """The TLS connections are away, or back; whoever comes back tells its candidates anew."""
        for peer in self.peers:
            peer.signalling = not held
        if not held:
            for peer in self.peers:
                assert peer.other is not None
                peer.other.transport.reach(peer.candidates)

    def roam(self) -> None:
        """Ana goes from Wi-Fi to the cable."""
        self.lab.up("ana", "cable")
        self.lab.down("ana", "wlan")

    def paths(self) -> list[PathKind]:
        """The paths in use."""
        return [peer.transport.path for peer in self.peers]


class MoveTests(SurvivalCase):
    """A change of address."""

    async def test_by_the_relay(self) -> None:
        """From Wi-Fi to the cable, by the relay: voice is back in 400 ms."""
        await self.call(BY_RELAY)
        since = now()
        self.roam()
        await wait(4)
        self.judge("move, relay", since, AFTER_A_MOVE)

    async def test_direct(self) -> None:
        """From Wi-Fi to the cable, with a direct path: back in 400 ms, and on a direct path again."""
        await self.call(BY_ANY)
        self.assertEqual(self.paths(), [PathKind.DIRECT] * 2)
        since = now()
        self.roam()
        await wait(6)
        self.judge("move, direct", since, AFTER_A_MOVE)
        self.assertEqual(self.paths(), [PathKind.DIRECT] * 2)

    async def test_while_the_registry_is_away(self) -> None:
        """A move without a TLS connection: the relay carries on with the address that it moved."""
        await self.call(BY_ANY)
        self.hold_lines(held=True)
        since = now()
        self.roam()
        await wait(4)
        self.judge("move, no registry", since, AFTER_A_MOVE)
        self.hold_lines(held=False)
        await wait(6)
        self.assertEqual(self.paths(), [PathKind.DIRECT] * 2)

    async def test_there_and_back(self) -> None:
        """To the cable and back to Wi-Fi a second later: each in 400 ms."""
        await self.call(BY_ANY)
        since = now()
        self.roam()
        await wait(1)
        self.lab.up("ana", "wlan")
        self.lab.down("ana", "cable")
        await wait(4)
        self.judge("move and back", since, AFTER_A_MOVE)


class FaultTests(SurvivalCase):
    """What goes wrong under a call."""

    async def outage(self, name: str, policies: tuple[PathPolicy, PathPolicy], *, noticed: bool) -> None:
        """Ten seconds without any network, TLS included; then it is back."""
        await self.call(policies)
        self.hold_lines(held=True)
        if noticed:
            self.lab.down("ana", "wlan")
        else:
            self.lab.set("ana", "wlan", down=True)
        await wait(10)
        since = now()
        if noticed:
            self.lab.up("ana", "wlan")
        else:
            self.lab.set("ana", "wlan", down=False)
        await wait(2)
        self.hold_lines(held=False)
        await wait(3)
        self.judge(name, since, AFTER_A_FAULT)

    async def test_ten_seconds_in_a_lift(self) -> None:
        """Ten seconds of silent loss, by the relay: voice is back within a second."""
        await self.outage("10 s lost, relay", BY_RELAY, noticed=False)

    async def test_ten_seconds_in_a_lift_direct(self) -> None:
        """Ten seconds of silent loss, with a direct path: voice is back within a second."""
        await self.outage("10 s lost, direct", BY_ANY, noticed=False)

    async def test_ten_seconds_unplugged(self) -> None:
        """Ten seconds with the link down, by the relay: voice is back within a second."""
        await self.outage("10 s unplugged, relay", BY_RELAY, noticed=True)

    async def test_ten_seconds_unplugged_direct(self) -> None:
        """Ten seconds with the link down, with a direct path: voice is back within a second."""
        await self.outage("10 s unplugged, direct", BY_ANY, noticed=True)

    async def kill(self, name: str, policies: tuple[PathPolicy, PathPolicy], limit: float) -> None:
        """kill -9, and a new relay as soon as one can start."""
        await self.call(policies)
        since = now()
        self.lab.kill_relay()
        await deferToThread(self.lab.start_relay)
        back = now()
        await wait(4)
        whole = [round(peer.gap(since, now()), 3) for peer in self.peers]
        note(f"{name}, with the time until it was back", seconds=round(back - since, 3), gaps=whole)
        self.judge(name, since if limit < AFTER_A_FAULT else back, limit)

    async def test_relay_killed(self) -> None:
        """A relay killed with -9: voice is back within a second of its return."""
        await self.kill("relay killed", BY_RELAY, AFTER_A_FAULT)

    async def test_relay_killed_direct(self) -> None:
        """A relay killed while the direct path carries the voice is not heard at all."""
        await self.kill("relay killed, direct", BY_ANY, 0.2)

    async def forget(self, name: str, policies: tuple[PathPolicy, PathPolicy]) -> None:
        """Ana's NAT loses its table."""
        await self.call(policies)
        since = now()
        self.lab.forget("ana", "wlan")
        await wait(4)
        self.judge(name, since, AFTER_A_FAULT)

    async def test_a_nat_that_forgets(self) -> None:
        """A NAT that forgets, by the relay: voice is back within a second."""
        await self.forget("NAT forgets, relay", BY_RELAY)

    async def test_a_nat_that_forgets_direct(self) -> None:
        """A NAT that forgets, with a direct path: voice is back within a second."""
        await self.forget("NAT forgets, direct", BY_ANY)

    async def test_udp_goes_and_comes(self) -> None:
        """UDP that stops to pass in a call: lines carry it within 3 s; when it passes again they are left."""
        await self.call(BY_ANY)
        since = now()
        self.lab.set("ana", "wlan", down=True)
        await wait(5)
        self.judge("UDP blocked in a call", since, 3.0)
        self.assertEqual(self.paths(), [PathKind.LINES] * 2)
        self.lab.set("ana", "wlan", down=False)
        since = now()
        await wait(5)
        self.judge("UDP passes again", since, 0.4)
        self.assertNotIn(PathKind.LINES, self.paths())


class RoughTests(SurvivalCase):
    """A line that is merely bad."""

    async def rough(self, name: str, peers: tuple[str, ...] = ("ana",), **how: float) -> list[Peer]:
        """A call over a bad line; nobody leaves the direct path without need."""
        for host in peers:
            self.lab.set(host, "wlan", **how)
        ana, bia, begun = await self.call(BY_ANY, talking=10, ringing=2)
        note(
            name, missing=[peer.missing() for peer in (ana, bia)], changes=[len(p.kinds) for p in (ana, bia)]
        )
        self.judge(name, begun + 1, 0.5)
        return [ana, bia]

    async def test_loss(self) -> None:
        """A tenth of all packets lost: the call is made, and does not flap between paths."""
        for peer in await self.rough("10 % loss", loss=0.1):
            self.assertLessEqual(len(peer.kinds), 4)

    async def test_jitter(self) -> None:
        """Sixty milliseconds of jitter on both sides: the call does not flap between paths."""
        for peer in await self.rough("60 ms jitter", ("ana", "bia"), jitter=0.06):
            self.assertLessEqual(len(peer.kinds), 3)

    async def test_far_away(self) -> None:
        """Three hundred milliseconds one way: the call is made all the same."""
        for peer in await self.rough("300 ms", delay=0.3):
            self.assertLessEqual(len(peer.kinds), 3)
            self.assertEqual(peer.missing(), 0)
