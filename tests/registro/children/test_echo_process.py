"""The user «eco» beside the daemon: started, watched, started again, ended."""

import sys
from pathlib import Path

from twisted.internet import reactor
from twisted.internet.defer import Deferred, inlineCallbacks
from twisted.internet.task import Clock, deferLater
from twisted.trial.unittest import SynchronousTestCase, TestCase

from registro.children.echo_process import AGAIN, EchoChild, EchoProcess
from registro.wire.address import ServerAddress

ADDRESS = ServerAddress("127.0.0.1", 5000, "a" * 52)

CHILD = """
import sys
sys.stderr.write("sala-cli: eco pronto\\n" + " ".join(sys.argv[1:]) + "\\n")
sys.stderr.flush()
sys.stdin.read()
"""


class FakeReactor(Clock):
    """Spawns nothing, and remembers what."""

    def __init__(self) -> None:
        super().__init__()
        self.spawned: list[tuple[EchoChild, list[str]]] = []

    def spawnProcess(self, child: EchoChild, executable: str, argv: list[str], env: object) -> None:
        """Remember."""
        self.spawned.append((child, argv))


class WatchTests(SynchronousTestCase):
    """What the daemon does about its echo."""

    def setUp(self) -> None:
        """An echo that is started."""
        self.reactor = FakeReactor()
        self.reports: list[str] = []
        self.state = Path(self.mktemp())
        self.echo = self.make(None)
        self.echo.startService()

    def make(self, invitation: bytes | None) -> EchoProcess:
        """Return an echo."""
        return EchoProcess(
            self.reactor, lambda: ADDRESS, self.state, invitation, self.reports.append, ("sala-cli",)
        )

    def test_command_line(self) -> None:
        """It is told server, folder and name, and ends with its stdin."""
        argv = self.reactor.spawned[0][1]
        self.assertEqual("sala-cli", argv[0])
        self.assertEqual(str(ADDRESS), argv[argv.index("--servidor") + 1])
        self.assertEqual(["--nome", "eco", "eco", "--ate-fim-da-entrada"], argv[-4:])

    def test_invitation(self) -> None:
        """Where new names need an invitation it is given one, in a private file and not in the open."""
        self.make(b"segredo").startService()
        argv = self.reactor.spawned[-1][1]
        self.assertNotIn("segredo", argv)
        path = Path(argv[argv.index("--convite") + 1])
        self.assertEqual(b"segredo", path.read_bytes())
        self.assertEqual(0o600, path.stat().st_mode & 0o777)

    def test_again(self) -> None:
        """It is started again, each time later, and soon again after it was ready."""
        for number, wait in enumerate((*AGAIN, AGAIN[-1]), 1):
            self.echo.ended("exit 1", "sem módulo")
            self.reactor.advance(wait - 0.01)
            self.assertEqual(number, len(self.reactor.spawned))
            self.reactor.advance(0.02)
            self.assertEqual(number + 1, len(self.reactor.spawned))
        self.assertIn("sem módulo", self.reports[0])
        self.reactor.spawned[-1][0].errReceived(b"sala-cli: eco pronto\n")
        self.assertTrue(self.echo.ready)
        self.echo.ended("exit 1", "")
        self.assertFalse(self.echo.ready)
        self.reactor.advance(AGAIN[0])
        self.assertEqual(len(AGAIN) + 3, len(self.reactor.spawned))

    def test_stopping_between(self) -> None:
        """A daemon that ends while it waits does not start it any more."""
        self.echo.ended("exit 1", "")
        self.successResultOf(self.echo.stopService())
        self.reactor.advance(1000)
        self.assertEqual(1, len(self.reactor.spawned))


class ProcessTests(TestCase):
    """A real process."""

    @inlineCallbacks
    def test_begin_and_end(self) -> "Deferred[None]":
        """It runs until the daemon ends, and is gone then."""
        script = Path(self.mktemp())
        script.write_text(CHILD, "utf-8")
        reports: list[str] = []
        echo = EchoProcess(
            reactor, lambda: ADDRESS, script.parent, None, reports.append, (sys.executable, str(script))
        )
        echo.startService()
        while not echo.ready:
            yield deferLater(reactor, 0.02)
        yield echo.stopService()
        self.assertFalse(echo.ready)
        self.assertEqual([], reports)
