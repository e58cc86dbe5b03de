"""A call that survives the network, in a laboratory of network namespaces: how long nobody hears anybody.

Scenarios that do not disturb each other run side by side, each with two people of its own. Runs as root on
Linux; skipped with a word elsewhere. SALA_LAB_REPORT names a file for the gaps.
"""

from __future__ import annotations

from dataclasses import dataclass

from twisted.internet.threads import deferToThread

from tests.support.lab import note, place
from tests.support.lab_case import LabCase, now, wait
from tests.support.path_peers import Peer, introduce
from voz.candidates import PathKind, PathPolicy, Role

#: Seconds of silence that are allowed: after a change of address, and after anything else is over.
AFTER_A_MOVE, AFTER_A_FAULT = 0.4, 1.0
#: Seconds between the faults of two scenarios that run side by side.
APART = 0.7
BY_RELAY, BY_ANY = PathPolicy.RELAY, PathPolicy.AUTO


@dataclass
class Talk:
    """Two people who talk: Ana with Wi-Fi and a cable, Bia with Wi-Fi, each behind a NAT of her own."""

    case: SurvivalCase
    ana: str
    ends: tuple[Peer, Peer]
    since: float = 0.0

    def hold_lines(self, *, held: bool) -> None:
        """The TLS connections are away, or back; whoever comes back tells its candidates anew."""
        for peer in self.ends:
            peer.signalling = not held
        if not held:
            for peer in self.ends:
                assert peer.other is not None
                peer.other.transport.reach(peer.candidates)

    def roam(self, there: str = "cable", here: str = "wlan") -> None:
        """Ana goes from Wi-Fi to the cable, or where she is sent; silence is counted from now on."""
        self.since = now()
        self.case.lab.up(self.ana, there)
        self.case.lab.down(self.ana, here)

    def lift(self, *, inside: bool) -> None:
        """Ana's packets are lost in silence, or pass again; silence is counted from then on."""
        self.case.lab.set(self.ana, "wlan", down=inside)
        self.since = now()

    def unplug(self) -> None:
        """Ana's link goes down, with its address and routes."""
        self.case.lab.down(self.ana, "wlan")

    def plug(self) -> None:
        """The link is back; silence is counted from now on."""
        self.since = now()
        self.case.lab.up(self.ana, "wlan")

    @property
    def paths(self) -> list[PathKind]:
        """The paths in use."""
        return [peer.transport.path for peer in self.ends]

    def judge(self, name: str, limit: float) -> None:
        """No silence since it is counted was longer than `limit`; note the longest of each."""
        gaps = [round(peer.gap(self.since, now()), 3) for peer in self.ends]
        stall = round(self.case.stall(self.since), 3)
        note(name, gaps=gaps, paths=[path.value for path in self.paths], stall=stall)
        for gap in gaps:
            self.case.assertLess(gap, limit + stall, f"{name}: {gaps}, {self.paths}")

    def judge_direct(self, *, direct: bool) -> None:
        """Both ends are on a direct path, or both on the relay."""
        self.case.assertEqual(self.paths, [PathKind.DIRECT if direct else PathKind.RELAY] * 2)


class SurvivalCase(LabCase):
    """A relay, and calls as they are wanted."""

    def setUp(self) -> None:
        """Build it."""
        super().setUp()
        self.lab.start_relay()

    async def talks(self, *policies: PathPolicy, talking: float = 2.0, ringing: float = 1.0) -> list[Talk]:
        """Calls between people of their own, each under a policy, all accepted at once."""
        talks = []
        for number, policy in enumerate(policies, 1):
            ana, bia = f"ana{number}", f"bia{number}"
            place(self.lab, ana, 2 * number, "port-restricted")
            inner, public = f"10.0.{100 + number}.2", f"198.51.{100 + number}.1"
            self.lab.add_link(ana, "cable", [inner], nat="port-restricted", public=public, up=False)
            place(self.lab, bia, 2 * number + 1, "port-restricted")
            call = f"call-{number}"
            ends = (
                self.person(ana, Role.CALLER, policy, call=call),
                self.person(bia, Role.CALLEE, policy, call=call),
            )
            talks.append(Talk(self, ana, ends))
        await self.accepted(talks, ringing, talking)
        for talk, policy in zip(talks, policies, strict=True):
            talk.judge_direct(direct=policy is BY_ANY)
        return talks

    async def accepted(self, talks: list[Talk], ringing: float, talking: float) -> None:
        """It has rung, and they have talked."""
        await wait(ringing)
        for talk in talks:
            talk.since = now()
            introduce(*talk.ends)
        await wait(talking)


