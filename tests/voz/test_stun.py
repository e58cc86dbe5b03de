"""The STUN codec against the golden values, against aioice, and against arbitrary bytes."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path
from typing import Any

from aioice import stun as oracle
from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from voz import stun
from voz.stun import Attribute, Kind, Method, StunError

VECTORS: dict[str, Any] = json.loads((Path(__file__).parents[1] / "vectors.json").read_text())["stun"]
TRANSACTION = bytes.fromhex(VECTORS["transaction_id_hex"])
KEY = bytes.fromhex(VECTORS["long_term_key_hex"])
CHECK: dict[str, Any] = VECTORS["check"]
CHECK_KEY = bytes.fromhex(CHECK["stun_key_hex"])

addresses = st.tuples(st.ip_addresses().map(str), st.integers(0, 65535))
attribute_lists = st.lists(
    st.tuples(
        st.integers(0, 0xFFFF).filter(
            lambda number: number not in (Attribute.MESSAGE_INTEGRITY, Attribute.FINGERPRINT)
        ),
        st.binary(max_size=70),
    ),
    max_size=6,
)


def credentials() -> list[tuple[int, bytes]]:
    """USERNAME, REALM, NONCE of the golden values."""
    return [
        (Attribute.USERNAME, VECTORS["usuario"].encode()),
        (Attribute.REALM, VECTORS["realm"].encode()),
        (Attribute.NONCE, VECTORS["nonce"].encode()),
    ]


def check(username: str, *, nominate: bool = False) -> bytes:
    """A connectivity check of the golden values."""
    attributes = [(int(Attribute.USERNAME), username.encode())]
    if nominate:
        attributes.append((Attribute.USE_CANDIDATE, b""))
    return stun.build(Method.BINDING, Kind.REQUEST, TRANSACTION, attributes, key=CHECK_KEY)


class GoldenTests(SynchronousTestCase):
    """Every golden value, byte for byte."""

    def test_plain_binding(self) -> None:
        """A bare Binding request and its answer have exactly the golden bytes."""
        request = stun.build(Method.BINDING, Kind.REQUEST, TRANSACTION)
        self.assertEqual(request.hex(), VECTORS["plain_request_hex"])
        mapped = stun.pack_xor_address(("192.0.2.1", 32853), TRANSACTION)
        answer = stun.build(
            Method.BINDING, Kind.SUCCESS, TRANSACTION, [(Attribute.XOR_MAPPED_ADDRESS, mapped)]
        )
        self.assertEqual(answer.hex(), VECTORS["plain_answer_hex"])

    def test_long_term_key(self) -> None:
        """The long-term key is MD5 of usuario, realm and senha."""
        key = stun.long_term_key(VECTORS["usuario"], VECTORS["realm"], VECTORS["senha"])
        self.assertEqual(key.hex(), VECTORS["long_term_key_hex"])

    def test_allocate(self) -> None:
        """The first and the authenticated Allocate have the golden bytes."""
        transport = (int(Attribute.REQUESTED_TRANSPORT), stun.pack_transport())
        first = stun.build(Method.ALLOCATE, Kind.REQUEST, TRANSACTION, [transport], fingerprint=False)
        self.assertEqual(first.hex(), VECTORS["allocate_unauthenticated_hex"])
        second = stun.build(
            Method.ALLOCATE, Kind.REQUEST, TRANSACTION, [transport, *credentials()], key=KEY, fingerprint=True
        )
        self.assertEqual(second.hex(), VECTORS["allocate_hex"])

    def test_channel_bind(self) -> None:
        """ChannelBind of channel 4000 has the golden bytes, and reads back as what it was made of."""
        peer = stun.pack_xor_address(("192.0.2.9", 50002), TRANSACTION)
        attributes = [
            (int(Attribute.CHANNEL_NUMBER), stun.pack_channel(stun.CHANNEL)),
            (int(Attribute.XOR_PEER_ADDRESS), peer),
            *credentials(),
        ]
        data = stun.build(
            Method.CHANNEL_BIND, Kind.REQUEST, TRANSACTION, attributes, key=KEY, fingerprint=True
        )
        self.assertEqual(data.hex(), VECTORS["channel_bind_hex"])
        message = stun.parse(data)
        self.assertEqual(message.address(Attribute.XOR_PEER_ADDRESS), ("192.0.2.9", 50002))
        self.assertEqual(message.channel(), 0x4000)

    def test_channel_data(self) -> None:
        """ChannelData is four bytes of header and the payload, without padding."""
        payload = bytes.fromhex(VECTORS["channel_data"]["payload_hex"])
        datagram = bytes.fromhex(VECTORS["channel_data"]["datagram_hex"])
        self.assertEqual(stun.channel_data(payload), datagram)
        self.assertEqual(stun.parse_channel_data(datagram), (0x4000, payload))

    def test_challenge(self) -> None:
        """The 401 is ERROR-CODE without a phrase, REALM and NONCE, in that order."""
        attributes = [(int(Attribute.ERROR_CODE), stun.pack_error(401)), *credentials()[1:]]
        data = stun.build(Method.ALLOCATE, Kind.ERROR, TRANSACTION, attributes)
        self.assertEqual(data.hex(), VECTORS["challenge_401_hex"])
        self.assertEqual(stun.parse(data).error(), 401)

    def test_checks(self) -> None:
        """Checks of both roles, with and without nomination, and their answer have the golden bytes."""
        self.assertEqual(check(CHECK["username_of_the_caller"]).hex(), CHECK["request_of_the_caller_hex"])
        self.assertEqual(check(CHECK["username_of_the_callee"]).hex(), CHECK["request_of_the_callee_hex"])
        nominating = check(CHECK["username_of_the_caller"], nominate=True)
        self.assertEqual(nominating.hex(), CHECK["request_with_use_candidate_hex"])
        mapped = (int(Attribute.XOR_MAPPED_ADDRESS), stun.pack_xor_address(("192.0.2.1", 32853), TRANSACTION))
        answer = stun.build(Method.BINDING, Kind.SUCCESS, TRANSACTION, [mapped], key=CHECK_KEY)
        self.assertEqual(answer.hex(), CHECK["answer_hex"])

    def test_integrity_is_judged_by_the_key(self) -> None:
        """The right key is accepted, a wrong one and a message without integrity are not."""
        message = stun.parse(bytes.fromhex(VECTORS["allocate_hex"]))
        self.assertTrue(message.authentic(KEY))
        self.assertFalse(message.authentic(b"wrong"))
        self.assertFalse(stun.parse(bytes.fromhex(VECTORS["plain_request_hex"])).authentic(b""))


class ParsingTests(SynchronousTestCase):
    """What is refused, and what is passed over."""

    def test_every_flipped_bit_of_a_signed_request_is_noticed(self) -> None:
        """A signed request with any one bit turned over, FINGERPRINT apart, is not believed."""
        original = bytes.fromhex(VECTORS["allocate_hex"])
        for position in range((len(original) - 8) * 8):
            changed = bytearray(original)
            changed[position // 8] ^= 1 << position % 8
            with contextlib.suppress(StunError):
                self.assertFalse(stun.parse(bytes(changed)).authentic(KEY), f"bit {position}")

    def test_attributes_after_the_integrity_are_not_believed(self) -> None:
        """An attribute that follows MESSAGE-INTEGRITY is dropped, known or not."""
        signed = bytes.fromhex(CHECK["request_of_the_caller_hex"])
        extra = bytes.fromhex("0025000000250000")
        length = (len(signed) - 20 + len(extra)).to_bytes(2, "big")
        message = stun.parse(signed[:2] + length + signed[4:] + extra)
        self.assertTrue(message.authentic(CHECK_KEY))
        self.assertIsNone(message.get(Attribute.USE_CANDIDATE))

    def test_a_fingerprint_must_be_last(self) -> None:
        """An attribute behind FINGERPRINT makes the message unreadable."""
        data = stun.build(1, Kind.REQUEST, TRANSACTION, fingerprint=True)
        longer = data[:2] + (12).to_bytes(2, "big") + data[4:] + bytes.fromhex("00250000")
        self.assertRaises(StunError, stun.parse, longer)

    def test_unknown_required_attributes_are_named(self) -> None:
        """Only unknown types below 8000 hex are reported, each once and in order."""
        attributes = [(0x7F01, b""), (0x9000, b"x"), (0x0003, b"\0" * 4), (0x7F01, b""), (0x0006, b"u")]
        message = stun.parse(stun.build(1, Kind.REQUEST, TRANSACTION, attributes))
        self.assertEqual(message.unknown(frozenset({0x0006})), (0x7F01, 0x0003))

    def test_wrong_sizes_of_values(self) -> None:
        """A LIFETIME, a channel, an error code or an address of the wrong size is a StunError."""
        attributes = [
            (int(Attribute.LIFETIME), b"123"),
            (int(Attribute.CHANNEL_NUMBER), b"12"),
            (int(Attribute.ERROR_CODE), b"\0\0\x02\x01"),
            (int(Attribute.XOR_PEER_ADDRESS), b"\0\x02" + bytes(6)),
        ]
        message = stun.parse(stun.build(1, Kind.REQUEST, TRANSACTION, attributes))
        self.assertRaises(StunError, message.number, Attribute.LIFETIME)
        self.assertRaises(StunError, message.channel)
        self.assertRaises(StunError, message.error)
        self.assertRaises(StunError, message.address, Attribute.XOR_PEER_ADDRESS)

    def test_channel_data_of_a_wrong_length(self) -> None:
        """ChannelData whose length says more than came, or far less, is refused; padding is taken off."""
        self.assertRaises(StunError, stun.parse_channel_data, bytes.fromhex("40000004806f00"))
        self.assertRaises(StunError, stun.parse_channel_data, bytes.fromhex("4000000080000000"))
        self.assertEqual(stun.parse_channel_data(bytes.fromhex("4000000180000000")), (0x4000, b"\x80"))

    def test_mapped_addresses_become_ipv4(self) -> None:
        """::ffff:192.0.2.1 and 192.0.2.1 are one address; a zone is dropped."""
        self.assertEqual(stun.normalised(("::ffff:192.0.2.1", 5)), ("192.0.2.1", 5))
        self.assertEqual(stun.normalised(("FE80:0::1%eth0", 5)), ("fe80::1", 5))
        self.assertRaises(StunError, stun.normalised, ("example.org", 5))


class PropertyTests(SynchronousTestCase):
    """What holds for all bytes and all messages."""

    @given(st.binary(max_size=120) | st.binary(max_size=100).map(lambda tail: b"\0\1" + tail))
    @settings(max_examples=300, deadline=None)
    def test_only_a_stun_error_comes_out(self, data: bytes) -> None:
        """Arbitrary bytes give a value or a StunError, never anything else."""
        with contextlib.suppress(StunError):
            stun.parse(data)
        with contextlib.suppress(StunError):
            stun.parse_channel_data(data)

    @given(st.data(), st.sampled_from(["allocate_hex", "channel_bind_hex", "challenge_401_hex"]))
    @settings(max_examples=300, deadline=None)
    def test_mutations_of_real_messages(self, data: st.DataObject, name: str) -> None:
        """A real message with some bytes replaced gives a value or a StunError, from every accessor too."""
        raw = bytearray.fromhex(VECTORS[name])
        for _ in range(data.draw(st.integers(1, 4))):
            raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
        with contextlib.suppress(StunError):
            message = stun.parse(bytes(raw))
            for accessor in (message.channel, message.error):
                with contextlib.suppress(StunError):
                    accessor()
            with contextlib.suppress(StunError):
                message.address(Attribute.XOR_PEER_ADDRESS)

    @given(st.integers(0, 0xFFF), st.sampled_from(Kind), attribute_lists, st.booleans(), st.booleans())
    @settings(max_examples=200, deadline=None)
    def test_what_is_built_is_parsed(
        self, method: int, kind: Kind, attributes: list[tuple[int, bytes]], signed: bool, marked: bool
    ) -> None:
        """Building and parsing give the same method, class and attributes back, and the integrity holds."""
        data = stun.build(
            method, kind, TRANSACTION, attributes, key=b"k" if signed else None, fingerprint=marked
        )
        message = stun.parse(data)
        self.assertEqual((message.method, message.kind), (method, kind))
        self.assertEqual(list(message.attributes), attributes)
        self.assertEqual(message.authentic(b"k"), signed)

    @given(addresses)
    @settings(max_examples=200, deadline=None)
    def test_addresses_equal_those_of_aioice(self, address: tuple[str, int]) -> None:
        """XOR addresses of both families have aioice's bytes and read back."""
        ours = stun.pack_xor_address(address, TRANSACTION)
        self.assertEqual(ours, oracle.pack_xor_address(address, TRANSACTION))
        self.assertEqual(stun.unpack_xor_address(ours, TRANSACTION), address)

    @given(st.text(min_size=1, max_size=40), st.binary(min_size=1, max_size=40))
    @settings(max_examples=100, deadline=None)
    def test_messages_equal_those_of_aioice(self, username: str, key: bytes) -> None:
        """A signed request with FINGERPRINT has the bytes that aioice gives it, and aioice accepts ours."""
        theirs = oracle.Message(oracle.Method.BINDING, oracle.Class.REQUEST, TRANSACTION)
        theirs.attributes["USERNAME"] = username
        theirs.add_message_integrity(key)
        attributes = [(int(Attribute.USERNAME), username.encode())]
        ours = stun.build(Method.BINDING, Kind.REQUEST, TRANSACTION, attributes, key=key, fingerprint=True)
        self.assertEqual(ours, bytes(theirs))
        self.assertTrue(oracle.parse_message(ours).check_message_integrity(key))
