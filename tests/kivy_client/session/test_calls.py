"""Calls: made, received, crossed, refused, lost; with a registry that says what the test wants and a true
other side.
"""

from dataclasses import replace
from pathlib import Path
from typing import Any

from twisted.internet.defer import Deferred
from twisted.trial.unittest import SynchronousTestCase

from kivy_client.session.calls.ears import CAUTIONS
from kivy_client.session.calls.quality import CAUSES, SIDES, quality_of
from kivy_client.session.calls.timing import WORD_TIME
from kivy_client.session.history import History
from kivy_client.session.results import CallResult, Done
from kivy_client.session.ringer import Tune
from kivy_client.session.state import Settings
from kivy_client.session.state_call import CallView, EndedCall, QualityView
from kivy_client.session.vocabulary import (
    CallPhase,
    Caution,
    Direction,
    EndCause,
    HistoryKind,
    NoticeKind,
    QualityCause,
    Side,
    Trouble,
)
from kivy_client.session.vocabulary import (
    Path as VoicePath,
)
from registro.wire.fields import b64
from registro.wire.messages import (
    Caminhos,
    Chave,
    ConsultaMalSucedida,
    Convite,
    ConviteAceito,
    ConvitePerdido,
    ConviteRejeitado,
    EncerrarLigacao,
    Erro,
    Ligacao,
    Pacote,
    PedidoConsulta,
    PedidoRegistro,
    TabelaMudou,
    Tocando,
)
from tests.support.client_world import NOON, ClientWorld, FakeVoice, public_of, signing_key
from voz.candidates import CandidateType
from voz.handshake import Callee, Caller, CallSecrets, Invitation, Party, Reply, SeenCalls
from voz.net import Candidate, PathKind, PathPolicy, Role
from voz.reporting import alerts
from voz.reporting.diagnosis import RULES, diagnose
from voz.stats import Direction as Packets
from voz.stats import Finding, Severity, Snapshot
from voz.stats import Side as EngineSide

THEIRS = "192.0.2.9@40000@host"
HOST = Candidate("192.0.2.7", 41000, CandidateType.HOST)
RELAYED = Candidate("198.51.100.1", 50000, CandidateType.RELAYED)


class Other:
    """The other side of a call, played by the true key exchange."""

    def __init__(self, world: ClientWorld, name: str = "bia", key: str | None = None) -> None:
        self.world, self.name = world, name
        self.key = signing_key(key or name)
        self.me = Party(name, self.key.public_key().public_bytes_raw())
        self.them = Party("ana", world.identity.public)
        self.callee: Callee | None = None
        self.caller: Caller | None = None
        self.secrets: CallSecrets | None = None

    # as the one who is called

    def invited(self) -> None:
        """Take the client's CONVITE."""
        sent = self.world.heard(Convite)
        promise = Invitation(sent.chamada, sent.compromisso, sent.hora, sent.sig)
        now = self.world.client.session.outside.wall()
        self.callee = Callee(self.me, self.key, self.them, promise, now, SeenCalls())

    def acceptance(self) -> ConviteAceito:
        """Return what accepts it."""
        assert self.callee is not None
        reply = self.callee.accept()
        call_id = self.callee.call_id
        return ConviteAceito(call_id, reply.ephemeral, (THEIRS,), reply.signature, de=self.name)

    def opened(self) -> None:
        """Take the client's CHAVE."""
        assert self.callee is not None
        sent = self.world.heard(Chave)
        self.secrets = self.callee.finish(Reply(sent.efemera, sent.sig))

    # as the one who calls

    def invitation(self, late: float = 0.0) -> Convite:
        """Return a CONVITE to the client, written `late` seconds ago."""
        now = self.world.client.session.outside.wall() - late
        self.caller = Caller(self.me, self.key, self.them, now)
        promise = self.caller.invitation
        return Convite(promise.call_id, promise.commitment, promise.hour, promise.signature, de=self.name)

    def opening(self) -> Chave:
        """Take the client's CONVITE-ACEITO and return what opens the key."""
        assert self.caller is not None
        sent = self.world.heard(ConviteAceito)
        opening, self.secrets = self.caller.open(Reply(sent.efemera, sent.sig))
        call_id = self.caller.call_id
        return Chave(call_id, opening.ephemeral, (THEIRS,), opening.signature, de=self.name)


