"""The key exchange of a call, against the golden values and against everybody who sits in the middle."""

import json
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from voz import handshake
from voz.handshake import Callee, Caller, CallSecrets, Invitation, Party, Reply, SeenCalls
from voz.words import words_of

VECTORS = Path(__file__).parents[1] / "vectors.json"
NOW = 1_767_225_600.0


def vectors() -> dict[str, Any]:
    """Return the golden values of a call."""
    loaded: dict[str, Any] = json.loads(VECTORS.read_text("utf-8"))["call"]
    return loaded


def party(name: str, key: Ed25519PrivateKey) -> Party:
    """Return the public side of somebody."""
    return Party(name, key.public_key().public_bytes_raw())


class Pair:
    """Two people with keys, and a call between them that a test can bend."""

    def __init__(self, seed: bytes = b"\1" * 32) -> None:
        self.key_a, self.key_b = Ed25519PrivateKey.from_private_bytes(seed), Ed25519PrivateKey.generate()
        self.a, self.b = party("joão", self.key_a), party("ana", self.key_b)
        self.seen = SeenCalls()

    def caller(self, now: float = NOW, **more: Any) -> Caller:
        """Return the side that calls."""
        return Caller(self.a, self.key_a, self.b, now, **more)

    def callee(self, invitation: Invitation, now: float = NOW) -> Callee:
        """Return the side that is called."""
        return Callee(self.b, self.key_b, self.a, invitation, now, self.seen)


def swapped(secrets: CallSecrets) -> CallSecrets:
    """Return the same secrets seen from the other side."""
    return CallSecrets(
        secrets.receive, secrets.send, secrets.ssrc_in, secrets.ssrc_out, secrets.stun_key, secrets.words
    )


class GoldenTests(SynchronousTestCase):
    """The exchange of `vectors.json`, byte for byte."""

    def setUp(self) -> None:
        """Build both sides from the golden keys."""
        self.golden = vectors()
        given_ = self.golden["in"]
        self.key_a = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(given_["ed25519_seed_A_hex"]))
        self.key_b = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(given_["ed25519_seed_B_hex"]))
        self.a, self.b = party(given_["nome_A"], self.key_a), party(given_["nome_B"], self.key_b)
        self.caller = Caller(
            self.a,
            self.key_a,
            self.b,
            given_["hora"],
            call_id=self.hex_of("chamada_hex", given_),
            ephemeral=X25519PrivateKey.from_private_bytes(self.hex_of("x25519_private_A_hex", given_)),
        )
        self.callee = Callee(
            self.b,
            self.key_b,
            self.a,
            self.caller.invitation,
            given_["hora"],
            SeenCalls(),
            ephemeral=X25519PrivateKey.from_private_bytes(self.hex_of("x25519_private_B_hex", given_)),
        )

    def hex_of(self, key: str, place: dict[str, Any] | None = None) -> bytes:
        """Return a golden value as bytes."""
        return bytes.fromhex((self.golden if place is None else place)[key])

    def test_invitation(self) -> None:
        """Commitment and signature of CONVITE are the golden ones."""
        invitation = self.caller.invitation
        self.assertEqual(self.hex_of("c_hex"), invitation.commitment)
        self.assertEqual(self.hex_of("sig_CONVITE_hex"), invitation.signature)

    def test_acceptance_and_opening(self) -> None:
        """Keys and signatures of CONVITE-ACEITO and CHAVE are the golden ones."""
        acceptance = self.callee.accept()
        self.assertEqual(self.hex_of("e_B_hex"), acceptance.ephemeral)
        self.assertEqual(self.hex_of("sig_CONVITE_ACEITO_hex"), acceptance.signature)
        opening, _ = self.caller.open(acceptance)
        self.assertEqual(self.hex_of("e_A_hex"), opening.ephemeral)
        self.assertEqual(self.hex_of("sig_CHAVE_hex"), opening.signature)

    def test_secrets(self) -> None:
        """The key material is cut in the contract's order, mirrored on the other side, and gives the golden
        words.
        """
        opening, mine = self.caller.open(self.callee.accept())
        split = {name: bytes.fromhex(text) for name, text in self.golden["OKM_split_hex"].items()}
        self.assertEqual((split["ab_key"], split["ab_salt"]), (mine.send.key, mine.send.salt))
        self.assertEqual((split["ba_key"], split["ba_salt"]), (mine.receive.key, mine.receive.salt))
        self.assertEqual(split["ssrc_a"], mine.ssrc_out.to_bytes(4, "big"))
        self.assertEqual(split["ssrc_b"], mine.ssrc_in.to_bytes(4, "big"))
        self.assertEqual(split["stun_key"], mine.stun_key)
        self.assertEqual(words_of(bytes(self.golden["SAS_indices"])), mine.words)
        self.assertEqual(swapped(mine), self.callee.finish(opening))

    def test_all_zero_is_refused(self) -> None:
        """A key with which X25519 gives nothing but zeros is refused, although it is correctly signed."""
        zero = self.hex_of("e_hex", self.golden["all_zero"])
        script = handshake._Transcript(
            self.caller.call_id, self.a, self.b, self.hex_of("c_hex"), self.golden["in"]["hora"]
        )
        signed = Reply(zero, self.key_b.sign(script.acceptance(zero)))
        self.assertRaises(handshake.WeakKeyError, self.caller.open, signed)


