"""The machine of the connection to the registry: connect, ask, register, stay, come back.

It opens nothing itself.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from automat import TypeMachineBuilder
from twisted.internet.interfaces import IDelayedCall, IReactorTime

from kivy_client.session.machines import pass_over, transitions
from kivy_client.session.vocabulary import Link, Trouble

SETUP_TIME = 15.0
"""Seconds for TCP, TLS and registration together."""


@dataclass(frozen=True, slots=True)
class Backoff:
    """How long to wait before an attempt: `first` s, then `factor` times longer, at most `most`, ± 20 %."""

    first: float
    factor: float
    most: float

    def delay(self, attempt: int, draw: float) -> float:
        """Return the wait after `attempt` failures (1 and more); `draw` is a random number from 0 to 1."""
        plain = min(self.most, self.first * self.factor ** min(attempt - 1, 64))
        return plain * (0.8 + 0.4 * draw)


STATES = ("off", "connecting", "asking", "registering", "online", "waiting", "stopped")

CALM = Backoff(1.0, 1.8, 60.0)
URGENT = Backoff(0.25, 1.6, 2.0)
"""While a call is on: its lines wait for the connection."""


class Connecting(Protocol):
    """What can happen to the connection."""

    def go(self) -> None:
        """The person wants this server and name now."""

    def hold(self, trouble: Trouble, detail: str) -> None:
        """Something must be settled by the person before anything is sent."""

    def secured(self) -> None:
        """TLS is complete, the server is the right one."""

    def strange(self) -> None:
        """The server was never seen before: it was hung up on without a word, and the person is asked."""

    def trust(self) -> None:
        """The person accepts the server."""

    def refuse(self) -> None:
        """The person does not."""

    def welcomed(self) -> None:
        """The name is ours."""

    def stopped_by(self, trouble: Trouble, detail: str) -> None:
        """Something that only the person can change."""

    def lost(self, trouble: Trouble, detail: str, at_least: float = 0.0) -> None:
        """No connection, or none any more; try again, not before `at_least` seconds."""

    def retry(self) -> None:
        """The person does not want to wait."""

    def moved(self) -> None:
        """The network is another one: what was begun in the former one leads nowhere."""

    def leave(self) -> None:
        """The person wants no connection."""

    def _wake(self) -> None:
        """The wait is over."""

    def _too_slow(self) -> None:
        """The connection is not complete after `SETUP_TIME`."""


class ConnectionPort(Protocol):
    """The world, as the machine sees it."""

    def open(self) -> None:
        """Start one attempt."""

    def drop(self, goodbye: bool) -> None:
        """End the attempt or the connection, politely or not; nothing of it is reported any more."""

    def show(self, link: Link, core: "ConnectionCore") -> None:
        """The state to show has changed."""


@dataclass
class ConnectionCore:
    """What the machine remembers."""

    port: ConnectionPort
    clock: IReactorTime
    urgent: Callable[[], bool]
    draw: Callable[[], float] = field(default=random.random)
    attempt: int = 0
    trouble: Trouble = Trouble.NONE
    detail: str = ""
    at_least: float = 0.0
    retry_in: float | None = None
    timer: IDelayedCall | None = None

    def blame(self, trouble: Trouble = Trouble.NONE, detail: str = "", at_least: float = 0.0) -> None:
        """Remember why."""
        self.trouble, self.detail, self.at_least = trouble, detail, at_least

    def set_timer(self, delay: float | None, then: Callable[[], None] | None = None) -> None:
        """Replace the one timer."""
        if self.timer is not None and self.timer.active():
            self.timer.cancel()
        self.timer = None
        if delay is not None and then is not None:
            self.timer = self.clock.callLater(delay, then)

    def next_delay(self) -> float:
        """Count a failure and return how long to wait after it."""
        self.attempt += 1
        backoff = URGENT if self.urgent() else CALM
        return max(self.at_least, backoff.delay(self.attempt, self.draw()))


def _attempt(machine: Connecting, core: ConnectionCore) -> None:
    core.retry_in = None
    core.set_timer(SETUP_TIME, machine._too_slow)
    core.port.show(Link.CONNECTING, core)
    core.port.open()


def _go(machine: Connecting, core: ConnectionCore) -> None:
    core.port.drop(goodbye=True)
    core.attempt = 0
    core.blame()
    _attempt(machine, core)


def _moved(machine: Connecting, core: ConnectionCore) -> None:
    core.port.drop(goodbye=False)
    core.attempt = 0
    core.blame()
    _attempt(machine, core)


def _secured(_: Connecting, core: ConnectionCore) -> None:
    core.port.show(Link.REGISTERING, core)


def _strange(_: Connecting, core: ConnectionCore) -> None:
    core.set_timer(None)
    core.port.drop(goodbye=False)
    core.port.show(Link.ASKING, core)


def _refused(_: Connecting, core: ConnectionCore) -> None:
    core.blame(Trouble.FINGERPRINT_REFUSED)
    core.port.show(Link.STOPPED, core)


def _welcomed(_: Connecting, core: ConnectionCore) -> None:
    core.set_timer(None)
    core.attempt = 0
    core.blame()
    core.port.show(Link.ONLINE, core)


def _stopped_by(_: Connecting, core: ConnectionCore, trouble: Trouble, detail: str) -> None:
    core.set_timer(None)
    core.blame(trouble, detail)
    core.port.drop(goodbye=False)
    core.port.show(Link.STOPPED, core)


def _lost(
    machine: Connecting, core: ConnectionCore, trouble: Trouble, detail: str, at_least: float = 0.0
) -> None:
    core.blame(trouble, detail, at_least)
    core.port.drop(goodbye=False)
    core.retry_in = core.next_delay()
    core.set_timer(core.retry_in, machine._wake)
    core.port.show(Link.WAITING, core)


def _too_slow(machine: Connecting, core: ConnectionCore) -> None:
    _lost(machine, core, Trouble.UNREACHABLE, "")


def _leave(_: Connecting, core: ConnectionCore) -> None:
    core.set_timer(None)
    core.retry_in = None
    core.blame()
    core.port.drop(goodbye=True)
    core.port.show(Link.OFF, core)


def make_machine() -> Callable[[ConnectionCore], Connecting]:
    """Build the machine: states, then transitions that do nothing, then those that do something."""
    machine = TypeMachineBuilder(Connecting, ConnectionCore)

    off, connecting, asking, registering, online, waiting, stopped = map(machine.state, STATES)
    everywhere = (off, connecting, asking, registering, online, waiting, stopped)
    alive = (connecting, registering, online)

    pass_over(
        {
            Connecting.trust: (off, connecting, registering, online, waiting, stopped),
            Connecting.refuse: (off, connecting, registering, online, waiting, stopped),
            Connecting.hold: (connecting, asking, registering, online, waiting, stopped),
            Connecting.retry: (off, connecting, asking, registering, online),
            Connecting.secured: (off, asking, registering, online, waiting, stopped),
            Connecting.strange: (off, asking, registering, online, waiting, stopped),
            Connecting.welcomed: (off, connecting, asking, online, waiting, stopped),
            Connecting.moved: (off, asking, stopped),
            Connecting.stopped_by: (off, asking, waiting, stopped),
            Connecting.lost: (off, asking, waiting, stopped),
        }
    )

    transitions(
        (everywhere, Connecting.go, connecting, _go),
        (everywhere, Connecting.leave, off, _leave),
        ((off,), Connecting.hold, stopped, _stopped_by),
        (alive, Connecting.stopped_by, stopped, _stopped_by),
        (alive, Connecting.lost, waiting, _lost),
        ((*alive, waiting), Connecting.moved, connecting, _moved),
        ((connecting,), Connecting.secured, registering, _secured),
        ((connecting,), Connecting.strange, asking, _strange),
        ((connecting, registering), Connecting._too_slow, waiting, _too_slow),
        ((asking,), Connecting.trust, connecting, _attempt),
        ((asking,), Connecting.refuse, stopped, _refused),
        ((registering,), Connecting.welcomed, online, _welcomed),
        ((waiting,), Connecting._wake, connecting, _attempt),
        ((waiting, stopped), Connecting.retry, connecting, _attempt),
    )
    return machine.build()


new_connection = make_machine()
