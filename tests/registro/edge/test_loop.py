"""The loop that serves a turn and then writes, and connections that leave nothing behind."""

from __future__ import annotations

import gc
import select
import socket
import weakref
from typing import Any

from twisted.internet.epollreactor import EPollReactor
from twisted.trial.unittest import SynchronousTestCase

from registro.edge.loop import MANY, fits, take_over
from tests.support.registry import Registry, aceito, convite


class Reactor:
    """As much of an epoll reactor as the loop needs, with readable sockets; it notes what happens."""

    def __init__(self, case: SynchronousTestCase, count: int) -> None:
        self._poller = select.epoll()
        case.addCleanup(self._poller.close)
        self._selectables: dict[int, object] = {}
        self.doIteration: Any = None
        self.happened: list[str] = []
        for _ in range(count):
            ours, theirs = socket.socketpair()
            case.addCleanup(ours.close)
            case.addCleanup(theirs.close)
            theirs.send(b"x")
            self._selectables[ours.fileno()] = ours
            self._poller.register(ours.fileno(), select.EPOLLIN)

    def _doReadOrWrite(self, _selectable: object, _descriptor: int, _event: int) -> None:
        self.happened.append("served")

    def begin_turn(self) -> bool:
        """A turn begins."""
        self.happened.append("begins")
        return True

    def end_turn(self) -> None:
        """A turn ends."""
        self.happened.append("ends")


class LoopTests(SynchronousTestCase):
    """One iteration."""

    def test_one_turn(self) -> None:
        """All who are ready are served, and then what was gathered is written, once."""
        reactor = Reactor(self, 3)
        take_over(reactor, reactor)
        reactor.doIteration(0)
        self.assertEqual(reactor.happened, ["begins", "served", "served", "served", "ends"])

    def test_a_long_one(self) -> None:
        """When many are ready, those served first do not wait for the last."""
        reactor = Reactor(self, MANY + 1)
        take_over(reactor, reactor)
        reactor.doIteration(0)
        self.assertEqual(reactor.happened[MANY + 1 :], ["ends", "begins", "served", "ends"])

    def test_nobody(self) -> None:
        """A turn in which nobody is ready, or nobody is there, does nothing."""
        reactor = Reactor(self, 0)
        take_over(reactor, reactor)
        reactor.doIteration(0)
        self.assertEqual(reactor.happened, [])

    def test_a_fault(self) -> None:
        """What the reactor raises does not keep back what was gathered."""
        reactor = Reactor(self, 1)
        self.patch(reactor, "_doReadOrWrite", lambda *_: 1 // 0)
        take_over(reactor, reactor)
        with self.assertRaises(ZeroDivisionError):
            reactor.doIteration(0)
        self.assertEqual(reactor.happened, ["begins", "ends"])

    def test_another_reactor(self) -> None:
        """A reactor that is not like that keeps its loop."""
        other = type("Other", (), {"doIteration": None})()
        take_over(other, Reactor(self, 0))
        self.assertIsNone(other.doIteration)

    def test_twisted_is_as_it_was(self) -> None:
        """This Twisted's epoll reactor has what the loop leans on."""
        reactor = EPollReactor()
        self.addCleanup(reactor._poller.close)
        self.assertTrue(fits(reactor))


class NothingStaysTests(SynchronousTestCase):
    """Connections that have ended."""

    def test_freed_at_once(self) -> None:
        """A connection that ends, even in a call, is out of memory without the garbage collector."""
        registry = Registry()
        ana, beto = registry.people("ana", "beto")
        ana.say(convite("beto"))
        beto.say(aceito())
        gone = weakref.ref(beto.protocol)
        gc.disable()
        self.addCleanup(gc.enable)
        beto.lose()
        beto.transport.unregisterProducer()  # as Twisted's transports do when they end
        del beto
        registry.pass_time(1)
        self.assertIsNone(gone())
