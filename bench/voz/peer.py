"""One end of a call as a process of its own: the real conversation, sound devices by name, plain UDP on
loopback.

    python -m bench.voz.peer ROLE OWN-PORT OTHER-PORT MICROPHONE SPEAKER SECONDS [--low-latency] [--treated]

Prints the last snapshot and the cost as one JSON object. The paths of a real call are left out on purpose:
they add nothing to the delay, and the bench needs no registry.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict

from twisted.internet import reactor as global_reactor
from twisted.internet.defer import Deferred, succeed
from twisted.internet.protocol import DatagramProtocol
from twisted.python import log

from voz.candidates import Candidate, PathId, PathKind, RelayCredentials, Role
from voz.device import sound
from voz.handshake import CallSecrets, MasterKey
from voz.net import TransportListener
from voz.session import Conversation, SoundSetup
from voz.stats import CallReport, Snapshot

ONE, OTHER = MasterKey(b"1" * 16, b"a" * 14), MasterKey(b"2" * 16, b"b" * 14)
WORDS = ("um", "dois", "tres")
SECRETS = {
    Role.CALLER: CallSecrets(ONE, OTHER, 1, 2, bytes(32), WORDS),
    Role.CALLEE: CallSecrets(OTHER, ONE, 2, 1, bytes(32), WORDS),
}


class UdpTransport(DatagramProtocol):
    """A socket on loopback towards one other."""

    path = PathKind.DIRECT
    local_candidates: tuple[Candidate, ...] = ()

    def __init__(self, reactor: object, listener: TransportListener, own: int, other: int) -> None:
        self._reactor = reactor
        self._listener = listener
        self._other = ("127.0.0.1", other)
        self._id = PathId(PathKind.DIRECT, self._other)
        self._port = reactor.listenUDP(own, self, interface="127.0.0.1")  # type: ignore[attr-defined]

    def datagramReceived(self, datagram: bytes, addr: object) -> None:
        """Hand it up."""
        self._listener.datagram_received(datagram, self._id, self._reactor.seconds())  # type: ignore[attr-defined]

    def allocate(self, credentials: RelayCredentials) -> None:
        """There is no relay."""

    def reach(self, candidates: Sequence[Candidate]) -> None:
        """The other's port is known."""

    def secure(self, stun_key: bytes) -> None:
        """The path is there."""
        self._listener.path_changed(self.path)

    def send(self, packet: bytes) -> bool:
        """Send it."""
        if self.transport is None:
            return False
        self.transport.write(packet, self._other)
        return True

    def send_everywhere(self, packet: bytes) -> None:
        """There is one path."""
        self.send(packet)

    def authenticated(self, path: PathId) -> None:
        """Nothing to learn."""

    def line_received(self, data: bytes) -> None:
        """There are no lines."""

    def stop(self) -> Deferred[None]:
        """Close the socket."""
        self._port.stopListening()
        return succeed(None)


class Quiet:
    """A listener that remembers the last snapshot and the warnings."""

    def __init__(self) -> None:
        self.last: Snapshot | None = None
        self.warnings: list[str] = []

    def snapshot(self, snapshot: Snapshot) -> None:
        """Kept."""
        self.last = snapshot

    def warning(self, code: str) -> None:
        """Kept."""
        self.warnings.append(code)

    def __getattr__(self, name: str) -> object:
        """All other news are nothing to us."""
        return lambda *_: None


def main() -> None:
    """Run one end."""
    parser = argparse.ArgumentParser()
    parser.add_argument("role", choices=[role.name.lower() for role in Role])
    parser.add_argument("own", type=int)
    parser.add_argument("other", type=int)
    parser.add_argument("microphone")
    parser.add_argument("speaker")
    parser.add_argument("seconds", type=float)
    parser.add_argument("--low-latency", action="store_true")
    parser.add_argument("--treated", action="store_true", help="treat echo, noise and level")
    args = parser.parse_args()
    reactor = global_reactor
    role = Role[args.role.upper()]
    sys.setswitchinterval(0.001)
    quiet = Quiet()
    setup = SoundSetup(
        sound.capture(args.microphone, low_latency=args.low_latency),
        sound.playback(args.speaker, low_latency=args.low_latency),
        low_latency=args.low_latency,
        echo=args.treated,
        noise=args.treated,
        automatic_gain=args.treated,
    )
    conversation = Conversation(
        reactor,
        role=role,
        call_id="bench",
        sound=setup,
        listener=quiet,
        transport=lambda reactor, listener, **_: UdpTransport(reactor, listener, args.own, args.other),
    )
    conversation.secure(SECRETS[role])
    started, cpu = time.monotonic(), time.process_time()

    def ended(report: CallReport) -> None:
        seconds = time.monotonic() - started
        figures = {
            "cpu": (time.process_time() - cpu) / seconds,
            "warnings": quiet.warnings,
            "report": asdict(report),
        }
        print(json.dumps(figures, default=lambda value: value.value))

    def end() -> None:
        conversation.end().addCallback(ended).addErrback(log.err).addBoth(lambda _: reactor.stop())

    reactor.callLater(args.seconds, end)
    reactor.run()


if __name__ == "__main__":
    main()
