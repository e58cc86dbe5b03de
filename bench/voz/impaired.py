"""A line with jitter between two programs that talk over UDP on loopback, as a process of its own.

    python -m bench.voz.impaired JITTER-MS ports IN:OUT IN:OUT
    python -m bench.voz.impaired JITTER-MS sip PORT CALLEE-PORT

`ports` carries what comes to IN on to OUT. `sip` stands between a caller who dials PORT and the callee: it
carries SIP over at once, and writes ports of its own into the session descriptions (RFC 4566), so that the
sound of both directions goes through it. Jitter is the loss matrix's: a gamma distribution of that mean, in
which packets overtake each other. Ends when its standard input does.
"""

from __future__ import annotations

import re
import sys
from typing import Any

from twisted.internet import reactor as global_reactor
from twisted.internet.protocol import DatagramProtocol
from twisted.internet.stdio import StandardIO
from twisted.protocols.basic import LineReceiver

from tests.support.line import Impairment, Line

HOST = "127.0.0.1"
_AUDIO = re.compile(rb"(?<=\nm=audio )\d+")
_ADDRESS = re.compile(rb"\nc=IN IP4 ([0-9.]+)")
_LENGTH = re.compile(rb"(?i)(?<=\ncontent-length:)\s*\d+")


class Relayed(DatagramProtocol):
    """What comes in goes on to `address`, by an impaired line."""

    def __init__(self, reactor: Any, impairment: Impairment, address: tuple[str, int], seed: int) -> None:
        self._line = Line(reactor, impairment, seed)
        self._line.deliver = lambda data, _: self._send(data)
        self._address = address

    def datagramReceived(self, datagram: bytes, addr: object) -> None:
        """Delay it."""
        self._line.send(datagram)

    def _send(self, data: bytes) -> None:
        if self.transport is not None:
            self.transport.write(data, self._address)


class SipRelay(DatagramProtocol):
    """SIP between one caller and the callee at `callee`."""

    def __init__(self, reactor: Any, impairment: Impairment, callee: int) -> None:
        self._reactor = reactor
        self._impairment = impairment
        self._callee = (HOST, callee)
        self._caller: tuple[str, int] | None = None
        self._stand_ins: dict[tuple[str, int], int] = {}

    def datagramReceived(self, datagram: bytes, addr: tuple[str, int]) -> None:
        """Carry it to the other, with our ports for theirs."""
        if addr != self._callee:
            self._caller = addr
        to = self._caller if addr == self._callee else self._callee
        if self.transport is not None and to is not None:
            self.transport.write(self.rewritten(datagram), to)

    def rewritten(self, message: bytes) -> bytes:
        """The message with a port of ours for each one that sound shall be sent to."""
        head, end, body = message.partition(b"\r\n\r\n")
        port, host = _AUDIO.search(body), _ADDRESS.search(body)
        if port is None or host is None:
            return message
        body = _AUDIO.sub(b"%d" % self._stand_in((host[1].decode(), int(port[0]))), body)
        return _LENGTH.sub(b" %d" % len(body), head) + end + body

    def _stand_in(self, address: tuple[str, int]) -> int:
        """Our port, at the same address, for the one that sound shall be sent to."""
        if address not in self._stand_ins:
            relayed = Relayed(self._reactor, self._impairment, address, len(self._stand_ins) + 1)
            port = self._reactor.listenUDP(0, relayed, interface=address[0]).getHost().port
            self._stand_ins[address] = port
        return self._stand_ins[address]


class UntilClosed(LineReceiver):
    """Standard input: nothing comes, and its end is ours."""

    def connectionLost(self, reason: object = None) -> None:
        """Stop."""
        reactor: Any = global_reactor
        if reactor.running:
            reactor.stop()


def main(argv: list[str]) -> None:
    """Run until standard input ends."""
    reactor: Any = global_reactor
    impairment = Impairment(delay=0.0, jitter=float(argv[0]) / 1000)
    if argv[1] == "sip":
        reactor.listenUDP(int(argv[2]), SipRelay(reactor, impairment, int(argv[3])), interface=HOST)
    else:
        for seed, pair in enumerate(argv[2:], 1):
            entry, _, exit_port = pair.partition(":")
            relayed = Relayed(reactor, impairment, (HOST, int(exit_port)), seed)
            reactor.listenUDP(int(entry), relayed, interface=HOST)
    StandardIO(UntilClosed())
    print("ready", flush=True)
    reactor.run()


if __name__ == "__main__":
    main(sys.argv[1:])
