"""The one crossing between the reactor's thread and the window's."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any, cast

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from kivy_client.bridge import LAST_WORD, Bridge
from kivy_client.session.boundary import Commands, Face, RecordingCommands, RecordingFace
from kivy_client.session.results import CallResult
from kivy_client.session.state import Notice, ViewState
from kivy_client.session.vocabulary import NoticeKind, Presence


class PumpedReactor(Clock):
    """A reactor whose thread is this one: what was sent over runs when the test pumps it."""

    def __init__(self) -> None:
        super().__init__()
        self.over: list[Callable[[], None]] = []
        self.running = True

    def callFromThread(self, function: Callable[..., None], *arguments: Any) -> None:
        """Send over."""
        self.over.append(lambda: function(*arguments))

    def pump(self) -> None:
        """Run what was sent over."""
        while self.over:
            self.over.pop(0)()

    def stop(self) -> None:
        """End."""
        self.running = False


class BridgeTests(SynchronousTestCase):
    """Without threads: each side is pumped by the test."""

    def setUp(self) -> None:
        """A bridge between a pumped reactor and a list of what was posted to the window."""
        self.reactor = PumpedReactor()
        self.posted: list[Callable[[], None]] = []
        self.window = RecordingFace()
        self.recorder = RecordingCommands(call=CallResult.STARTED)
        self.failures: list[Exception] = []
        self.bridge = self.make(lambda _face: self.recorder.commands)

    def make(self, build: Callable[[Face], Commands]) -> Bridge:
        """A bridge with that way to make the client."""
        return Bridge(self.reactor, build, self.window, self.posted.append, self.failures.append)

    def drain(self) -> None:
        """Run what was posted to the window."""
        while self.posted:
            self.posted.pop(0)()

    def test_states_are_drained_once(self) -> None:
        """However many states come, the window is called once, with the newest."""
        for presence in (Presence.AWAY, Presence.FREE, Presence.DO_NOT_DISTURB):
            self.bridge.show(ViewState(presence=presence))
        self.assertEqual(len(self.posted), 1)
        self.drain()
        self.assertEqual([state.presence for state in self.window.states], [Presence.DO_NOT_DISTURB])
        self.bridge.show(ViewState())
        self.assertEqual(len(self.posted), 1)

    def test_command_and_answer(self) -> None:
        """A command runs over there, its answer comes back here; nothing happens before."""
        self.bridge._begin()
        answers: list[CallResult] = []
        self.bridge.do(lambda commands: commands.call("ana"), answers.append)
        self.assertEqual(self.recorder.calls, [])
        self.reactor.pump()
        self.assertEqual(self.recorder.calls, [("call", ("ana",))])
        self.assertEqual(answers, [])
        self.drain()
        self.assertEqual(answers, [CallResult.STARTED])

    def test_early_commands_wait(self) -> None:
        """What is asked before the client is there is done when it is."""
        self.bridge.do(lambda commands: commands.retry())
        self.reactor.pump()
        self.assertEqual(self.recorder.calls, [])
        self.bridge._begin()
        self.assertEqual(self.recorder.calls, [("retry", ())])

    def test_notices_are_all_handed_over(self) -> None:
        """No notice is merged with another."""
        for name in ("ana", "rui"):
            self.bridge.notify(Notice(NoticeKind.MISSED_CALL, name))
        self.drain()
        self.assertEqual([notice.name for notice in self.window.notices], ["ana", "rui"])

    def test_client_that_cannot_be_made(self) -> None:
        """The window is told why, and the reactor ends."""

        def broken(_face: Face) -> Commands:
            raise OSError("a pasta não pode ser lida")

        self.make(broken)._begin()
        self.drain()
        self.assertEqual([str(failure) for failure in self.failures], ["a pasta não pode ser lida"])
        self.assertFalse(self.reactor.running)

    def test_stopped_client_ends_the_reactor(self) -> None:
        """When the client has ended, the window is told and the reactor stops."""
        self.bridge.stopped()
        self.drain()
        self.assertTrue(self.window.ended)
        self.reactor.advance(0)
        self.assertFalse(self.reactor.running)

    def test_a_client_that_does_not_end(self) -> None:
        """A client that never says that it has stopped is not waited for longer than its last word."""
        self.bridge._begin()
        self.bridge._stop()
        self.assertEqual(self.recorder.calls, [("stop", ())])
        self.reactor.advance(LAST_WORD - 0.01)
        self.assertTrue(self.reactor.running)
        self.reactor.advance(0.02)
        self.reactor.advance(0)
        self.assertFalse(self.reactor.running)

    def test_switch_interval(self) -> None:
        """Starting lets other threads in every millisecond."""
        import sys

        before = sys.getswitchinterval()
        self.addCleanup(sys.setswitchinterval, before)
        self.patch(self.bridge, "_thread", cast(threading.Thread, _Idle()))
        self.bridge.start()
        self.assertAlmostEqual(sys.getswitchinterval(), 0.001)


class _Idle:
    """A thread that does nothing."""

    def start(self) -> None:
        """Do nothing."""
