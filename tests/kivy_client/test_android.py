"""The tablet's facade, with Java classes made for the test."""

from __future__ import annotations

import configparser
import sys
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any
from unittest.mock import MagicMock, patch

from twisted.trial.unittest import SynchronousTestCase

SPEC = Path(__file__).resolve().parents[2] / "kivy_client" / "android" / "buildozer.spec"
MODULE = "kivy_client.platforms.android"


class AndroidTests(SynchronousTestCase):
    """What is asked of the system."""

    level = 34

    def setUp(self) -> None:
        """A module `jnius` whose classes note what is called."""
        self.classes: dict[str, Any] = {}
        jnius = ModuleType("jnius")
        jnius.autoclass = self.autoclass  # type: ignore[attr-defined]
        jnius.cast = lambda _kind, thing: thing  # type: ignore[attr-defined]
        modules = patch.dict(sys.modules, {"jnius": jnius})
        modules.start()
        self.addCleanup(modules.stop)
        sys.modules.pop(MODULE, None)
        self.android: Any = import_module(MODULE)
        self.platform = self.android.AndroidPlatform()
        self.audio = self.platform._activity.getSystemService("audio")

    def autoclass(self, name: str) -> Any:
        """The class of that name."""
        made = self.classes.setdefault(name, MagicMock(name=name))
        if name == "android.os.Build$VERSION":
            made.SDK_INT = self.level
        return made

    def test_call(self) -> None:
        """A call takes one wake lock and one service, and gives both back, once."""
        for on in (True, True, False, False):
            self.platform.keep_awake(on)
        service = self.classes[self.android.SERVICE]
        service.start.assert_called_once_with(self.platform._activity, "")
        service.stop.assert_called_once_with(self.platform._activity)
        self.assertIsNone(self.platform._wake)

    def test_service_is_built(self) -> None:
        """The service that is started is the one that the package declares, with the permissions it needs."""
        said = configparser.ConfigParser(interpolation=None)
        said.read(SPEC)
        app = said["app"]
        name, file, *kinds = app["services"].split(":")
        self.assertEqual(self.android.SERVICE, f"{app['package.domain']}.{app['package.name']}.Service{name}")
        self.assertTrue((SPEC.parent / file).exists())
        self.assertEqual(kinds, ["foreground", "foregroundServiceType=microphone"])
        permissions = set(app["android.permissions"].split(","))
        self.assertLessEqual({"FOREGROUND_SERVICE", "FOREGROUND_SERVICE_MICROPHONE"}, permissions)
        asked = {name.rpartition(".")[2] for name in (*self.android.PERMISSIONS, self.android.BLUETOOTH)}
        self.assertLessEqual(asked, permissions)

    def test_routes(self) -> None:
        """The routes are those of the call devices, and the one that is chosen is used."""
        devices = [MagicMock(**{"getType.return_value": kind}) for kind in (1, 2, 99, 26)]
        self.audio.getAvailableCommunicationDevices().toArray.return_value = devices
        self.assertEqual(self.platform.speaker_routes(), ("earpiece", "speaker", "bluetooth"))
        self.platform.choose_route("speaker")
        self.audio.setCommunicationDevice.assert_called_once_with(devices[1])

    def test_permissions(self) -> None:
        """Bluetooth is asked for where the system wants that."""
        self.platform.ask_permissions()
        asked = self.classes["androidx.core.app.ActivityCompat"].requestPermissions.call_args.args[1]
        self.assertIn(self.android.BLUETOOTH, asked)


class OldAndroidTests(AndroidTests):
    """Android 8 to 11, which know no list of call devices."""

    level = 26

    def test_routes(self) -> None:
        """Ear and loudspeaker, by the switch there is."""
        self.assertEqual(self.platform.speaker_routes(), ("earpiece", "speaker"))
        self.platform.choose_route("speaker")
        self.audio.setSpeakerphoneOn.assert_called_once_with(True)
        self.audio.setCommunicationDevice.assert_not_called()

    def test_permissions(self) -> None:
        """Bluetooth needs no question."""
        self.platform.ask_permissions()
        asked = self.classes["androidx.core.app.ActivityCompat"].requestPermissions.call_args.args[1]
        self.assertEqual(asked, list(self.android.PERMISSIONS))
