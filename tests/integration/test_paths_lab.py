"""Every pair of NAT kinds, in a laboratory of network namespaces: which path carries the call, and how soon.

Runs as root on Linux; skipped with a word elsewhere. SALA_LAB_REPORT names a file for the times.
"""

from __future__ import annotations

from tests.support.lab import SERVER, SERVER6, note, place
from tests.support.lab_case import LabCase, now, wait
from tests.support.path_peers import Peer, introduce
from voz.candidates import CandidateType, PathKind, PathPolicy, Role

KINDS = ("open", "full-cone", "address-restricted", "port-restricted", "symmetric", "no-udp")
#: Pairs that no hole can be punched between.
HARD = {frozenset({"symmetric"}), frozenset({"symmetric", "port-restricted"})}
#: Seconds until the other is heard, and until the direct path is in use.
HEARD_WITHIN, DIRECT_WITHIN = 0.5, 1.0


def expected(caller: str, callee: str) -> PathKind:
    """The path that such a pair must end on."""
    if "no-udp" in (caller, callee):
        return PathKind.LINES
    return PathKind.RELAY if frozenset({caller, callee}) in HARD else PathKind.DIRECT


class MatrixTests(LabCase):
    """Caller's kind by callee's kind."""

    async def row(self, caller_kind: str) -> None:
        """One caller's kind calls every kind, all at once."""
        calls: list[tuple[str, Peer, Peer]] = []
        self.lab.start_relay()
        for number, callee_kind in enumerate(KINDS):
            place(self.lab, f"ana{number}", 2 * number + 1, caller_kind)
            place(self.lab, f"bia{number}", 2 * number + 2, callee_kind)
            call = f"call-{number}"
            caller = self.person(f"ana{number}", Role.CALLER, call=call)
            callee = self.person(f"bia{number}", Role.CALLEE, call=call)
            calls.append((callee_kind, caller, callee))
        await wait(2.5)
        begun = now()
        for _, caller, callee in calls:
            introduce(caller, callee)
        await wait(3)
        stall = self.stall(begun)
        for callee_kind, caller, callee in calls:
            self.judge(caller_kind, callee_kind, caller, begun, stall)
            self.judge(caller_kind, callee_kind, callee, begun, stall)

    def judge(self, caller_kind: str, callee_kind: str, peer: Peer, begun: float, stall: float) -> None:
        """Was the other heard soon, without a hole, and by the best path there is?"""
        wanted = expected(caller_kind, callee_kind)
        firsts = {kind: peer.first_by(kind) for kind in PathKind}
        first = {kind.value: round(at - begun, 3) for kind, at in firsts.items() if at is not None}
        gap = peer.gap(begun + HEARD_WITHIN, now())
        what = f"{caller_kind} calls {callee_kind}, {peer.role.name}: {first}"
        note(f"{caller_kind}/{callee_kind}/{peer.role.value}", first=first, gap=gap)
        self.assertIs(peer.transport.path, wanted, what)
        self.assertLess(min(first.values()), HEARD_WITHIN + stall, what)
        self.assertLess(first[wanted.value], DIRECT_WITHIN + stall, what)
        self.assertLess(gap, 0.2 + stall, what)
        self.assertEqual(peer.missing(), 0, what)

    async def test_open(self) -> None:
        """A machine without a NAT reaches every kind directly, and one without UDP by lines."""
        await self.row("open")

    async def test_full_cone(self) -> None:
        """A full cone reaches every kind directly, and one without UDP by lines."""
        await self.row("full-cone")

    async def test_address_restricted(self) -> None:
        """An address-restricted NAT reaches every kind directly, and one without UDP by lines."""
        await self.row("address-restricted")

    async def test_port_restricted(self) -> None:
        """A port-restricted NAT reaches all but a symmetric one directly; that one by the relay."""
        await self.row("port-restricted")

    async def test_symmetric(self) -> None:
        """A symmetric NAT reaches port-restricted and symmetric ones by the relay, the others directly."""
        await self.row("symmetric")

    async def test_no_udp(self) -> None:
        """Where UDP does not pass the call goes by lines, whatever the other side has."""
        await self.row("no-udp")


class FamilyTests(LabCase):
    """IPv6."""

    def hosts(self, ana: list[str], bia: list[str], nat: str = "open") -> None:
        """Two machines with these addresses."""
        for number, (host, addresses) in enumerate((("ana", ana), ("bia", bia)), 1):
            self.lab.add_host(host)
            self.lab.add_link(host, "wlan", addresses, nat=nat, public=f"198.51.{number}.1")
        self.lab.start_relay()

    def judge(self, path: PathKind, begun: float) -> None:
        """Both ends are on that path and missed nothing."""
        for peer in self.peers:
            self.assertIs(peer.transport.path, path)
            self.assertLess(peer.gap(begun + 0.5, now()), 0.2 + self.stall(begun))
            self.assertEqual(peer.missing(), 0)

    async def test_ipv6_alone(self) -> None:
        """Two machines with IPv6 alone reach the relay and each other."""
        self.hosts(["2001:db8:1::2"], ["2001:db8:2::2"])
        server = (f"turn:[{SERVER6}]:5000",)
        ana, _, begun = await self.call(servers=(server, server))
        self.judge(PathKind.DIRECT, begun)
        self.assertIsNotNone(ana.first_by(PathKind.RELAY))

    async def test_ipv6_past_hard_nats(self) -> None:
        """Two symmetric NATs on IPv4 do not matter to machines that have IPv6 as well."""
        self.hosts(["10.0.1.2", "2001:db8:1::2"], ["10.0.2.2", "2001:db8:2::2"], "symmetric")
        _, _, begun = await self.call()
        self.judge(PathKind.DIRECT, begun)

    async def test_one_of_each(self) -> None:
        """A machine with IPv4 alone and one with IPv6 alone talk through the dual-stack relay."""
        self.hosts(["198.51.1.1"], ["2001:db8:2::2"])
        servers = ((f"turn:{SERVER}:5000",), (f"turn:[{SERVER6}]:5000",))
        _, _, begun = await self.call(servers=servers)
        self.judge(PathKind.RELAY, begun)


class PolicyTests(LabCase):
    """What the user allows."""

    def setUp(self) -> None:
        """Two machines that could see each other."""
        super().setUp()
        place(self.lab, "ana", 1, "open")
        place(self.lab, "bia", 2, "open")
        self.lab.start_relay()

    async def test_always_by_the_relay(self) -> None:
        """One side's «always by the relay» keeps both there, and tells no address but the relayed one."""
        ana, bia, _ = await self.call((PathPolicy.RELAY, PathPolicy.AUTO), talking=7)
        self.assertEqual([peer.transport.path for peer in (ana, bia)], [PathKind.RELAY] * 2)
        self.assertEqual([place.kind for place in ana.candidates], [CandidateType.RELAYED])
        self.assertIsNone(bia.first_by(PathKind.DIRECT))

    async def test_direct_alone(self) -> None:
        """«Direct» takes no allocation and carries the call by the direct path alone."""
        ana, bia, _ = await self.call((PathPolicy.DIRECT, PathPolicy.DIRECT))
        for peer in (ana, bia):
            self.assertEqual({kind for _, _, kind in peer.heard}, {PathKind.DIRECT})
            self.assertNotIn(CandidateType.RELAYED, [place.kind for place in peer.candidates])

    async def test_marked_for_expedited_forwarding(self) -> None:
        """The datagrams of a call carry DSCP EF."""
        await self.call(talking=1)
        seen = self.lab.command(count=self.lab.link("ana", "wlan"))
        self.assertEqual(seen["marks"], [46])
