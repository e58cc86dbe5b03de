"""Notifications and the dark look over a real session bus, with a desktop of the test at its other end."""

from __future__ import annotations

import os
import queue
import shutil
import subprocess
import tempfile
import threading
from pathlib import Path
from typing import Any

from jeepney import HeaderFields, MessageType, new_method_return, new_signal
from jeepney.bus_messages import message_bus
from jeepney.io.blocking import open_dbus_connection
from jeepney.wrappers import DBusAddress
from twisted.trial.unittest import SynchronousTestCase

from kivy_client.platforms.session_bus import SessionBus

NOTES = "org.freedesktop.Notifications"
PORTAL = "org.freedesktop.portal.Desktop"
SETTINGS = "org.freedesktop.portal.Settings"
PATIENCE = 10.0


class Desktop:
    """A desktop: shows notifications (in `shown`), and prefers the dark look if told so."""

    def __init__(self, dark: int) -> None:
        self.dark = dark
        self.shown: queue.Queue[tuple[str, Any]] = queue.Queue()
        self.connection = open_dbus_connection("SESSION")
        for name in (NOTES, PORTAL):
            self.connection.send_and_get_reply(message_bus.RequestName(name))
        self.thread = threading.Thread(target=self._serve, daemon=True)
        self.thread.start()

    def press(self, number: int, key: str) -> None:
        """Somebody presses a button of a notification."""
        emitter = DBusAddress("/org/freedesktop/Notifications", NOTES, NOTES)
        self.connection.send(new_signal(emitter, "ActionInvoked", "us", (number, key)))

    def turn(self, dark: int) -> None:
        """Somebody changes the look."""
        emitter = DBusAddress("/org/freedesktop/portal/desktop", PORTAL, SETTINGS)
        values = ("org.freedesktop.appearance", "color-scheme", ("u", dark))
        self.connection.send(new_signal(emitter, "SettingChanged", "ssv", values))

    def close(self) -> None:
        """Leave the bus."""
        self.connection.sock.shutdown(2)
        self.thread.join(PATIENCE)
        self.connection.close()

    def _serve(self) -> None:
        while True:
            try:
                message = self.connection.receive()
                if message.header.message_type is MessageType.method_call:
                    self._answer(message)
            except (OSError, EOFError):
                return

    def _answer(self, message: Any) -> None:
        member = message.header.fields[HeaderFields.member]
        self.shown.put((member, message.body))
        replies: dict[str, tuple[str, Any]] = {
            "Notify": ("u", (7,)),
            "CloseNotification": ("", ()),
            "Read": ("v", (("v", ("u", self.dark)),)),
        }
        signature, body = replies[member]
        self.connection.send(new_method_return(message, signature, body))


class SessionBusTests(SynchronousTestCase):
    """What the client asks of the desktop, and what the desktop tells it."""

    if shutil.which("dbus-daemon") is None:
        skip = "needs dbus-daemon"

    def setUp(self) -> None:
        """A bus of its own, and a desktop on it."""
        folder = Path(self.enterContext(tempfile.TemporaryDirectory(prefix="sala-bus-")))
        address = f"unix:path={folder}/bus"
        command = ["dbus-daemon", "--session", "--nofork", "--print-address=1", f"--address={address}"]
        quiet = subprocess.DEVNULL
        self.daemon = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=quiet, text=True)
        assert self.daemon.stdout is not None
        self.daemon.stdout.readline()
        self.addCleanup(self.end)
        self.patch(os, "environ", os.environ | {"DBUS_SESSION_BUS_ADDRESS": address})
        self.desktop = Desktop(dark=1)
        self.addCleanup(self.desktop.close)
        bus = SessionBus.open()
        assert bus is not None
        self.bus = bus
        self.addCleanup(self.bus.close)

    def end(self) -> None:
        """End the bus."""
        assert self.daemon.stdout is not None
        self.daemon.terminate()
        self.daemon.wait(PATIENCE)
        self.daemon.stdout.close()

    def asked(self) -> tuple[str, Any]:
        """What the desktop was asked next."""
        return self.desktop.shown.get(timeout=PATIENCE)

    def test_dark(self) -> None:
        """The portal's word is heard at once, and each change of it."""
        self.assertTrue(self.bus.prefers_dark())
        turned: queue.Queue[bool] = queue.Queue()
        self.bus.watch_dark(turned.put)
        self.bus.notify("x", "fence", "", {}, lambda _key: None)
        while self.asked()[0] != "Notify":
            pass
        self.desktop.turn(2)
        self.assertFalse(turned.get(timeout=PATIENCE))
        self.desktop.turn(1)
        self.assertTrue(turned.get(timeout=PATIENCE))

    def test_notification(self) -> None:
        """A call's notification has its buttons; the one that is pressed comes back; it can be taken away."""
        pressed: queue.Queue[str] = queue.Queue()
        self.bus.notify("ligacao", "ana está ligando", "", {"atender": "Atender"}, pressed.put)
        member, body = self.asked()
        self.assertEqual((member, body[3], body[5]), ("Notify", "ana está ligando", ["atender", "Atender"]))
        self.wait_for_number("ligacao")
        self.desktop.press(7, "atender")
        self.assertEqual(pressed.get(timeout=PATIENCE), "atender")
        self.bus.withdraw("ligacao")
        self.assertEqual(self.asked(), ("CloseNotification", (7,)))

    def test_replaces_its_former_one(self) -> None:
        """A second notification of the same key takes the first one's place."""
        self.bus.notify("ligacao", "um", "", {}, lambda _key: None)
        self.asked()
        self.wait_for_number("ligacao")
        self.bus.notify("ligacao", "dois", "", {}, lambda _key: None)
        self.assertEqual(self.asked()[1][1], 7)

    def test_close_ends_the_thread(self) -> None:
        """Closing ends the reading thread within a second."""
        self.bus.notify("x", "um", "", {}, lambda _key: None)
        self.bus.close()
        self.assertFalse(any(thread.name == "session-bus" for thread in threading.enumerate()))

    def wait_for_number(self, key: str) -> None:
        """Until the desktop's answer has come."""
        fence = threading.Event()
        for _turn in range(1000):
            if key in self.bus._numbers:
                return
            fence.wait(0.01)
        self.fail("the desktop's answer did not come")


class NoBusTests(SynchronousTestCase):
    """A machine without a session bus."""

    def test_none(self) -> None:
        """Without an address, or with nobody at it, there is no bus, and nothing raises."""
        self.patch(os, "environ", {})
        self.assertIsNone(SessionBus.open())
        self.patch(os, "environ", {"DBUS_SESSION_BUS_ADDRESS": "unix:path=/nada/aqui"})
        self.assertIsNone(SessionBus.open())