class CallCase(SynchronousTestCase):
    """«ana», online, with «bia» in the table."""

    def setUp(self) -> None:
        """Be online."""
        self.world = ClientWorld(Path(self.mktemp()), self.patch)
        self.world.online("ana", bia="livre")
        self.client = self.world.client

    # shortcuts

    @property
    def call(self) -> CallView:
        """The call on the screen."""
        call = self.world.state.call
        assert call is not None
        return call

    @property
    def ended(self) -> EndedCall:
        """The call that ended."""
        assert self.world.state.call is None
        ended = self.world.state.ended
        assert ended is not None
        return ended

    @property
    def voice(self) -> FakeVoice:
        """The newest voice."""
        return self.world.voices[-1]

    def relay(self, call_id: bytes) -> Ligacao:
        """Return the credentials of the relay."""
        return Ligacao(call_id, "1:x.a", "senha", ("turn:192.0.2.1:5000",), 3600)

    def dial(self) -> Other:
        """Call «bia» as far as the invitation."""
        self.assertEqual(CallResult.STARTED, self.client.call("bia"))
        self.world.turn()
        self.world.answer_look_up("bia")
        other = Other(self.world)
        other.invited()
        self.world.say(self.relay(self.world.heard(Convite).chamada))
        return other

    def dialled(self) -> Other:
        """Call «bia» as far as the first packet."""
        other = self.dial()
        self.world.say(other.acceptance())
        other.opened()
        self.voice.listener.talking()
        self.world.turn()
        return other

    def rung(self, other: Other | None = None, late: float = 0.0) -> Other:
        """Be called as far as the ringing."""
        other = other or Other(self.world)
        invitation = other.invitation(late)
        self.world.say(invitation)
        self.world.say(self.relay(invitation.chamada))
        if self.world.count(PedidoConsulta):
            self.world.answer_look_up("bia")
        return other

    def answered(self) -> Other:
        """Be called as far as the first packet."""
        other = self.rung()
        self.client.accept()
        self.world.turn()
        self.world.say(other.opening())
        self.voice.listener.talking()
        self.world.turn()
        return other

    def assert_over(self, cause: EndCause, kind: HistoryKind | None = None) -> None:
        """The call is over for this reason, and stands in the history."""
        self.assertEqual(cause, self.ended.cause)
        entry = self.world.state.history[0]
        self.assertEqual(cause, entry.cause)
        if kind is not None:
            self.assertEqual(kind, entry.kind)


