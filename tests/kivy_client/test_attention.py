"""What reaches a person who does not look at the window."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from twisted.trial.unittest import SynchronousTestCase

from kivy_client.i18n import tr
from kivy_client.platforms.facade import Answer, NoPlatform
from kivy_client.screens.attention import ACCEPT, CALL, REFUSE, Attention
from kivy_client.session.boundary import Commands, RecordingCommands
from kivy_client.session.state import CallView, Notice, Settings, ViewState
from kivy_client.session.vocabulary import CallPhase, Direction, NoticeKind

RINGING = ViewState(call=CallView(CallPhase.INCOMING, Direction.INCOMING, "ana", 0.0))
TALKING = ViewState(call=CallView(CallPhase.TALKING, Direction.INCOMING, "ana", 0.0))


class RecordingPlatform(NoPlatform):
    """A platform that notes what it was asked for."""

    def __init__(self) -> None:
        self.did: list[tuple[object, ...]] = []
        self.answers: dict[str, Answer] = {}

    def notify(self, key: str, title: str, body: str, buttons: dict[str, str], answer: Answer) -> None:
        """Note it, and keep the answer for the test to press."""
        self.did.append(("notify", title, tuple(buttons)))
        self.answers[key] = answer

    def withdraw(self, key: str) -> None:
        """Note it."""
        self.did.append(("withdraw", key))

    def vibrate(self, on: bool) -> None:
        """Note it."""
        self.did.append(("vibrate", on))

    def keep_awake(self, on: bool) -> None:
        """Note it."""
        self.did.append(("awake", on))


class AttentionTests(SynchronousTestCase):
    """Notices and states become what the platform can do."""

    def setUp(self) -> None:
        """An attention with a recording platform and recording commands."""
        tr.switch("pt_BR")
        self.platform = RecordingPlatform()
        self.recorder = RecordingCommands()
        self.said: list[str] = []
        self.raised: list[bool] = []
        self.attention = Attention(self.platform, self.do, self.said.append, lambda: self.raised.append(True))

    def do(self, action: Callable[[Commands], object]) -> None:
        """Run a command at once."""
        action(self.recorder.commands)

    def test_ringing(self) -> None:
        """An incoming call vibrates and raises the window until it is answered; in a call nothing sleeps."""
        self.attention.follow(RINGING)
        self.attention.follow(RINGING)
        self.assertEqual(self.platform.did, [("vibrate", True), ("awake", True)])
        self.assertEqual(self.raised, [True])
        self.attention.follow(TALKING)
        self.assertEqual(self.platform.did[2:], [("vibrate", False), ("withdraw", "ligacao")])
        self.attention.follow(ViewState())
        self.assertEqual(self.platform.did[4:], [("awake", False)])

    def test_no_vibration_where_it_is_off(self) -> None:
        """The setting is obeyed."""
        self.attention.follow(replace(RINGING, settings=Settings(vibrate=False)))
        self.assertIn(("vibrate", False), self.platform.did)

    def test_notification_buttons(self) -> None:
        """The notification of a call accepts and refuses; that of a missed one calls."""
        self.attention.tell(Notice(NoticeKind.INCOMING_CALL, "ana"))
        self.assertEqual(self.platform.did, [("notify", "ana está ligando", (ACCEPT, REFUSE))])
        for pressed in (ACCEPT, REFUSE, "default"):
            self.platform.answers["ligacao"](pressed)
        self.attention.tell(Notice(NoticeKind.MISSED_CALL, "rui"))
        self.platform.answers["missed-call-rui"](CALL)
        self.assertEqual(self.recorder.calls, [("accept", ()), ("refuse", ()), ("call", ("rui",))])

    def test_every_notice_has_words(self) -> None:
        """Each kind of notice has a title, without unfilled fields."""
        for kind in NoticeKind:
            self.attention.tell(Notice(kind, "ana", "Fone USB"))
        self.assertEqual(len(self.platform.did), len(NoticeKind))
        for _notify, title, _buttons in self.platform.did:
            self.assertTrue(title)
            self.assertNotIn("{", str(title))

    def test_notifications_off(self) -> None:
        """Turned off, nothing goes to the desktop; the window still says it."""
        self.attention.follow(ViewState(settings=Settings(notifications=False)))
        self.attention.tell(Notice(NoticeKind.FREE_NOW, "ana"))
        self.assertEqual(self.platform.did, [])
        self.assertEqual(self.said, ["ana está livre"])
