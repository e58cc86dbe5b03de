"""The line to the registry, once the name is registered: messages out, answers in."""

import ipaddress

from twisted.internet.defer import Deferred, fail
from twisted.internet.interfaces import IReactorTime

from kivy_client.session.answers import Answers, OfflineError, Refused
from kivy_client.session.registry_protocol import RegistryProtocol
from kivy_client.session.tls import is_ip
from registro.wire.messages import Message


class RegistryLine:
    """What can be said to the registry. Nothing goes out between `close` and the next `open`."""

    def __init__(self, clock: IReactorTime) -> None:
        self._answers = Answers(clock)
        self._protocol: RegistryProtocol | None = None
        self.in_use = False

    def number(self) -> int:
        """Return a number for a line that somebody else says."""
        return self._answers.number()

    def open(self, protocol: RegistryProtocol) -> None:
        """The name is registered on this connection."""
        self._protocol = protocol
        protocol.hurry(self.in_use)

    def close(self) -> None:
        """The connection is over: nobody will be answered."""
        self._protocol = None
        self._answers.lost()

    def take(self, message: Message, seq: int) -> bool:
        """A message came in; True if somebody waited for it by its number."""
        return bool(seq) and self._answers.take(message, seq)

    def say(self, message: Message, refused: Refused | None = None) -> bool:
        """Send a line; False when there is no registered connection. `refused` hears of an ERRO."""
        if self._protocol is None:
            return False
        seq = self._answers.number()
        if refused is not None:
            self._answers.watch(seq, refused)
        self._protocol.say(message, seq)
        return True

    def ask(self, message: Message) -> Deferred[Message]:
        """Send a question; fires with its answer or fails with an AskError."""
        if self._protocol is None:
            return fail(OfflineError())
        seq = self._answers.number()
        answer = self._answers.wait(seq)
        self._protocol.say(message, seq)
        return answer

    def ask_many(self, message: Message) -> int:
        """Send a question that several lines answer, all with the number returned; 0 when not connected."""
        if self._protocol is None:
            return 0
        seq = self._answers.number()
        self._protocol.say(message, seq)
        return seq

    def in_call(self, on: bool) -> None:
        """A call is on: look after the connection more closely."""
        self.in_use = on
        if self._protocol is not None:
            self._protocol.hurry(on)

    def probe(self) -> None:
        """The network changed: find out soon whether the connection still lives."""
        if self._protocol is not None:
            self._protocol.probe()

    @property
    def peer_host(self) -> str:
        """The address that the registry is connected at; the empty text when it is not."""
        return self._protocol.peer_host if self._protocol is not None else ""

    @property
    def own_host(self) -> str:
        """Our own address on that connection; the empty text when there is none."""
        return self._protocol.own_host if self._protocol is not None else ""

    @property
    def on_loopback(self) -> bool:
        """The registry is on this machine."""
        return is_ip(self.peer_host) and ipaddress.ip_address(self.peer_host).is_loopback