class OutgoingTests(CallCase):
    """Calls that this side makes."""

    def test_a_whole_call(self) -> None:
        """Look-up, invitation, ringing, keys, talk, hang up: each is seen, and both sides have the same
        secrets.
        """
        other = self.dial()
        self.assertEqual((CallPhase.CALLING, Direction.OUTGOING), (self.call.phase, self.call.direction))
        self.assertIsNone(self.world.ringer.playing)
        self.world.say(Tocando(self.world.heard(Convite).chamada, de="bia"))
        self.assertEqual(CallPhase.RINGING, self.call.phase)
        self.assertEqual(Tune.RING_BACK, self.world.ringer.playing)
        self.voice.local_candidates = (HOST, RELAYED)
        self.world.say(other.acceptance())
        other.opened()
        self.assertEqual(CallPhase.SECURING, self.call.phase)
        self.assertIsNone(self.world.ringer.playing)
        assert self.voice.secrets is not None
        assert other.secrets is not None
        self.assertEqual(other.secrets.words, self.call.words)
        self.assertEqual(other.secrets.send, self.voice.secrets.receive)
        self.assertEqual(THEIRS, self.voice.peer[0].format())
        self.assertEqual((HOST.format(), RELAYED.format()), self.world.heard(Chave).candidatos)
        self.assertEqual(("192.0.2.7",), self.call.path.revealed)
        self.voice.listener.talking()
        self.world.wait(7)
        self.assertEqual(CallPhase.TALKING, self.call.phase)
        self.client.hang_up()
        self.world.turn()
        self.assertEqual("normal", self.world.heard(EncerrarLigacao).codigo)
        self.assert_over(EndCause.HUNG_UP_HERE, HistoryKind.MADE)
        self.assertLessEqual(abs(7 - self.ended.duration), 0.6)
        self.assertTrue(self.voice.ended)

    def test_the_engine_is_loaded_meanwhile(self) -> None:
        """The look-up goes out while the engine loads, the invitation when it is loaded; a call given up by
        then sends none.
        """
        for gives_up in (False, True):
            loading = self.world.loading = Deferred()
            invited = self.world.count(Convite)
            self.client.call("bia")
            self.world.turn()
            self.world.answer_look_up("bia")
            self.assertEqual(invited, self.world.count(Convite))
            if gives_up:
                self.client.hang_up()
            loading.callback(None)
            self.world.turn()
            self.assertEqual(invited + (not gives_up), self.world.count(Convite))
            self.client.hang_up()
            self.world.turn()

    def test_the_voice_is_made_as_wished(self) -> None:
        """Role, id and relay go to the voice; nobody's address goes out before the answer."""
        self.dial()
        invitation = self.world.heard(Convite)
        request = self.voice.request
        self.assertEqual((Role.CALLER, b64(invitation.chamada)), (request.role, request.call_id))
        assert self.voice.relay is not None
        self.assertEqual("1:x.a", self.voice.relay.username)
        self.assertEqual((), self.call.path.revealed)

    def test_always_relay(self) -> None:
        """«Always through the relay», of the settings or of the contact, is asked of the voice."""
        self.client.always_relay("bia", True)
        self.dial()
        self.assertEqual(PathPolicy.RELAY, self.voice.request.policy)
        self.client.hang_up()
        self.client.always_relay("bia", False)
        self.client.change_settings(Settings(always_relay=True))
        self.dial()
        self.assertEqual(PathPolicy.RELAY, self.voice.request.policy)

    def test_refusals(self) -> None:
        """Each code of CONVITE-REJEITADO ends the call with a cause of its own, and its words are shown."""
        for codigo, cause in (
            ("recusado", EndCause.REFUSED),
            ("ocupado", EndCause.BUSY),
            ("nao-perturbe", EndCause.DO_NOT_DISTURB),
            ("nao-atende", EndCause.NO_ANSWER),
            ("ausente", EndCause.ABSENT),
            ("nao-encontrado", EndCause.NOT_FOUND),
            ("encerrando", EndCause.SERVER_CLOSING),
        ):
            self.dial()
            call_id = self.world.heard(Convite).chamada
            self.world.say(ConviteRejeitado(call_id, codigo, "agora não"))
            self.assert_over(cause, HistoryKind.MADE)
            self.assertEqual("agora não", self.ended.reason)
            self.assertFalse(self.voice.ended, "nobody was there to say goodbye to")

    def test_busy_ourselves(self) -> None:
        """A call of this name that the registry knows of, from another device or from before a crash, is not
        blamed on the other side; when both are busy, the other side is.
        """
        self.world.say(TabelaMudou(11, "ana", "ocupado", public_of("ana")))
        for theirs, cause in (("livre", EndCause.BUSY_HERE), ("ocupado", EndCause.BUSY)):
            self.world.say(TabelaMudou(12 if theirs == "livre" else 13, "bia", theirs, public_of("bia")))
            self.dial()
            self.world.say(ConviteRejeitado(self.world.heard(Convite).chamada, "ocupado"))
            self.assert_over(cause, HistoryKind.MADE)

    def test_one_entry_less(self) -> None:
        """An entry of the history can be removed by its number, on the screen and on disk; once."""
        for _ in range(3):
            self.dial()
            self.client.hang_up()
            self.world.turn()
        first, second, third = (entry.number for entry in self.world.state.history)
        self.assertEqual(Done.DONE, self.client.remove_history(second))
        self.world.turn()
        self.assertEqual([first, third], [entry.number for entry in self.world.state.history])
        written = History(self.world.folder, lambda *_: None).everywhere()
        self.assertEqual([first, third], [entry.number for _, entry in written])
        self.assertEqual(Done.NOTHING, self.client.remove_history(second))

    def test_nobody_owns_the_name(self) -> None:
        """A look-up that finds nobody ends the call without an invitation."""
        self.client.call("carla")
        self.world.turn()
        _, seq = self.world.heard_with_seq(PedidoConsulta)
        self.world.say(ConsultaMalSucedida("carla", "nao-encontrado"), seq)
        self.assert_over(EndCause.NOT_FOUND)
        self.assertFalse(self.ended.can_repeat)
        self.assertEqual(0, self.world.count(Convite))

    def test_giving_up(self) -> None:
        """Hanging up while it rings takes the invitation back."""
        self.dial()
        self.client.hang_up()
        self.world.turn()
        self.assertEqual("cancelada", self.world.heard(EncerrarLigacao).codigo)
        self.assert_over(EndCause.CANCELLED_HERE)

    def test_giving_up_early(self) -> None:
        """Hanging up during the look-up sends nothing, and a late answer starts nothing."""
        self.client.call("bia")
        self.client.hang_up()
        self.world.turn()
        self.world.answer_look_up("bia")
        self.assertEqual((0, 0), (self.world.count(Convite), self.world.count(EncerrarLigacao)))
        self.assert_over(EndCause.CANCELLED_HERE)

    def test_a_silent_registry(self) -> None:
        """Without any answer the ring ends by itself, and the invitation is taken back."""
        self.dial()
        self.world.wait(61, step=1)
        self.assertEqual("cancelada", self.world.heard(EncerrarLigacao).codigo)
        self.assert_over(EndCause.NO_ANSWER)

    def test_a_limit(self) -> None:
        """An ERRO for the invitation ends the call with the registry's sentence."""
        self.dial()
        _, seq = self.world.heard_with_seq(Convite)
        self.world.say(Erro("limite", "CONVITE", "convites demais", espera=5), seq)
        self.assert_over(EndCause.LIMIT)
        self.assertEqual("convites demais", self.ended.reason)

    def test_the_registry_goes_while_it_rings(self) -> None:
        """A ring does not outlive the connection."""
        self.dial()
        self.world.registry.drop()
        self.world.turn()
        self.assert_over(EndCause.SERVER_GONE)

    def test_no_sound(self) -> None:
        """Without sound nobody is invited."""
        self.world.sound_fails = True
        self.client.call("bia")
        self.world.turn()
        self.world.answer_look_up("bia")
        self.assert_over(EndCause.SOUND_FAILED)
        self.assertEqual(0, self.world.count(Convite))

    def test_a_forged_acceptance(self) -> None:
        """A registry that answers with a key of its own is caught: no CHAVE is sent, nothing is said."""
        self.dial()
        middle = Other(self.world)
        middle.key = signing_key("middle")
        middle.invited()
        self.world.say(middle.acceptance())
        self.assertEqual(0, self.world.count(Chave))
        self.assertIsNone(self.voice.secrets)
        self.assert_over(EndCause.FORGED)

    def test_what_cannot_be_called(self) -> None:
        """Oneself, blocked names, nonsense, and anybody while offline or in a call."""
        self.assertEqual(CallResult.ONESELF, self.client.call("Ana"))
        self.assertEqual(CallResult.BAD_NAME, self.client.call("b i a"))
        self.assertEqual(CallResult.NOBODY, self.client.call_again())
        self.client.block("bia", True)
        self.assertEqual(CallResult.BLOCKED, self.client.call("bia"))
        self.client.block("bia", False)
        self.dial()
        self.assertEqual(CallResult.IN_CALL, self.client.call("carla"))
        self.client.hang_up()
        self.world.registry.drop()
        self.world.turn()
        self.assertEqual(CallResult.OFFLINE, self.client.call("bia"))

    def test_call_again(self) -> None:
        """The ended call can be repeated by one command, and its screen closed by another."""
        self.dial()
        self.client.hang_up()
        self.world.turn()
        self.assertEqual(CallResult.STARTED, self.client.call_again())
        self.world.turn()
        self.assertIsNone(self.world.state.ended)
        self.client.hang_up()
        self.assertEqual(Done.DONE, self.client.dismiss_ended())
        self.assertEqual(Done.NOTHING, self.client.dismiss_ended())


