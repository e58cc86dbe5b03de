"""Section 7: allocations, channels, moves and limits of the relay's legs."""

import os
import struct
import time

from tests.conformance import stun
from tests.conformance.leg import UDP_TRANSPORT, Leg, passes_not, reaches
from tests.conformance.relay import RelayCase


class Allocation(RelayCase):
    """Allocate and Refresh."""

    def test_allocate(self) -> None:
        """Allocate gives relayed and mapped address and 60 s, with MESSAGE-INTEGRITY under the same key."""
        one, two, _ = self.legs()
        for leg in (one, two):
            answer = leg.allocate()
            self.assertTrue(stun.verify(answer, leg.key))
            self.assertEqual(answer.get(stun.LIFETIME), struct.pack("!I", 60))
            self.assertEqual(answer.address(stun.MAPPED), ("127.0.0.1", leg.address[1]))
            host, port = answer.address(stun.RELAYED)
            self.assertEqual(host, "127.0.0.1")
            self.assertGreater(port, 0)
        self.assertNotEqual(one.relayed, two.relayed)

    def test_without_fingerprint(self) -> None:
        """FINGERPRINT is accepted, not required."""
        one, _, _ = self.legs()
        one.challenge()
        answer = one.ask(one.request(stun.ALLOCATE, UDP_TRANSPORT, fingerprint=False))
        self.assertEqual(answer.kind, stun.ALLOCATE | stun.SUCCESS)

    def test_allocate_again(self) -> None:
        """An Allocate from the address that holds the allocation is 437."""
        one, _, _ = self.legs()
        one.allocate()
        self.assert_code(one.call(stun.ALLOCATE, UDP_TRANSPORT), 437)
        self.assertEqual(one.refresh().kind, stun.REFRESH | stun.SUCCESS)

    def test_malformed_allocate(self) -> None:
        """No transport is 400, another than UDP 442, an unknown required attribute 420."""
        one, _, _ = self.legs()
        self.assert_code(one.call(stun.ALLOCATE), 400)
        self.assert_code(one.call(stun.ALLOCATE, (stun.TRANSPORT, b"\x06\0\0\0")), 442, 400)
        answer = one.call(stun.ALLOCATE, UDP_TRANSPORT, (0x7ABC, b"abcd"))
        self.assert_code(answer, 420)
        self.assertEqual((answer.get(stun.UNKNOWN) or b"")[:2], b"\x7a\xbc")
        self.assertEqual(one.call(stun.ALLOCATE, UDP_TRANSPORT, (0x8ABC, b"abcd")).code, None)

    def test_refresh(self) -> None:
        """Refresh grants 60 s whatever is asked, 0 ends the allocation, and without one it is 437."""
        one, two = self.joined()
        for asked in (None, 3600, 1, 60):
            answer = one.refresh(asked)
            self.assertEqual(answer.kind, stun.REFRESH | stun.SUCCESS)
            self.assertTrue(stun.verify(answer, one.key))
            granted = struct.unpack("!I", answer.get(stun.LIFETIME) or b"")[0]
            self.assertLessEqual(granted, 60)
            self.assertGreater(granted, 0)
        answer = one.refresh(0)
        self.assertEqual(answer.get(stun.LIFETIME), bytes(4))
        self.assert_code(one.refresh(), 437)
        self.assertFalse(reaches(two, one, tries=1))
        self.assertFalse(reaches(one, two, tries=1))
        self.assert_code(one.bind(two.relayed), 437)
        one.allocate()

    def test_somebody_elses_allocation(self) -> None:
        """A request under another user's credentials from the address of an allocation never touches it."""
        one, two, _ = self.legs()
        one.allocate()
        one.credentials = two.credentials
        answer = one.call(stun.REFRESH, (stun.LIFETIME, bytes(4)))
        self.assert_code(answer, 441, 437, 401)


