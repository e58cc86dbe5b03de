"""A registry in the middle of a call: two real clients, and between them somebody who swaps keys."""

from dataclasses import replace
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from kivy_client.session.identity import Identity
from kivy_client.session.vocabulary import CallPhase, EndCause
from registro.wire.messages import Chave, Convite, ConviteAceito, Message
from tests.support.client_world import NOON, ClientWorld
from voz.handshake import Callee, Caller, Invitation, Party, Reply, SeenCalls


class MiddleCase(SynchronousTestCase):
    """«ana» and «bia», each connected to the same dishonest registry."""

    def setUp(self) -> None:
        """Two clients on one clock."""
        clock = Clock()
        self.ana = ClientWorld(Path(self.mktemp()), self.patch, clock)
        self.bia = ClientWorld(Path(self.mktemp()), self.patch, clock)
        self.bia.client.session.registry.identity = Identity(b"\x09" * 32)
        self.ana.online("ana", bia="livre")
        self.bia.online("bia", ana="livre")
        self.true_ana = self.ana.client.session.registry.identity.public
        self.true_bia = self.bia.client.session.registry.identity.public
        self.middle = Ed25519PrivateKey.generate()

    def turn(self) -> None:
        """Let both clients do what they want."""
        self.ana.turn()
        self.bia.turn()

    def hand_on(self, world: ClientWorld, message: Message) -> None:
        """Say something to one of them."""
        world.say(message)
        self.turn()

    def invite(self, key_of_bia: bytes) -> Convite:
        """Let «ana» call, told this key for «bia»; return her CONVITE."""
        self.ana.client.call("bia")
        self.turn()
        self.ana.answer_look_up("bia", key_of_bia)
        return self.ana.heard(Convite)

    def ring(self, invitation: Convite, key_of_ana: bytes) -> None:
        """Let it ring at «bia», told this key for «ana»."""
        self.hand_on(self.bia, replace(invitation, para=None, de="ana"))
        self.bia.answer_look_up("ana", key_of_ana)

    def cause(self, world: ClientWorld) -> EndCause:
        """How the call ended there."""
        ended = world.state.ended
        assert ended is not None
        return ended.cause


class HonestTests(MiddleCase):
    """The same registry, when it is honest."""

    def test_it_carries_a_call(self) -> None:
        """Handed on unchanged, both ends have the same words and mirrored keys."""
        self.ring(self.invite(self.true_bia), self.true_ana)
        self.bia.client.accept()
        self.turn()
        self.hand_on(self.ana, replace(self.bia.heard(ConviteAceito), de="bia"))
        self.hand_on(self.bia, replace(self.ana.heard(Chave), de="ana"))
        one, other = self.ana.voices[-1].secrets, self.bia.voices[-1].secrets
        assert one is not None
        assert other is not None
        self.assertEqual(one.words, other.words)
        self.assertEqual((one.send, one.receive), (other.receive, other.send))


class SwappingTests(MiddleCase):
    """What it can try."""

    def test_another_ephemeral_key(self) -> None:
        """A swapped key in the acceptance is not signed by «bia»: «ana» ends the call and opens nothing."""
        self.ring(self.invite(self.true_bia), self.true_ana)
        self.bia.client.accept()
        self.turn()
        mine = X25519PrivateKey.generate().public_key().public_bytes_raw()
        self.hand_on(self.ana, replace(self.bia.heard(ConviteAceito), efemera=mine, de="bia"))
        self.assertEqual(EndCause.FORGED, self.cause(self.ana))
        self.assertEqual(0, self.ana.count(Chave))

    def test_another_opening(self) -> None:
        """A swapped key in CHAVE does not fit the commitment: «bia» ends the call."""
        self.ring(self.invite(self.true_bia), self.true_ana)
        self.bia.client.accept()
        self.turn()
        self.hand_on(self.ana, replace(self.bia.heard(ConviteAceito), de="bia"))
        mine = X25519PrivateKey.generate().public_key().public_bytes_raw()
        self.hand_on(self.bia, replace(self.ana.heard(Chave), efemera=mine, de="ana"))
        self.assertEqual(EndCause.FORGED, self.cause(self.bia))
        self.assertIsNone(self.bia.voices[-1].secrets)

    def test_between_strangers_the_words_tell(self) -> None:
        """At a first call it can pretend to be each to the other; then the words of the two differ."""
        lie = self.middle.public_key().public_bytes_raw()
        # To «ana» it is «bia», with a key of its own …
        theirs = self.invite(lie)
        promise = Invitation(theirs.chamada, theirs.compromisso, theirs.hora, theirs.sig)
        false_bia = Callee(
            Party("bia", lie), self.middle, Party("ana", self.true_ana), promise, NOON, SeenCalls()
        )
        # … and to «bia» it is «ana».
        false_ana = Caller(
            Party("ana", lie), self.middle, Party("bia", self.true_bia), NOON, call_id=theirs.chamada
        )
        mine = false_ana.invitation
        self.ring(Convite(mine.call_id, mine.commitment, mine.hour, mine.signature, de="ana"), lie)
        self.bia.client.accept()
        self.turn()
        yes = false_bia.accept()
        self.hand_on(self.ana, ConviteAceito(theirs.chamada, yes.ephemeral, (), yes.signature, de="bia"))
        sent = self.bia.heard(ConviteAceito)
        opening, _ = false_ana.open(Reply(sent.efemera, sent.sig))
        self.hand_on(self.bia, Chave(theirs.chamada, opening.ephemeral, (), opening.signature, de="ana"))
        one, other = self.ana.state.call, self.bia.state.call
        assert one is not None
        assert other is not None
        self.assertEqual((CallPhase.SECURING, CallPhase.SECURING), (one.phase, other.phase))
        self.assertNotEqual(one.words, other.words)
        self.ana.client.confirm_words(False)
        self.turn()
        self.assertEqual(EndCause.FORGED, self.cause(self.ana))

    def test_after_the_first_call_the_pins_tell(self) -> None:
        """Once the true keys are pinned, another key for «bia» is a red screen and no invitation."""
        self.invite(self.true_bia)
        self.ana.client.hang_up()
        self.turn()
        sent = self.ana.count(Convite)
        self.ana.client.call("bia")
        self.turn()
        self.ana.answer_look_up("bia", self.middle.public_key().public_bytes_raw())
        self.assertEqual(EndCause.KEY_CHANGED, self.cause(self.ana))
        self.assertEqual(sent, self.ana.count(Convite))
        self.assertEqual(["bia"], [alarm.name for alarm in self.ana.state.alarms])
