"""The relay's parent, with a child of the tests' own in the relay's place."""

from __future__ import annotations

import os
import signal
import socket
import sys
from pathlib import Path
from typing import Any

from twisted.internet import reactor
from twisted.internet.defer import Deferred, inlineCallbacks
from twisted.internet.task import deferLater
from twisted.trial.unittest import TestCase

from registro.children.relay_process import AGAIN, RelayProcess

SECRET = b"segredo do rele\0\xff"
_CHILD = """
import base64, json, os, socket, sys
number = int(sys.argv[sys.argv.index("--descritor") + 1])
secret = base64.b64decode(sys.stdin.readline())
line = socket.socket(fileno=number)
assert sys.argv[-2:] == ["--realm", "sala"]
print("isto nao e JSON", flush=True)
print(json.dumps({"ready": True, "loop": "teste"}), flush=True)
print(json.dumps({"port": line.getsockname()[1], "secret": secret.hex(), "argv": sys.argv}), flush=True)
sys.stderr.write("uma queixa\\n"); sys.stderr.flush()
sys.stdin.read()
"""
_DEAF = (
    "import signal, sys, time\nsys.stdin.readline()\nprint('{\"ready\": true}', flush=True)\ntime.sleep(600)"
)


class RelayProcessTests(TestCase):
    """Started, watched, started again, stopped."""

    def setUp(self) -> None:
        """Bind a socket for the child to inherit."""
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.addCleanup(self.socket.close)
        self.reports: list[str] = []

    def make(self, program: str = _CHILD) -> RelayProcess:
        """Make the parent of a program."""
        script = Path(self.mktemp()).absolute()
        script.write_text(program, encoding="utf-8")
        argv = (sys.executable, str(script))
        relay = RelayProcess(reactor, self.socket, SECRET, self.reports.append, argv)
        self.addCleanup(relay.stop)
        return relay

    @inlineCallbacks
    def until(self, so: Any) -> Any:
        """Wait until something is so; the test's own time-out ends it."""
        while not so():
            yield deferLater(reactor, 0.01)  # type: ignore[arg-type]

    @inlineCallbacks
    def test_started(self) -> Any:
        """The child has the socket, the secret by stdin alone; what it says are counters and reports."""
        relay = self.make()
        relay.start()
        yield relay.ready
        yield self.until(lambda: relay.counters and self.reports)
        self.assertEqual(relay.counters["port"], self.socket.getsockname()[1])
        self.assertEqual(bytes.fromhex(relay.counters["secret"]), SECRET)
        self.assertNotIn("segredo", str(relay.counters["argv"]))
        self.assertEqual((relay.running, relay.loop, self.reports), (True, "teste", ["relé: uma queixa"]))

    @inlineCallbacks
    def test_started_again(self) -> Any:
        """A child that is killed is there again within a second, on the same socket."""
        relay = self.make()
        relay.start()
        yield self.until(lambda: relay.running)
        for _ in range(2):
            first = relay.pid
            assert first is not None
            os.kill(first, signal.SIGKILL)
            yield self.until(lambda first=first: relay.running and relay.pid != first)
        self.assertEqual(relay.starts, 3)
        self.assertLess(max(AGAIN), 1)
        self.assertTrue(any("terminou" in report for report in self.reports))

    @inlineCallbacks
    def test_never_ready(self) -> Any:
        """A child that cannot run is tried again, less and less often, and stopping ends that."""
        relay = self.make("import sys; sys.exit(3)")
        relay.start()
        yield self.until(lambda: relay.starts == 3)
        yield relay.stop()
        starts = relay.starts
        yield deferLater(reactor, max(AGAIN) + 0.1)  # type: ignore[arg-type]
        self.assertEqual((relay.starts, relay.running, relay.ready.called), (starts, False, False))

    @inlineCallbacks
    def test_stopped(self) -> Any:
        """Stopping closes its stdin; a child that does not listen is killed."""
        for program in (_CHILD, _DEAF):
            relay = self.make(program)
            relay.start()
            yield self.until(lambda relay=relay: relay.running)
            pid = relay.pid
            stopped: Deferred[None] = relay.stop()
            yield stopped
            self.assertFalse(Path(f"/proc/{pid}").exists())
            self.assertFalse(relay.running)