class ExchangeTests(SynchronousTestCase):
    """What both sides have in common, and what makes a side refuse."""

    def setUp(self) -> None:
        """Two fresh people."""
        self.pair = Pair()

    @given(st.binary(min_size=32, max_size=32), st.binary(min_size=16, max_size=16), st.integers(-120, 120))
    @settings(max_examples=40, deadline=None)
    def test_both_get_the_same(self, seed: bytes, call_id: bytes, drift: int) -> None:
        """Whatever the keys, the id and a tolerable difference of the clocks: both sides end with mirrored
        secrets.
        """
        pair = Pair(seed)
        caller = pair.caller(call_id=call_id)
        callee = pair.callee(caller.invitation, NOW + drift)
        opening, mine = caller.open(callee.accept())
        self.assertEqual(swapped(mine), callee.finish(opening))
        self.assertNotEqual(mine.send, mine.receive)

    @given(st.integers(0, 63), st.integers(1, 255))
    @settings(max_examples=40, deadline=None)
    def test_altered_signatures(self, place: int, change: int) -> None:
        """One changed byte of any of the three signatures ends the call on the side that reads it."""

        def bent(signature: bytes) -> bytes:
            return signature[:place] + bytes([signature[place] ^ change]) + signature[place + 1 :]

        caller = self.pair.caller()
        good = caller.invitation
        bad = Invitation(good.call_id, good.commitment, good.hour, bent(good.signature))
        self.assertRaises(handshake.BadSignatureError, self.pair.callee, bad)
        callee = self.pair.callee(good)
        yes = callee.accept()
        bad_yes = Reply(yes.ephemeral, bent(yes.signature))
        self.assertRaises(handshake.BadSignatureError, caller.open, bad_yes)
        opening, _ = caller.open(yes)
        bad_opening = Reply(opening.ephemeral, bent(opening.signature))
        self.assertRaises(handshake.BadSignatureError, callee.finish, bad_opening)

    def test_every_field_is_signed(self) -> None:
        """An invitation with another id, commitment or hour under the old signature is refused."""
        good = self.pair.caller().invitation
        for bad in (
            Invitation(b"x" * 16, good.commitment, good.hour, good.signature),
            Invitation(good.call_id, b"x" * 32, good.hour, good.signature),
            Invitation(good.call_id, good.commitment, good.hour + 1, good.signature),
        ):
            self.assertRaises(handshake.BadSignatureError, self.pair.callee, bad)

    def test_names_are_signed(self) -> None:
        """The same keys under another name do not match: an invitation cannot be handed to somebody else."""
        caller = self.pair.caller()
        other = Party("maria", self.pair.b.key)
        self.assertRaises(
            handshake.BadSignatureError,
            Callee,
            other,
            self.pair.key_b,
            self.pair.a,
            caller.invitation,
            NOW,
            SeenCalls(),
        )

    def test_swapped_keys(self) -> None:
        """A registry that answers with its own ephemeral key and signature is caught by the pinned key."""
        middle = Ed25519PrivateKey.generate()
        caller = self.pair.caller()
        swapped_in = Callee(self.pair.b, middle, self.pair.a, caller.invitation, NOW, SeenCalls())
        self.assertRaises(handshake.BadSignatureError, caller.open, swapped_in.accept())

    def test_wrong_commitment(self) -> None:
        """A caller that opens another key than it promised is refused before its signature counts."""
        caller = self.pair.caller()
        callee = self.pair.callee(caller.invitation)
        opening, _ = caller.open(callee.accept())
        stranger = X25519PrivateKey.generate().public_key().public_bytes_raw()
        bad = Reply(stranger, opening.signature)
        self.assertRaises(handshake.WrongCommitmentError, callee.finish, bad)

    def test_replayed_invitation(self) -> None:
        """The same `chamada` is taken once."""
        invitation = self.pair.caller().invitation
        self.pair.callee(invitation)
        self.assertRaises(handshake.ReplayedCallError, self.pair.callee, invitation, NOW + 60)

    def test_junk_does_not_burn_an_id(self) -> None:
        """A badly signed copy that arrives first does not make the true invitation a repetition."""
        good = self.pair.caller().invitation
        bad = Invitation(good.call_id, good.commitment, good.hour, bytes(64))
        self.assertRaises(handshake.BadSignatureError, self.pair.callee, bad)
        self.pair.callee(good)

    def test_the_clocks(self) -> None:
        """120 s of difference are taken, 121 are not, in both directions."""
        for drift in (-120, 120):
            self.pair.callee(self.pair.caller().invitation, NOW + drift)
        for drift in (-121, 121):
            with self.assertRaises(handshake.WrongClockError):
                self.pair.callee(self.pair.caller().invitation, NOW + drift)

    def test_each_step_works_once(self) -> None:
        """The ephemeral keys are forgotten with the first use, so a second answer is out of step."""
        caller = self.pair.caller()
        callee = self.pair.callee(caller.invitation)
        yes = callee.accept()
        opening, _ = caller.open(yes)
        callee.finish(opening)
        self.assertRaises(handshake.OutOfStepError, caller.open, yes)
        self.assertRaises(handshake.OutOfStepError, callee.finish, opening)

    def test_no_secret_in_repr(self) -> None:
        """What a log might print of the secrets shows no key."""
        caller = self.pair.caller()
        _, secrets = caller.open(self.pair.callee(caller.invitation).accept())
        shown = repr(secrets)
        for secret in (secrets.send.key, secrets.receive.salt, secrets.stun_key):
            self.assertNotIn(repr(secret), shown)


class SeenCallsTests(SynchronousTestCase):
    """The memory of invitations."""

    def test_it_forgets_when_the_hour_does(self) -> None:
        """An id is remembered as long as an invitation with it could be valid, and no longer."""
        seen = SeenCalls()
        seen.take(b"a", 0)
        self.assertRaises(handshake.ReplayedCallError, seen.take, b"a", 240)
        seen.take(b"a", 242)

    def test_it_is_bounded(self) -> None:
        """It never holds more than it was told to; the oldest goes first."""
        seen = SeenCalls(most=3)
        for name in (b"a", b"b", b"c", b"d"):
            seen.take(name, 0)
        seen.take(b"a", 0)
        self.assertRaises(handshake.ReplayedCallError, seen.take, b"d", 0)
