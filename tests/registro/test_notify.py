"""What the service manager is told."""

from __future__ import annotations

import os
import socket
from pathlib import Path
from tempfile import TemporaryDirectory

from twisted.internet.task import Clock
from twisted.trial.unittest import TestCase

from registro.notify import Notifier, notifier, sender, watchdog_interval


class NotifierTests(TestCase):
    """Ready, alive, stopping."""

    def setUp(self) -> None:
        """Begin with a manager that keeps what it is told."""
        self.clock = Clock()
        self.told: list[str] = []

    def test_ready_when_started(self) -> None:
        """Starting says ready, once."""
        Notifier(self.clock, self.told.append, None).begin()
        self.clock.advance(100)
        self.assertEqual(
            [line for state in self.told for line in state.split("\n") if "READY" in line], ["READY=1"]
        )

    def test_alive_by_the_reactors_clock(self) -> None:
        """The watchdog is fed at every interval, also while draining, and never between."""
        service = Notifier(self.clock, self.told.append, 15.0)
        service.begin()
        self.told.clear()
        self.clock.pump([15.0, 15.0])
        service.end()
        self.clock.advance(15.0)
        self.assertEqual(
            self.told, ["WATCHDOG=1", "WATCHDOG=1", "STOPPING=1\nSTATUS=encerrando", "WATCHDOG=1"]
        )

    def test_no_watchdog_unasked(self) -> None:
        """Without an interval nothing is timed."""
        Notifier(self.clock, self.told.append, None).begin()
        self.assertEqual(self.clock.getDelayedCalls(), [])


class EnvironmentTests(TestCase):
    """What the environment says."""

    def test_no_manager(self) -> None:
        """Where no manager is named, or in no way that is known, there is nobody to tell."""
        for environ in ({}, {"NOTIFY_SOCKET": ""}, {"NOTIFY_SOCKET": "vsock:2:1"}):
            self.assertIsNone(notifier(Clock(), environ))

    def test_the_interval(self) -> None:
        """The watchdog is fed twice as often as it asks, when it is us that it asks."""
        self.assertEqual(watchdog_interval({"WATCHDOG_USEC": "30000000"}, 7), 15.0)
        self.assertEqual(watchdog_interval({"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "7"}, 7), 15.0)
        for environ in (
            {},
            {"WATCHDOG_USEC": "x"},
            {"WATCHDOG_USEC": "0"},
            {"WATCHDOG_USEC": "-5"},
            {"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "8"},
            {"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "x"},
        ):
            self.assertIsNone(watchdog_interval(environ, 7), environ)

    def test_a_real_socket(self) -> None:
        """A state arrives whole at a socket with a path and at one with an abstract name."""
        with TemporaryDirectory() as folder:
            path = str(Path(folder) / "notify")
            for address, name in ((path, path), (f"@sala-{os.getpid()}", f"\0sala-{os.getpid()}")):
                with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
                    manager.bind(name)
                    manager.settimeout(5)
                    send = sender({"NOTIFY_SOCKET": address})
                    assert send is not None
                    send("READY=1")
                    self.assertEqual(manager.recv(100), b"READY=1")

    def test_a_manager_that_went_away(self) -> None:
        """Telling a manager that is gone does nothing, and harms nobody."""
        send = sender({"NOTIFY_SOCKET": "/nirgends/notify"})
        assert send is not None
        send("READY=1")
