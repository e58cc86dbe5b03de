"""Android, through pyjnius: permissions, wake lock, audio route, vibration, notifications.

Built by `kivy_client/android/buildozer.spec`. The classes are Android's own; calls go through the activity.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from jnius import autoclass, cast

from kivy_client.platforms.facade import Answer, NoPlatform

CHANNEL = "sala"
PERMISSIONS = ("android.permission.RECORD_AUDIO", "android.permission.POST_NOTIFICATIONS")
BLUETOOTH = "android.permission.BLUETOOTH_CONNECT"
ROUTES_SINCE = 31
"""The first API level that lists the devices of a call, and asks before it lets one use Bluetooth."""
SERVICE = "org.saladeconversa.sala.ServiceLigacao"
"""What python-for-android makes of `services` in buildozer.spec."""
RING_PATTERN = [0, 700, 500]
"""Milliseconds: wait, vibrate, pause; repeated."""
NIGHT_MASK, NIGHT_YES = 0x30, 0x20
"""Configuration.uiMode: the night bits, and their value at night."""
ROUTES = {1: "earpiece", 2: "speaker", 3: "headset", 4: "headset", 7: "bluetooth", 26: "bluetooth"}
"""AudioDeviceInfo.getType() → route."""


class AndroidPlatform(NoPlatform):
    """The tablet."""

    def __init__(self) -> None:
        self._activity: Any = autoclass("org.kivy.android.PythonActivity").mActivity
        self._wake: Any = None
        self._numbers: dict[str, int] = {}

    def prefers_dark(self) -> bool:
        """The configuration's night mode."""
        mode = self._activity.getResources().getConfiguration().uiMode
        return bool(mode & NIGHT_MASK == NIGHT_YES)

    def watch_dark(self, changed: Callable[[bool], None]) -> None:
        """Android restarts the activity when that changes."""

    def notify(self, key: str, title: str, body: str, buttons: dict[str, str], answer: Answer) -> None:
        """Show a notification; a tap brings the activity forward, where the buttons are."""
        manager = self._service("notification", "android.app.NotificationManager")
        channel = autoclass("android.app.NotificationChannel")(CHANNEL, CHANNEL, 4)
        manager.createNotificationChannel(channel)
        note = autoclass("android.app.Notification$Builder")(self._activity, CHANNEL)
        note.setContentTitle(title).setContentText(body).setAutoCancel(True)
        note.setSmallIcon(self._activity.getApplicationInfo().icon)
        note.setContentIntent(self._come_forward())
        number = self._numbers.setdefault(key, len(self._numbers) + 1)
        manager.notify(number, note.build())

    def withdraw(self, key: str) -> None:
        """Take it back."""
        number = self._numbers.get(key)
        if number is not None:
            self._service("notification", "android.app.NotificationManager").cancel(number)

    def vibrate(self, on: bool) -> None:
        """Vibrate like a telephone."""
        vibrator = self._service("vibrator", "android.os.Vibrator")
        if on:
            effect = autoclass("android.os.VibrationEffect")
            vibrator.vibrate(effect.createWaveform(RING_PATTERN, 0))
        else:
            vibrator.cancel()

    def keep_awake(self, on: bool) -> None:
        """A partial wake lock, the audio mode of a call, and the service that keeps the microphone open."""
        audio = self._service("audio", "android.media.AudioManager")
        audio.setMode(3 if on else 0)  # MODE_IN_COMMUNICATION, MODE_NORMAL
        if on and self._wake is None:
            power = self._service("power", "android.os.PowerManager")
            self._wake = power.newWakeLock(1, "sala:ligacao")  # PARTIAL_WAKE_LOCK
            self._wake.acquire()
            autoclass(SERVICE).start(self._activity, "")
        elif not on and self._wake is not None:
            autoclass(SERVICE).stop(self._activity)
            self._wake.release()
            self._wake = None

    def ask_permissions(self) -> None:
        """Ask for the microphone and for notifications, and for Bluetooth where that is asked."""
        wanted = [*PERMISSIONS, BLUETOOTH] if self._level() >= ROUTES_SINCE else list(PERMISSIONS)
        autoclass("androidx.core.app.ActivityCompat").requestPermissions(self._activity, wanted, 1)

    def speaker_routes(self) -> tuple[str, ...]:
        """The call devices there are; before API 31 the two that every telephone has."""
        if self._level() < ROUTES_SINCE:
            return ("earpiece", "speaker")
        audio = self._service("audio", "android.media.AudioManager")
        kinds = [device.getType() for device in audio.getAvailableCommunicationDevices().toArray()]
        return tuple(dict.fromkeys(ROUTES[kind] for kind in kinds if kind in ROUTES))

    def choose_route(self, route: str) -> None:
        """Send the call's sound there."""
        audio = self._service("audio", "android.media.AudioManager")
        if self._level() < ROUTES_SINCE:
            audio.setSpeakerphoneOn(route == "speaker")
            return
        for device in audio.getAvailableCommunicationDevices().toArray():
            if ROUTES.get(device.getType()) == route:
                audio.setCommunicationDevice(device)
                return

    def stop(self) -> None:
        """Let go of the wake lock and the vibrator."""
        self.keep_awake(False)
        self.vibrate(False)

    @staticmethod
    def _level() -> int:
        """The system's API level."""
        return int(autoclass("android.os.Build$VERSION").SDK_INT)

    def _service(self, name: str, kind: str) -> Any:
        """A system service as its own class."""
        return cast(kind, self._activity.getSystemService(name))

    def _come_forward(self) -> Any:
        """The intent that shows the activity."""
        intent = autoclass("android.content.Intent")(self._activity, self._activity.getClass())
        return autoclass("android.app.PendingIntent").getActivity(self._activity, 0, intent, 0x04000000)