class IncomingTests(CallCase):
    """Calls that the other side makes."""

    def test_a_whole_call(self) -> None:
        """Invitation, check, ringing, acceptance, key, talk, and the other side hangs up."""
        other = self.rung()
        self.assertEqual((CallPhase.INCOMING, "bia"), (self.call.phase, self.call.name))
        self.assertEqual(Tune.RINGTONE, self.world.ringer.playing)
        self.assertEqual(NoticeKind.INCOMING_CALL, self.world.face.notices[-1].kind)
        self.world.heard(Tocando)
        self.voice.local_candidates = (HOST,)
        self.assertEqual(Done.DONE, self.client.accept())
        self.world.turn()
        self.assertIsNone(self.world.ringer.playing)
        self.world.say(other.opening())
        assert self.voice.secrets is not None
        assert other.secrets is not None
        self.assertEqual(other.secrets.words, self.call.words)
        self.voice.listener.talking()
        self.world.wait(3)
        assert other.caller is not None
        self.world.say(EncerrarLigacao(other.caller.call_id, "normal", "até logo", de="bia"))
        self.assert_over(EndCause.HUNG_UP_THERE, HistoryKind.RECEIVED)
        self.assertEqual("até logo", self.ended.reason)

    def test_no_socket_for_a_stranger(self) -> None:
        """Nothing rings, and no voice is made, before it is known who calls."""
        other = Other(self.world)
        invitation = other.invitation()
        self.world.say(invitation)
        self.world.say(self.relay(invitation.chamada))
        self.assertEqual([], self.world.voices)
        self.assertIsNone(self.world.state.call)
        self.assertEqual(0, self.world.count(Tocando))
        self.world.answer_look_up("bia")
        self.assertEqual("1:x.a", self.voice.relay.username if self.voice.relay else "")

    def test_a_known_caller_rings_at_once(self) -> None:
        """A pinned caller needs no look-up."""
        self.rung()
        self.client.refuse()
        self.world.turn()
        before = self.world.count(PedidoConsulta)
        self.world.say(Other(self.world).invitation())
        self.assertEqual(CallPhase.INCOMING, self.call.phase)
        self.assertEqual(before, self.world.count(PedidoConsulta))

    def test_refusing(self) -> None:
        """A refusal carries its short reason, and is not a missed call."""
        self.rung()
        self.assertEqual(Done.DONE, self.client.refuse("  em reunião  "))
        self.world.turn()
        sent = self.world.heard(ConviteRejeitado)
        self.assertEqual(("recusado", "em reunião"), (sent.codigo, sent.motivo))
        self.assert_over(EndCause.REFUSED_HERE, HistoryKind.RECEIVED)

    def test_missed(self) -> None:
        """A caller who gives up, and a ring that ends, are missed calls, unseen until looked at."""
        for codigo, cause in (("cancelada", EndCause.CANCELLED), ("nao-atende", EndCause.MISSED)):
            other = self.rung()
            assert other.caller is not None
            self.world.say(EncerrarLigacao(other.caller.call_id, codigo))
            self.assert_over(cause, HistoryKind.MISSED)
            self.assertEqual(NoticeKind.MISSED_CALL, self.world.face.notices[-1].kind)
        self.assertEqual(2, self.world.state.missed)
        self.client.history_seen()
        self.world.turn()
        self.assertEqual(0, self.world.state.missed)

    def test_missed_while_away(self) -> None:
        """CONVITE-PERDIDO goes to the history with its own time."""
        self.world.say(ConvitePerdido("carla", int(NOON) - 5000))
        entry = self.world.state.history[0]
        self.assertEqual(
            (HistoryKind.MISSED_AWAY, "carla", NOON - 5000), (entry.kind, entry.name, entry.when)
        )
        self.assertEqual(1, self.world.state.missed)

    def test_a_blocked_caller(self) -> None:
        """A blocked name is refused without ringing and without a trace on the screen."""
        self.client.block("bia", True)
        self.world.say(Other(self.world).invitation())
        self.assertEqual("recusado", self.world.heard(ConviteRejeitado).codigo)
        self.assertIsNone(self.world.state.call)
        self.assertEqual((), self.world.state.history)

    def test_a_forged_invitation(self) -> None:
        """An invitation that the caller's key did not sign never rings."""
        self.rung()
        self.client.refuse()
        self.world.turn()
        self.world.say(Other(self.world, key="middle").invitation())
        self.world.answer_look_up("bia")
        self.assert_over(EndCause.FORGED, HistoryKind.MISSED)
        self.assertEqual("recusado", self.world.heard(ConviteRejeitado).codigo)
        self.assertEqual((), self.world.state.alarms)

    def test_a_changed_key(self) -> None:
        """A caller with another key than the pinned one does not ring: the red screen shows both
        fingerprints.
        """
        self.rung()
        self.client.refuse()
        self.world.turn()
        self.world.say(Other(self.world, key="novidade").invitation())
        self.world.answer_look_up("bia", public_of("novidade"))
        self.assert_over(EndCause.KEY_CHANGED)
        alarm = self.world.state.alarms[0]
        self.assertEqual(("bia", True), (alarm.name, alarm.calling))
        self.assertNotEqual(alarm.former, alarm.present)
        self.assertEqual(CallResult.KEY_CHANGED, self.client.call("bia"))
        self.assertEqual(Done.DONE, self.client.accept_key("bia"))
        self.world.turn()
        self.assertEqual((), self.world.state.alarms)
        self.world.say(Other(self.world, key="novidade").invitation())
        self.assertEqual(CallPhase.INCOMING, self.call.phase)

    def test_keeping_the_former_key(self) -> None:
        """The person may keep the former key; the new one alarms again."""
        self.rung()
        self.client.refuse()
        self.world.turn()
        for _ in range(2):
            self.world.say(Other(self.world, key="novidade").invitation())
            self.world.answer_look_up("bia", public_of("novidade"))
            self.assertEqual(1, len(self.world.state.alarms))
            self.assertEqual(Done.DONE, self.client.keep_key("bia"))
            self.world.turn()
            self.assertEqual((), self.world.state.alarms)

    def test_a_clock_that_is_wrong(self) -> None:
        """An invitation of more than two minutes ago is refused; an honest caller is told why."""
        self.rung(late=121)
        self.assert_over(EndCause.CLOCK)
        self.assertIn("relógios", self.world.heard(ConviteRejeitado).motivo or "")

    def test_a_repeated_invitation(self) -> None:
        """The registry cannot make the phone ring again with an old invitation."""
        other = Other(self.world)
        invitation = other.invitation()
        self.world.say(invitation)
        self.world.answer_look_up("bia")
        self.client.refuse()
        self.world.turn()
        self.world.say(invitation)
        self.assertIsNone(self.world.state.call)
        self.assert_over(EndCause.FORGED)

    def test_a_wrong_commitment(self) -> None:
        """A caller who opens another key than promised is hung up on."""
        other = self.rung()
        self.client.accept()
        self.world.turn()
        opening = other.opening()
        stranger = Chave(opening.chamada, public_of("x"), (), opening.sig, de="bia")
        self.world.say(stranger)
        self.assertIsNone(self.voice.secrets)
        self.assert_over(EndCause.FORGED)

    def test_the_key_never_comes(self) -> None:
        """A caller who never opens its key is given up, and the registry is told."""
        self.rung()
        self.client.accept()
        self.world.turn()
        self.world.wait(31, step=1)
        self.assertEqual("normal", self.world.heard(EncerrarLigacao).codigo)
        self.assert_over(EndCause.NO_PATH)

    def test_the_registry_goes_while_it_rings(self) -> None:
        """A ring does not outlive the connection; it is a missed call."""
        self.rung()
        self.world.registry.drop()
        self.world.turn()
        self.assert_over(EndCause.SERVER_GONE, HistoryKind.MISSED)

    def test_no_sound(self) -> None:
        """Without sound the caller is refused, and the person told why."""
        self.world.sound_fails = True
        self.rung()
        self.assert_over(EndCause.SOUND_FAILED)
        self.assertEqual("recusado", self.world.heard(ConviteRejeitado).codigo)


