"""Which screen is in front."""

from __future__ import annotations

from dataclasses import replace

from twisted.trial.unittest import SynchronousTestCase

from kivy_client.screens.navigation import Front, Where, first_start, front
from kivy_client.session.state import (
    CallView,
    ConnectionView,
    EndedCall,
    KeyAlarm,
    ServerQuestion,
    ViewState,
)
from kivy_client.session.vocabulary import CallPhase, Direction, EndCause, Link

CALL = CallView(CallPhase.TALKING, Direction.OUTGOING, "ana", 0.0)
ENDED = EndedCall(1, "ana", Direction.OUTGOING, EndCause.BUSY, "", 0.0, 0.0, True)
ALARM = KeyAlarm("ana", "aaaa", "bbbb", 0.0, False)
QUESTION = ServerQuestion("sala:5000", "aaaa", ("barco",) * 8)
ONLINE = ConnectionView(link=Link.ONLINE, address="sala://x")


class FrontTests(SynchronousTestCase):
    """The most pressing first."""

    def test_phases(self) -> None:
        """Each phase of a call has its screen."""
        expected = {
            CallPhase.CALLING: Front.OUTGOING,
            CallPhase.RINGING: Front.OUTGOING,
            CallPhase.INCOMING: Front.INCOMING,
            CallPhase.SECURING: Front.TALKING,
            CallPhase.TALKING: Front.TALKING,
            CallPhase.RECONNECTING: Front.TALKING,
        }
        self.assertEqual(expected.keys(), set(CallPhase))
        for phase, wanted in expected.items():
            self.assertIs(front(ViewState(call=replace(CALL, phase=phase)), Where()), wanted)

    def test_order(self) -> None:
        """An alarm before a call, that before the server's question, that before the first start."""
        state = ViewState(connection=ONLINE, alarms=(ALARM,), call=CALL, question=QUESTION, ended=ENDED)
        steps = (
            (state, Where(arriving=True, editing=True), Front.ALARM),
            (replace(state, alarms=()), Where(arriving=True, editing=True), Front.TALKING),
            (replace(state, alarms=(), call=None), Where(arriving=True, editing=True), Front.QUESTION),
            (ViewState(connection=ONLINE, ended=ENDED), Where(arriving=True, editing=True), Front.WELCOME),
            (ViewState(connection=ONLINE, ended=ENDED), Where(arriving=True), Front.CHECK),
            (ViewState(connection=ONLINE, ended=ENDED), Where(checking=True), Front.CHECK),
            (ViewState(connection=ONLINE, ended=ENDED), Where(), Front.ENDED),
            (ViewState(connection=ONLINE), Where(), Front.HOME),
        )
        for shown, where, wanted in steps:
            self.assertIs(front(shown, where), wanted)

    def test_arriving_waits_for_the_server(self) -> None:
        """During the first start, name and server stay in front until the room is reached."""
        for link in Link:
            shown = front(ViewState(connection=ConnectionView(link=link)), Where(arriving=True))
            self.assertIs(shown, Front.CHECK if link is Link.ONLINE else Front.WELCOME)


class FirstStartTests(SynchronousTestCase):
    """Whether this is the first start."""

    def test_without_a_server(self) -> None:
        """No server known and none being tried: yes."""
        self.assertTrue(first_start(ViewState()))

    def test_with_a_server(self) -> None:
        """A server known, or on its way from the command line: no."""
        self.assertFalse(first_start(ViewState(connection=ONLINE)))
        self.assertFalse(first_start(ViewState(connection=ConnectionView(link=Link.CONNECTING))))