class MoveTests(SurvivalCase):
    """A change of address."""

    async def test_from_wifi_to_the_cable(self) -> None:
        """Voice is back in 400 ms: by the relay, on a direct path (which is found again), without a TLS
        connection, and each time for one who goes there and back."""
        talks = await self.talks(BY_RELAY, BY_ANY, BY_ANY, BY_ANY)
        relay, direct, alone, back = talks
        alone.hold_lines(held=True)
        for talk in talks:
            talk.roam()
            await wait(APART)
        await wait(1)
        back.judge("move there", AFTER_A_MOVE)
        back.roam("wlan", "cable")
        await wait(4)
        alone.judge("move, no registry", AFTER_A_MOVE)
        alone.hold_lines(held=False)
        await wait(6)
        relay.judge("move, relay", AFTER_A_MOVE)
        direct.judge("move, direct", AFTER_A_MOVE)
        back.judge("move back", AFTER_A_MOVE)
        for talk in talks:
            talk.judge_direct(direct=talk is not relay)


class FaultTests(SurvivalCase):
    """What goes wrong under a call."""

    async def test_ten_seconds_without_a_network(self) -> None:
        """Ten seconds of silent loss or with the link down, TLS included, by the relay and with a direct
        path: voice is back within a second."""
        talks = await self.talks(BY_RELAY, BY_ANY, BY_RELAY, BY_ANY)
        lost, unplugged = talks[:2], talks[2:]
        for talk in talks:
            talk.hold_lines(held=True)
            if talk in lost:
                talk.lift(inside=True)
            else:
                talk.unplug()
            await wait(APART)
        await wait(10 - len(talks) * APART)
        for talk in talks:
            if talk in lost:
                talk.lift(inside=False)
            else:
                talk.plug()
            await wait(APART)
        await wait(2)
        for talk in talks:
            talk.hold_lines(held=False)
        await wait(3)
        for group, what in ((lost, "lost"), (unplugged, "unplugged")):
            for talk, how in zip(group, ("relay", "direct"), strict=True):
                talk.judge(f"10 s {what}, {how}", AFTER_A_FAULT)

    async def test_relay_killed(self) -> None:
        """kill -9 of the relay: voice is back within a second of its return; who talks on a direct path does
        not hear it at all."""
        relay, direct = await self.talks(BY_RELAY, BY_ANY)
        relay.since = direct.since = now()
        self.lab.kill_relay()
        await deferToThread(self.lab.start_relay)
        back = now()
        await wait(4)
        whole = [round(peer.gap(relay.since, now()), 3) for peer in relay.ends]
        note("relay killed, until it is back, and the whole silence", back=back - relay.since, gaps=whole)
        relay.since = back
        relay.judge("relay killed", AFTER_A_FAULT)
        direct.judge("relay killed, direct", 0.2)

    async def test_a_nat_that_forgets(self) -> None:
        """A NAT that loses its table, by the relay and with a direct path: voice is back within a second."""
        talks = await self.talks(BY_RELAY, BY_ANY)
        for talk in talks:
            talk.since = now()
            self.lab.forget(talk.ana, "wlan")
            await wait(APART)
        await wait(3)
        for talk, how in zip(talks, ("relay", "direct"), strict=True):
            talk.judge(f"NAT forgets, {how}", AFTER_A_FAULT)

    async def test_udp_goes_and_comes(self) -> None:
        """UDP that stops to pass in a call: lines carry it within 3 s; when it passes again they are left."""
        (talk,) = await self.talks(BY_ANY)
        talk.lift(inside=True)
        await wait(5)
        talk.judge("UDP blocked in a call", 3.0)
        self.assertEqual(talk.paths, [PathKind.LINES] * 2)
        talk.lift(inside=False)
        await wait(5)
        talk.judge("UDP passes again", 0.4)
        self.assertNotIn(PathKind.LINES, talk.paths)


class RoughTests(SurvivalCase):
    """Lines that are merely bad."""

    async def accepted(self, talks: list[Talk], ringing: float, talking: float) -> None:
        """Before it rings the lines turn bad, each in its way."""
        loss, jitter, far = talks
        self.lab.set(loss.ana, "wlan", loss=0.1)
        for host in (jitter.ana, jitter.ana.replace("ana", "bia")):
            self.lab.set(host, "wlan", jitter=0.06)
        self.lab.set(far.ana, "wlan", delay=0.3)
        await super().accepted(talks, ringing, talking)

    async def test_bad_lines(self) -> None:
        """A tenth of all packets lost, 60 ms of jitter on both sides, 300 ms one way: each call is made, and
        none flaps between paths."""
        talks = await self.talks(BY_ANY, BY_ANY, BY_ANY, ringing=2, talking=10)
        for talk, name, most in zip(talks, ("10 % loss", "60 ms jitter", "300 ms"), (4, 3, 3), strict=True):
            missing = [peer.missing() for peer in talk.ends]
            changes = [len(peer.kinds) for peer in talk.ends]
            note(name, missing=missing, changes=changes)
            talk.since += 1
            talk.judge(name, 0.5)
            self.assertLessEqual(max(changes), most, name)
        self.assertEqual([peer.missing() for peer in talks[2].ends], [0, 0])