class MeetingTests(CallCase):
    """More than one call at a time."""

    def test_a_second_caller(self) -> None:
        """Somebody else who gets through to us hears busy, and the person sees a quiet banner."""
        self.dialled()
        self.world.say(Other(self.world, "carla").invitation())
        self.assertEqual("ocupado", self.world.heard(ConviteRejeitado).codigo)
        self.assertEqual(("carla",), self.call.waiting_names)
        self.assertEqual(NoticeKind.SECOND_CALLER, self.world.face.notices[-1].kind)
        self.assertEqual(CallPhase.TALKING, self.call.phase)

    def test_crossed_invitations(self) -> None:
        """When both call at once, the first invitation lives, and is accepted without asking the person."""
        self.dial()
        mine = self.world.heard(Convite).chamada
        other = Other(self.world)
        theirs = other.invitation()
        self.world.say(theirs)
        self.world.say(self.relay(theirs.chamada))
        self.assertEqual(0, self.world.count(ConviteRejeitado))
        self.world.say(ConviteRejeitado(mine, "cruzada"))
        accepted = self.world.heard(ConviteAceito)
        self.assertEqual(theirs.chamada, accepted.chamada)
        self.assertEqual(Direction.INCOMING, self.call.direction)
        self.assertEqual([], [tune for tune in self.world.ringer.played if tune is Tune.RINGTONE])
        self.world.say(other.opening())
        self.voice.listener.talking()
        self.world.turn()
        self.assertEqual(CallPhase.TALKING, self.call.phase)
        self.assertEqual((), self.world.state.history)
        assert self.voice.relay is not None

    def test_calling_the_one_who_calls(self) -> None:
        """A tap on the name that rings just now answers it."""
        self.rung()
        self.assertEqual(CallResult.STARTED, self.client.call("bia"))
        self.world.turn()
        self.world.heard(ConviteAceito)

    def test_giving_up_a_crossed_call(self) -> None:
        """Who hangs up meanwhile does not want the other invitation either."""
        self.dial()
        theirs = Other(self.world).invitation()
        self.world.say(theirs)
        self.client.hang_up()
        self.world.turn()
        self.assertEqual(theirs.chamada, self.world.heard(ConviteRejeitado).chamada)
        self.assert_over(EndCause.CANCELLED_HERE)