class Channel(RelayCase):
    """ChannelBind and ChannelData."""

    def test_data_both_ways(self) -> None:
        """Bound both ways, ChannelData comes out at the other byte for byte, of 1 to 508 bytes."""
        one, two = self.joined()
        for size in (1, 3, 4, 20, 160, 507, 508):
            payload = b"\x80" + os.urandom(size - 1)
            self.assertTrue(reaches(one, two, payload), size)
            self.assertTrue(reaches(two, one, payload), size)

    def test_data_that_does_not_pass(self) -> None:
        """More than 508 bytes, another channel, a length that lies, and bare RTP are dropped."""
        one, two = self.joined()
        payload = b"\x80" + os.urandom(30)
        for datagram in (
            stun.channel_data(b"\x80" + bytes(508)),
            stun.channel_data(payload, channel=0x4001),
            stun.channel_data(payload, channel=0x7FFE),
            stun.channel_data(payload, length=200),
            payload,
            b"\x40\0\0",
        ):
            passes_not(one, two, datagram)

    def test_strangers_data(self) -> None:
        """ChannelData of an address without an allocation goes nowhere."""
        one, two = self.joined()
        stranger = self.open(one.credentials)
        stranger.send(stun.channel_data(b"\x80" * 30))
        self.assertTrue(reaches(one, two))
        self.assertEqual(two.gather(0.1), [])

    def test_no_data_before_the_bind(self) -> None:
        """Nothing passes from a side without a channel or to a side without an allocation."""
        one, two, _ = self.legs()
        one.allocate()
        self.assertFalse(reaches(one, two, tries=1))
        two.allocate()
        self.assertFalse(reaches(one, two, tries=1))
        for leg, other in ((one, two), (two, one)):
            self.assertEqual(leg.bind(other.relayed).kind, stun.BIND | stun.SUCCESS)
        self.assertTrue(reaches(one, two))

    def test_bind_again(self) -> None:
        """A channel may be bound again, to the same peer, and data goes on."""
        one, two = self.joined()
        for _ in range(3):
            self.assertEqual(one.bind(two.relayed).kind, stun.BIND | stun.SUCCESS)
        self.assertTrue(reaches(one, two))

    def test_refused_peers(self) -> None:
        """A ChannelBind goes to the other allocation of the same chamada alone; any other peer is 403."""
        one, two, _ = self.legs()
        other, _, _ = self.legs()
        for leg in (one, other):
            leg.allocate()
        assert one.relayed is not None
        assert other.relayed is not None
        peers = [
            one.relayed,
            other.relayed,
            ("127.0.0.1", 22),
            ("8.8.8.8", 53),
            ("10.0.0.1", 5000),
            two.address,
        ]
        peers += [(one.relayed[0], one.relayed[1] + 7), ("127.0.0.1", one.credentials.server[1])]
        for peer in peers:
            self.assert_code(one.bind(peer), 403)
        two.allocate()
        self.assertEqual(one.bind(two.relayed).kind, stun.BIND | stun.SUCCESS)

    def test_refused_channels(self) -> None:
        """Any channel but 4000 hex is 400, and so is a ChannelBind without a peer or a number."""
        one, two, _ = self.legs()
        for leg in (one, two):
            leg.allocate()
        for channel in (0x4001, 0x3FFF, 0x7FFF, 0, 0x5000):
            self.assert_code(one.bind(two.relayed, channel), 400)
        self.assert_code(one.call(stun.BIND, (stun.CHANNEL_NUMBER, b"\x40\0\0\0")), 400)
        transaction = os.urandom(12)
        assert two.relayed is not None
        where = (stun.PEER, stun.xor_address(two.relayed, transaction))
        self.assert_code(one.ask(one.request(stun.BIND, where, transaction=transaction)), 400)

    def test_permission_and_send(self) -> None:
        """CreatePermission is 403 or silence, a Send indication silence, and neither carries anything."""
        one, two = self.joined()
        transaction = os.urandom(12)
        assert two.relayed is not None
        for peer in (two.relayed, two.address, ("8.8.8.8", 53)):
            where = (stun.PEER, stun.xor_address(peer, transaction))
            answer = one.exchange(one.request(stun.PERMISSION, where, transaction=transaction), 0.3, 1)
            if answer is not None:
                self.assert_code(answer, 403)
            send = stun.build(
                stun.SEND | stun.INDICATION, [where, (stun.DATA, b"\x80" * 30)], transaction=transaction
            )
            passes_not(one, two, send)

    def test_binding_indication(self) -> None:
        """A Binding indication on the leg, and a Binding request, leave the leg as it is."""
        one, two = self.joined()
        one.silent(stun.build(stun.BINDING | stun.INDICATION, []))
        one.silent(stun.build(stun.BINDING | stun.INDICATION, [], fingerprint=True))
        self.assertTrue(reaches(one, two))


