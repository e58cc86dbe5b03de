"""The network part of the set-up check: plain STUN Binding requests to the registry's UDP port (RFC 8489)."""

from collections.abc import Callable
from statistics import median

from twisted.internet.defer import Deferred, fail
from twisted.internet.error import CannotListenError
from twisted.internet.interfaces import IReactorTime, IReactorUDP
from twisted.internet.protocol import DatagramProtocol
from twisted.internet.task import LoopingCall

from kivy_client.session.check import Probed
from kivy_client.session.tls import is_ip
from voz.stun import Kind, Method, StunError, build, new_transaction, parse

QUESTIONS = 8
PERIOD = 0.15
LAST_WAIT = 1.0
"""Seconds after the last question."""


class BindingProbe(DatagramProtocol):
    """Asks `QUESTIONS` times and times the answers."""

    def __init__(self, clock: IReactorTime, host: str, port: int) -> None:
        self._clock, self._to = clock, (host, port)
        self._asked: dict[bytes, float] = {}
        self._times: dict[bytes, float] = {}
        self._loop = LoopingCall(self._ask)
        self._loop.clock = clock
        self.done: Deferred[Probed] = Deferred(lambda _: self.close())

    def startProtocol(self) -> None:
        """Begin."""
        self._loop.start(PERIOD)

    def _ask(self) -> None:
        if len(self._asked) >= QUESTIONS:
            self._loop.stop()
            self._clock.callLater(LAST_WAIT, self._finish)
            return
        transaction = new_transaction()
        self._asked[transaction] = self._clock.seconds()
        assert self.transport is not None
        self.transport.write(build(Method.BINDING, Kind.REQUEST, transaction), self._to)

    def datagramReceived(self, datagram: bytes, addr: tuple[str, int]) -> None:
        """An answer, or junk."""
        try:
            message = parse(datagram)
        except StunError:
            return
        asked = self._asked.get(message.transaction)
        if asked is not None and addr[:2] == self._to:
            self._times.setdefault(message.transaction, self._clock.seconds() - asked)

    def _finish(self) -> None:
        if not self.done.called:
            round_trip = median(self._times.values()) * 1000 if self._times else 0.0
            self.close()
            self.done.callback(Probed(QUESTIONS, len(self._times), round_trip))

    def close(self) -> None:
        """Ask no more."""
        if self._loop.running:
            self._loop.stop()
        if self.transport is not None:
            self.transport.stopListening()


def udp_probe(reactor: IReactorUDP, clock: IReactorTime) -> Callable[[str, int], Deferred[Probed]]:
    """Return the probe over real sockets; `host` is the address that the registry is connected at."""

    def probe(host: str, port: int) -> Deferred[Probed]:
        if not is_ip(host):
            return fail(ValueError(f"not an address: {host}"))
        protocol = BindingProbe(clock, host, port)
        try:
            reactor.listenUDP(0, protocol, interface="::" if ":" in host else "", maxPacketSize=1500)
        except CannotListenError as error:
            return fail(error)
        return protocol.done

    return probe