class TalkingTests(CallCase):
    """What happens while two people talk."""

    def test_reconnecting(self) -> None:
        """A silent line is shown, and its return; after 30 s the voice gives up and the call ends."""
        self.dialled()
        self.voice.listener.reconnecting(True)
        self.world.turn()
        self.assertEqual(CallPhase.RECONNECTING, self.call.phase)
        self.voice.listener.reconnecting(False)
        self.world.turn()
        self.assertEqual(CallPhase.TALKING, self.call.phase)
        self.voice.listener.reconnecting(True)
        self.voice.listener.lost()
        self.world.turn()
        self.assertEqual("perdida", self.world.heard(EncerrarLigacao).codigo)
        self.assert_over(EndCause.CONNECTION_LOST)

    def test_goodbye_by_voice(self) -> None:
        """A BYE ends the call even with the registry gone, and the registry hears of it when it is back."""
        self.answered()
        self.world.registry.drop()
        self.world.turn()
        self.voice.listener.peer_left()
        self.world.wait(WORD_TIME)
        self.assert_over(EndCause.HUNG_UP_THERE)
        self.world.wait(3)
        self.world.welcome()
        self.assertEqual("normal", self.world.heard(EncerrarLigacao).codigo)

    def test_goodbye_by_voice_and_by_the_registry(self) -> None:
        """A BYE whose word to the registry is close behind ends the call without a second word."""
        other = self.answered()
        self.voice.listener.peer_left()
        self.world.turn()
        self.world.say(EncerrarLigacao(other.caller.call_id, "normal", de="bia"))
        self.world.turn()
        self.assert_over(EndCause.HUNG_UP_THERE)
        self.world.wait(3)
        self.assertEqual(0, self.world.count(EncerrarLigacao))

    def test_no_packet_ever(self) -> None:
        """Keys without a packet are no conversation."""
        other = self.dial()
        self.world.say(other.acceptance())
        self.world.wait(31, step=1)
        self.assertEqual("perdida", self.world.heard(EncerrarLigacao).codigo)
        self.assert_over(EndCause.NO_PATH)

    def test_the_registry_goes_and_comes(self) -> None:
        """A conversation outlives the connection; when it is back the addresses are told anew."""
        self.dialled()
        self.world.registry.drop()
        self.world.turn()
        self.assertEqual(CallPhase.TALKING, self.call.phase)
        self.assertIn(Caution.SERVER_AWAY, self.call.warnings)
        self.voice.local_candidates = (HOST,)
        self.voice.listener.candidates_changed((HOST,))
        self.world.wait(3)
        self.world.welcome()
        self.assertEqual((HOST.format(),), self.world.heard(Caminhos).candidatos)
        self.assertNotIn(Caution.SERVER_AWAY, self.call.warnings)
        self.assertEqual(CallPhase.TALKING, self.call.phase)

    def test_a_key_that_could_not_be_said(self) -> None:
        """CHAVE waits for a connection that broke at the wrong moment."""
        other = self.dial()
        acceptance = other.acceptance()
        session = self.client.session
        self.patch(session.registry.line, "say", lambda *_: False)
        session.exchange.received(acceptance)
        del session.registry.line.say
        self.world.registry.drop()
        self.world.wait(3)
        self.world.welcome()
        other.opened()
        self.assertIsNotNone(other.secrets)

    def test_a_change_of_network(self) -> None:
        """New addresses of ours are told at once, those of the other side are used at once."""
        self.dialled()
        self.voice.local_candidates = (HOST, RELAYED)
        self.voice.listener.candidates_changed((HOST, RELAYED))
        self.world.turn()
        self.assertEqual((HOST.format(), RELAYED.format()), self.world.heard(Caminhos).candidatos)
        call_id = self.world.heard(Convite).chamada
        self.world.say(Caminhos(call_id, ("203.0.113.5@4000@refl", "junk"), de="bia"))
        self.assertEqual(["203.0.113.5@4000@refl"], [one.format() for one in self.voice.peer])

    def test_packets_in_lines(self) -> None:
        """Where UDP does not pass, packets go as PACOTE lines, both ways."""
        self.dialled()
        self.voice.listener.send_line(b"\x80voz")
        self.world.turn()
        self.assertEqual(b"\x80voz", self.world.heard(Pacote).dado)
        self.world.say(Pacote(self.world.heard(Convite).chamada, b"\x80eco", de="bia"))
        self.assertEqual([b"\x80eco"], self.voice.lines)

    def test_lines_of_another_call(self) -> None:
        """Lines of a call that is not ours change nothing."""
        self.dialled()
        for message in (
            EncerrarLigacao(b"x" * 16, "normal", de="bia"),
            Pacote(b"x" * 16, b"\x80", de="bia"),
            Caminhos(b"x" * 16, (), de="bia"),
        ):
            self.world.say(message)
        self.assertEqual(CallPhase.TALKING, self.call.phase)
        self.assertEqual([], self.voice.lines)

    def test_switches(self) -> None:
        """Mute, volume and push-to-talk reach the voice and the screen; the volume is kept for next time."""
        self.client.change_settings(Settings(push_to_talk=True))
        self.dialled()
        self.client.mute(True)
        self.client.set_gain(6.0)
        self.client.push_to_talk(True)
        self.world.turn()
        self.assertEqual({"mute": True, "volume": 6.0, "talk": True}, self.voice.switches)
        self.assertEqual((True, 6.0, True), (self.call.muted, self.call.gain_db, self.call.pressed))
        self.client.hang_up()
        self.dial()
        self.assertEqual(6.0, self.voice.request.gain_db)

    def test_words(self) -> None:
        """«Conferido» is kept with the contact; words that differ end the call as forged."""
        self.dialled()
        self.assertFalse(self.call.verified)
        self.client.confirm_words(True)
        self.world.turn()
        self.assertTrue(self.call.verified)
        self.client.confirm_words(False)
        self.world.turn()
        self.assert_over(EndCause.FORGED)
        self.assertFalse(self.client.session.room.contact("bia").verified)

    def test_figures(self) -> None:
        """The figures of a second become bars, a cause and a side; the path and the levels are shown."""
        self.dialled()
        self.voice.listener.path_changed(PathKind.RELAY)
        self.voice.levels = (1.0, 0.001)
        second = Snapshot(received=Packets(packets=50, loss=0.2), round_trip_ms=40.0)
        self.voice.listener.snapshot(replace(second, findings=diagnose(second)))
        self.world.wait(0.2, step=0.05)
        self.assertEqual(QualityView(1, QualityCause.LOSS, Side.THEIRS), self.call.quality)
        self.assertEqual(0.2, self.call.figures.loss)
        self.assertEqual(VoicePath.RELAY, self.call.path.path)
        self.assertEqual((1.0, 0.0), (self.world.state.meters.mine, self.world.state.meters.theirs))

    def test_nothing_measured(self) -> None:
        """Until there is a round trip, neither it nor the delay is a number."""
        self.dialled()
        self.voice.listener.snapshot(Snapshot(seconds=1.0, delay_ms=60.0))
        self.world.turn()
        self.assertEqual((None, None), (self.call.figures.round_trip_ms, self.call.figures.delay_ms))
        self.voice.listener.snapshot(Snapshot(seconds=2.0, delay_ms=80.0, round_trip_ms=40.0))
        self.world.turn()
        self.assertEqual((40.0, 80.0), (self.call.figures.round_trip_ms, self.call.figures.delay_ms))

    def test_quality_of_the_whole(self) -> None:
        """A call that was bad for a good part of it and well at its end is remembered as a bad one."""
        self.dialled()
        lossy = diagnose(Snapshot(sent=Packets(loss=0.2)))
        self.voice.figures = Snapshot(seconds=60.0, course=lossy)
        self.world.wait(1)
        self.client.hang_up()
        self.world.turn()
        self.assertEqual(QualityView(1, QualityCause.LOSS, Side.OURS), self.ended.quality)
        self.assertEqual(1, self.world.state.history[0].bars)

    def test_every_finding_has_a_name(self) -> None:
        """Each rule and side of the diagnosis has a word on the screen; the gravest finding is told."""
        self.assertEqual({rule.code for rule in RULES}, set(CAUSES))
        self.assertEqual(set(EngineSide), set(SIDES))
        for rule in RULES:
            for severity in Severity:
                shown = quality_of((Finding(rule.code, rule.side, severity),))
                self.assertEqual(CAUSES[rule.code], shown.cause)
                self.assertLess(shown.bars, 3)
        self.assertEqual(QualityView(), quality_of(()))

    def test_warnings_come_and_go(self) -> None:
        """A warning is shown, and goes when it is not repeated."""
        self.dialled()
        self.voice.listener.warning(alerts.MUTED_TALKING)
        self.world.turn()
        self.assertEqual((Caution.MUTED_BUT_TALKING,), self.call.warnings)
        self.world.wait(15)
        self.voice.listener.snapshot(Snapshot())
        self.world.turn()
        self.assertEqual((), self.call.warnings)

    def test_other_devices(self) -> None:
        """Devices chosen in a call are used at once; one that cannot be opened is told."""
        self.dialled()
        self.client.change_settings(Settings(microphone="fone"))
        self.world.turn()
        assert self.world.sounds.exchanged is not None
        self.assertEqual("fone", self.world.sounds.exchanged.microphone)
        self.assertEqual("fone", self.call.microphone)
        self.world.sounds.broken = True
        self.client.change_settings(Settings(speaker="sumiu"))
        self.world.turn()
        self.assertEqual(Trouble.SOUND, self.world.state.problems[-1].trouble)

    def test_a_device_that_vanishes(self) -> None:
        """The loss of a device is a warning and a notice, once."""
        self.dialled()
        for _ in range(3):
            self.voice.listener.warning(alerts.MIC_CHANGED)
            self.world.turn()
        notices = [notice for notice in self.world.face.notices if notice.kind is NoticeKind.DEVICE]
        self.assertEqual(["device-lost"], [notice.detail for notice in notices])

    def test_every_warning_has_a_name(self) -> None:
        """No code of the engine is shown as «something else»."""
        self.assertEqual(alerts.ALL, frozenset(CAUTIONS))

    def test_nothing_after_the_end(self) -> None:
        """What a voice says after the end of its call is passed over."""
        self.dialled()
        voice: Any = self.voice
        self.client.hang_up()
        self.world.turn()
        shown = len(self.world.face.states)
        voice.listener.snapshot(Snapshot())
        voice.listener.reconnecting(True)
        voice.listener.lost()
        voice.listener.send_line(b"x")
        voice.listener.candidates_changed(())
        self.world.turn()
        self.assertIsNone(self.world.state.call)
        self.assertEqual(shown, len(self.world.face.states))

    def test_stopping_the_program(self) -> None:
        """The end of the program hangs up, says goodbye, and tells the face when all is closed."""
        self.dialled()
        self.client.stop()
        self.world.wait(1)
        self.world.heard(EncerrarLigacao)
        self.assertTrue(self.voice.ended)
        self.assertTrue(self.world.face.ended)

    def test_the_login_is_not_repeated_for_a_call(self) -> None:
        """A whole call needs one registration."""
        self.dialled()
        self.client.hang_up()
        self.world.turn()
        self.assertEqual(1, self.world.count(PedidoRegistro))