class Life(RelayCase):
    """Moves, ends, limits."""

    def test_move(self) -> None:
        """A fresh Allocate of the same user from a new address moves the leg, channel, relayed address."""
        one, two = self.joined()
        moved = self.open(one.credentials)
        answer = moved.allocate()
        self.assertEqual(moved.relayed, one.relayed)
        self.assertEqual(answer.address(stun.MAPPED), ("127.0.0.1", moved.address[1]))
        self.assertTrue(reaches(two, moved))
        self.assertTrue(reaches(moved, two))
        self.assertFalse(reaches(one, two, tries=1), "the old address still sends")
        self.assertEqual(one.gather(0.05), [])
        self.assert_code(one.refresh(), 437)
        self.assert_code(moved.call(stun.ALLOCATE, UDP_TRANSPORT), 437)
        self.assertEqual(moved.bind(two.relayed).kind, stun.BIND | stun.SUCCESS)
        one.nonce = b""
        one.allocate()
        self.assertTrue(reaches(two, one), "and back again")

    def test_the_end_of_the_call_does_not_reach_the_leg(self) -> None:
        """A leg lives by its allocation alone."""
        one, two, call = self.legs()
        for leg in (one, two):
            leg.allocate()
        for leg, other in ((one, two), (two, one)):
            leg.bind(other.relayed)
        call.caller.send("ENCERRAR-LIGACAO", chamada=call.id, codigo="cancelada")
        call.callee.wait("ENCERRAR-LIGACAO")
        for client in (call.caller, call.callee):
            client.drop()
        self.assertTrue(reaches(one, two))
        self.assertEqual(one.refresh().kind, stun.REFRESH | stun.SUCCESS)

    def flood(self, one: Leg, two: Leg, count: int, size: int) -> tuple[int, float]:
        """Send many datagrams; return how many came out and how long the relay may have taken over them."""
        datagram = stun.channel_data(b"\x80" * size)
        started = time.monotonic()
        for index in range(count):
            one.send(datagram)
            if index % 20 == 19:
                time.sleep(0.002)
        passed = len(two.gather())
        return passed, max(two.last, time.monotonic() - 0.3) - started

    def test_packet_rate(self) -> None:
        """A leg passes 100 packets a second with a burst of one second, and the other legs do not notice."""
        one, two = self.joined()
        three, four = self.joined()
        passed, took = self.flood(one, two, 400, 20)
        self.assertLessEqual(passed, 105 + 100 * took)
        self.assertGreaterEqual(passed, 60)
        self.assertTrue(reaches(three, four))

    def test_bit_rate(self) -> None:
        """A leg passes 128 kbit/s with a burst of one second, counted on what it sends."""
        one, two = self.joined()
        passed, took = self.flood(one, two, 90, 508)
        self.assertLessEqual(passed * 508, 16000 + 16000 * took + 1100)
        self.assertGreaterEqual(passed * 508, 16000 * 0.75)
        time.sleep(1.2)
        self.assertTrue(reaches(one, two), "the leg lives on")

    def test_two_calls(self) -> None:
        """Two calls at once are two pairs of legs that never meet."""
        one, two = self.joined()
        three, four = self.joined()
        self.assertEqual(len({leg.relayed for leg in (one, two, three, four)}), 4)
        for leg, other in ((one, two), (two, one), (three, four), (four, three)):
            self.assertTrue(reaches(leg, other))
        for leg in (one, two, three, four):
            self.assertEqual(leg.gather(0.02), [])

    def test_credentials_of_an_accepted_call(self) -> None:
        """The same credentials serve while it rings and while people talk."""
        ana, bia = self.couple()
        one, two, call = self.legs(ana, bia)
        one.allocate()
        bia.send("CONVITE-ACEITO", chamada=call.id, efemera=bytes(32), candidatos=[], sig=bytes(64))
        ana.wait("CONVITE-ACEITO")
        two.allocate()
        self.assertEqual(one.bind(two.relayed).kind, stun.BIND | stun.SUCCESS)
        for client, other in ((ana, bia), (bia, ana)):
            client.barrier()
            self.assertIsNone(client.find("LIGACAO"), f"{other.name} has its own")
