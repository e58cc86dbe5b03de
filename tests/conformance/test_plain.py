"""Section 1: the plain endpoint is never there by default, and never anywhere but on a loopback address."""

import socket
import subprocess
import tempfile
import unittest
from pathlib import Path

from tests.conformance.case import Case, ring, talk
from tests.conformance.client import Client
from tests.conformance.daemon import ROOT, START, Daemon
from tests.conformance.streams import PlainStream


class Where(unittest.TestCase):
    """Starts that must be refused, or that must not open it."""

    def test_refused_elsewhere(self) -> None:
        """A plain endpoint on an address that is not loopback is refused at the start."""
        starts = []
        for where in ("0.0.0.0:0", "192.0.2.1:0", "[::]:0", "tcp:0", "tcp:0:interface=0.0.0.0"):
            state = Path(self.enterContext(tempfile.TemporaryDirectory()))
            command = Daemon("--texto-simples", where, state=state, plain=False).command()
            process = subprocess.Popen(
                command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
            )
            self.addCleanup(process.wait)
            self.addCleanup(process.kill)
            starts.append((where, process))
        for where, process in starts:
            try:
                output, _ = process.communicate(timeout=START)
            except subprocess.TimeoutExpired:
                self.fail(f"it runs with --texto-simples {where}")
            self.assertNotEqual(process.returncode, 0, where)
            self.assertNotIn("Traceback", output, where)

    def test_not_by_default(self) -> None:
        """Without the option no port that the daemon names speaks plain text."""
        daemon = Daemon(plain=False)
        self.addCleanup(daemon.stop)
        daemon.start()
        client = daemon.tls()
        client.barrier()
        client.drop()
        daemon.plain = True
        for port in daemon.ports():
            self.assertFalse(daemon.greets(port), port)

    def test_unix_socket(self) -> None:
        """The plain endpoint may be a UNIX socket, with its challenge, and speaks to the same registry."""
        path = Path(self.enterContext(tempfile.TemporaryDirectory())) / "sala.sock"
        daemon = Daemon("--texto-simples", f"unix:{path}", plain=False)
        self.addCleanup(daemon.stop)
        daemon.start()
        sock = socket.socket(socket.AF_UNIX)
        sock.settimeout(START)
        sock.connect(str(path))
        ana, bia = Client(PlainStream(sock)), daemon.tls()
        ana.register("ana")
        bia.register("bia")
        call = talk(bia, ana)
        ana.send("ENCERRAR-LIGACAO", chamada=call.id, codigo="normal")
        bia.wait("ENCERRAR-LIGACAO")
        for client in (ana, bia):
            client.drop()


class Together(Case):
    """One table for both endpoints."""

    def test_mixed_call(self) -> None:
        """Somebody at the plain endpoint and somebody by TLS see and call each other."""
        ana, bia = self.person("ana", plain=True), self.person("bia")
        call = ring(ana, bia)
        bia.send("TOCANDO", chamada=call.id)
        self.assertEqual(ana.wait("TOCANDO").keys["de"], bia.name)
