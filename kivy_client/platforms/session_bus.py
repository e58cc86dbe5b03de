"""The freedesktop session bus: notifications with buttons, and the portal's word on the dark look.

One thread reads what the bus says; requests are written from any thread under a lock.  (Desktop Notifications
Specification 1.2; org.freedesktop.portal.Settings, `color-scheme`: 1 is dark.)
"""

from __future__ import annotations

import contextlib
import os
import socket
import threading
from collections.abc import Callable
from typing import Any

from kivy_client.platforms.facade import Answer

try:
    from jeepney import DBusAddress, MatchRule, MessageType, message_bus, new_method_call
    from jeepney.io.blocking import DBusConnection, open_dbus_connection
except ImportError:  # the extra is for desktops; without it there are no notifications
    open_dbus_connection = None

PATIENCE = 0.3
"""Seconds that the bus and the portal have for their first answers."""
APP = "Sala de Conversa"


class SessionBus:
    """A connection to the session bus."""

    def __init__(self, connection: Any) -> None:
        self._connection: DBusConnection = connection
        self._lock = threading.Lock()
        self._answers: dict[int, Answer] = {}
        self._numbers: dict[str, int] = {}
        self._asked: dict[int, tuple[str, Answer]] = {}
        self._dark: Callable[[bool], None] | None = None
        self._thread: threading.Thread | None = None
        self._closing = False

    @classmethod
    def open(cls) -> SessionBus | None:
        """Connect; None where there is no bus or nothing that speaks it."""
        if open_dbus_connection is None or not os.environ.get("DBUS_SESSION_BUS_ADDRESS"):
            return None
        try:
            connection = open_dbus_connection("SESSION", auth_timeout=PATIENCE)
        except (OSError, ValueError, TimeoutError):
            return None
        return cls(connection)

    def prefers_dark(self) -> bool | None:
        """The portal's answer; None where there is no portal."""
        request = new_method_call(_PORTAL, "Read", "ss", ("org.freedesktop.appearance", "color-scheme"))
        try:
            reply = self._connection.send_and_get_reply(request, timeout=PATIENCE)
        except (OSError, TimeoutError):
            return None
        if reply.header.message_type is not MessageType.method_return:
            return None
        return _is_dark(reply.body[0])

    def watch_dark(self, changed: Callable[[bool], None]) -> None:
        """Listen to the portal's signal."""
        self._dark = changed
        self._match(MatchRule(type="signal", interface=_PORTAL.interface, member="SettingChanged"))
        self._listen()

    def notify(self, key: str, title: str, body: str, buttons: dict[str, str], answer: Answer) -> None:
        """Show a notification, in the place of the former one of that key."""
        self._listen()
        actions = [part for pair in buttons.items() for part in pair]
        hints = {"urgency": ("y", 2 if buttons else 1), "category": ("s", "call")}
        with self._lock:
            replaced = self._numbers.get(key, 0)
        values = (APP, replaced, "sala", title, body, actions, hints, 60000 if buttons else 10000)
        self._send(new_method_call(_NOTES, "Notify", "susssasa{sv}i", values), (key, answer))

    def withdraw(self, key: str) -> None:
        """Close the notification of that key."""
        with self._lock:
            number = self._numbers.pop(key, 0)
            self._answers.pop(number, None)
        if number:
            self._send(new_method_call(_NOTES, "CloseNotification", "u", (number,)), None)

    def close(self) -> None:
        """End the thread and the connection."""
        self._closing = True
        with contextlib.suppress(OSError):
            self._connection.sock.shutdown(socket.SHUT_RDWR)
        if self._thread is not None:
            self._thread.join(1)
        self._connection.close()

    def _send(self, message: Any, asked: tuple[str, Answer] | None) -> None:
        with self._lock:
            serial = next(self._connection.outgoing_serial)
            if asked is not None:
                self._asked[serial] = asked
            try:
                self._connection.send(message, serial=serial)
            except OSError:
                self._asked.pop(serial, None)

    def _match(self, rule: Any) -> None:
        self._send(message_bus.AddMatch(rule), None)

    def _listen(self) -> None:
        """Start the reading thread with the first use."""
        if self._thread is not None:
            return
        self._thread = threading.Thread(target=self._read, name="session-bus", daemon=True)
        for member in ("ActionInvoked", "NotificationClosed"):
            self._match(MatchRule(type="signal", interface=_NOTES.interface, member=member))
        self._thread.start()

    def _read(self) -> None:
        """Take what the bus says until the connection is closed."""
        while not self._closing:
            try:
                message = self._connection.receive()
            except (OSError, EOFError):
                return
            self._take(message)

    def _take(self, message: Any) -> None:
        header = message.header
        fields = {field.name: value for field, value in header.fields.items()}
        if header.message_type is MessageType.method_return:
            self._numbered(fields.get("reply_serial", 0), message.body)
        elif header.message_type is MessageType.signal:
            handler = _SIGNALS.get(fields.get("member", ""))
            if handler is not None:
                handler(self, message.body)

    def _numbered(self, serial: int, body: Any) -> None:
        """The answer to Notify: the notification's number."""
        with self._lock:
            asked = self._asked.pop(serial, None)
            if asked is not None and body:
                key, answer = asked
                self._numbers[key] = body[0]
                self._answers[body[0]] = answer

    def _invoked(self, body: Any) -> None:
        with self._lock:
            answer = self._answers.get(body[0])
        if answer is not None:
            answer(str(body[1]))

    def _gone(self, body: Any) -> None:
        with self._lock:
            self._answers.pop(body[0], None)
            self._numbers = {key: number for key, number in self._numbers.items() if number != body[0]}

    def _changed(self, body: Any) -> None:
        if self._dark is not None and body[:2] == ("org.freedesktop.appearance", "color-scheme"):
            self._dark(_is_dark(body[2]))


def _is_dark(value: Any) -> bool:
    """A variant (perhaps in a variant) as the setting says it."""
    while isinstance(value, tuple):
        value = value[1]
    return bool(value == 1)


if open_dbus_connection is not None:
    _NOTES = DBusAddress(
        "/org/freedesktop/Notifications", "org.freedesktop.Notifications", "org.freedesktop.Notifications"
    )
    _PORTAL = DBusAddress(
        "/org/freedesktop/portal/desktop", "org.freedesktop.portal.Desktop", "org.freedesktop.portal.Settings"
    )
_SIGNALS: dict[str, Callable[[SessionBus, Any], None]] = {
    "ActionInvoked": SessionBus._invoked,
    "NotificationClosed": SessionBus._gone,
    "SettingChanged": SessionBus._changed,
}
