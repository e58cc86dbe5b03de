"""The screens in a window that nobody sees; each job of `tests.screens.child` runs in its own process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from kivy_client.session.boundary import Commands
from kivy_client.theme.names import initials
from tests.screens.table import ELSEWHERE, EXPECTED, NAVIGATION

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 300


@cache
def job(name: str, size: str = "360x720", density: str = "1") -> Any:
    """The answer of a job."""
    wanted = {"SDL_VIDEODRIVER": "offscreen", "SALA_SIZE": size, "KIVY_METRICS_DENSITY": density, "TZ": "UTC"}
    done = subprocess.run(
        [sys.executable, "-m", "tests.screens.child", name],
        cwd=ROOT,
        env=os.environ | wanted | {"LANG": "pt_BR.UTF-8"},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    if done.returncode:
        raise AssertionError(done.stderr[-3000:])
    return json.loads(done.stdout)


class ButtonTests(SynchronousTestCase):
    """Every button of every screen reaches its command."""

    def test_every_button(self) -> None:
        """Each scene has just the buttons of the table, and each does what the table says."""
        for scene, did in job("press").items():
            with_navigation = EXPECTED[scene] | {name: did[name] for name in NAVIGATION if name in did}
            self.assertEqual(did, with_navigation, scene)

    def test_navigation(self) -> None:
        """The navigation leads to its places from everywhere."""
        for scene, did in job("press").items():
            for name, leads in NAVIGATION.items():
                self.assertIn(did.get(name, leads), (leads, []), f"{scene}: {name}")

    def test_every_command_is_reached(self) -> None:
        """Each command of the boundary is sent by some button, or by what `ELSEWHERE` says."""
        steps = [step for did in job("press").values() for steps in did.values() for step in steps]
        sent = {step[0] for step in steps if isinstance(step, list)}
        commands = {name for name in dir(Commands) if not name.startswith("_")}
        self.assertEqual(commands - sent - ELSEWHERE.keys(), set())
        self.assertEqual(sent & ELSEWHERE.keys(), set())


class FitTests(SynchronousTestCase):
    """Nothing is cut off, nothing is too small for a finger."""

    def test_narrow(self) -> None:
        """At 360 dp, in both languages, at font scale 1.3."""
        self.assertEqual(job("fit"), [])

    def test_wide(self) -> None:
        """At 1280 x 800, with two panes."""
        self.assertEqual(job("fit_once", "1280x800"), [])

    def test_tablet_of_double_density(self) -> None:
        """At 800 x 1280 dp of double density, on 1600 x 2560 pixels."""
        self.assertEqual(job("fit_once", "1600x2560", "2"), [])


class KeyboardTests(SynchronousTestCase):
    """The keyboard alone does everything."""

    def test_tab_reaches_every_button(self) -> None:
        """In each scene the stops of Tab are its buttons and fields; rows of a list are reached by arrows."""
        stops = job("keyboard")
        for scene, did in EXPECTED.items():
            front = [name for name in did if " > " not in name]
            rows = {"room", "history", "messages"} & {scene.partition("-")[0]}
            missed = [] if rows else [name for name in front if name not in stops[scene]]
            self.assertEqual(missed, [], scene)

    def test_lists(self) -> None:
        """Tab to the list, twice down: Enter calls a person, tells all of a call or of a message, and
        the arrow to the right shows the person; the sheets' buttons are reached by Tab.
        """
        self.assertEqual(
            job("lists"),
            {
                "room": {"Enter": [["call", "joão"]], "right": ["-> contact"]},
                "history": {
                    "Enter": ["sheet"],
                    "right": ["-> contact"],
                    "Enter > Ligar": [["call", "antônio"]],
                    "Enter > Ver a pessoa": ["-> contact"],
                    "Enter > Apagar do histórico": [["remove_history", 7]],
                },
                "messages": {"Enter": ["sheet"], "right": [], "Enter > Copiar": []},
            },
        )

    def test_contact(self) -> None:
        """Each button of a person's page is a stop of Tab, whatever the list beside it."""
        stops, front = job("keyboard")["contact"], EXPECTED["contact"]
        self.assertEqual([name for name in front if " > " not in name and name not in stops], [])


class LanguageTests(SynchronousTestCase):
    """Portuguese and English, switched while the program runs."""

    same = frozenset(
        {
            *("Sala de Conversa", "Marimba", "Volume", "Normal", "Português", "English", "+0 dB", "Kivy"),
            *("Twisted, Automat", "Opus, PyOgg", "python-sounddevice, PortAudio", "SpeexDSP", "NumPy"),
            *("cryptography", "zxing-cpp, qrcode, jeepney", "Roboto, Material Design Icons"),
        }
    )
    """Texts that are the same in both languages."""

    def test_no_text_stays_portuguese(self) -> None:
        """Of all that a scene shows, only names, figures and messages are the same in English."""
        for scene, (portuguese, english) in job("languages").items():
            kept = {text for text in set(portuguese) & set(english) if self.is_words(text)}
            self.assertEqual(kept, set(), scene)

    def is_words(self, text: str) -> bool:
        """Whether a text should have been translated."""
        if text in self.same or text in self.foreign():
            return False
        return any(letter.isalpha() for letter in text)

    @staticmethod
    @cache
    def foreign() -> frozenset[str]:
        """What comes from people and from the network in the examples."""
        from tests.screens.examples import DEVICES, KEY, MESSAGES, OTHER_KEY, ROOM, STATES

        texts = {KEY, OTHER_KEY, ROOM.connection.address, ROOM.connection.share_link, ROOM.connection.name}
        for state in STATES.values():
            texts |= {person.name for person in state.people} | {entry.name for entry in state.history}
            texts |= {state.call.name, *state.call.words, state.call.encryption} if state.call else set()
            texts |= {state.question.address, *state.question.words} if state.question else set()
        texts |= {f"“{state.ended.reason}”" for state in STATES.values() if state.ended}
        letters = {initials(name) for name in texts if name}
        lines = {line.verb for line in MESSAGES} | {
            line.text.removeprefix(line.verb).strip() for line in MESSAGES
        }
        return frozenset(texts | letters | lines | {device.label for device in DEVICES})


class SettingsTests(SynchronousTestCase):
    """Switches show what is in force."""

    def test_switches_follow_the_state(self) -> None:
        """A change of the state turns the switches and choices, and nothing else."""
        shown = job("switches")
        self.assertTrue(shown["rows"]["Apertar para falar"])
        self.assertFalse(shown["rows"]["Cancelar o eco"])
        self.assertTrue(shown["rows"]["Reduzir o ruído"])
        self.assertTrue(shown["rows"]["Sempre pelo servidor"])
        self.assertEqual(shown["chosen"]["Idioma"], "en")


class CalmTests(SynchronousTestCase):
    """Nothing jumps."""

    def test_a_banner_leaves_no_gap(self) -> None:
        """When a banner has gone, everything is where it was before it came."""
        for calm, (before, with_banner, after) in job("places").items():
            self.assertEqual(before, after, calm)
            self.assertEqual(before[-1], 0, calm)
            self.assertGreaterEqual(with_banner[-1], 48, calm)


class IdentityTests(SynchronousTestCase):
    """The file of the identity."""

    def test_a_file_that_exists(self) -> None:
        """Nothing is sent before the person says that it may be replaced; then it is, and the sheet goes."""
        did = job("export")
        self.assertEqual(did.pop("asked"), "Esse arquivo já existe")
        self.assertEqual(did.pop("yes"), "Substituir o arquivo")
        self.assertEqual(did, {"before": 0, "sent": "export_identity", "replace": True, "open": False})


class FieldTests(SynchronousTestCase):
    """What is typed and what is only shown."""

    def test_a_long_link_shows_its_host(self) -> None:
        """A field where nobody types shows the beginning of its text; while typing the cursor is in sight."""
        self.assertEqual(job("address"), {"still": [0, 0], "typing": True, "left": [0, 0]})


class CrowdTests(SynchronousTestCase):
    """Five thousand names."""

    def test_only_rows_in_sight_exist(self) -> None:
        """The list holds 5,000 names with as many rows as fit, and shows the right ones when scrolled."""
        crowd = job("crowd")
        self.assertEqual(crowd["names"], 5000)
        self.assertLess(crowd["rows"], 20)
        middle = [int(name.partition(".")[2]) for name in crowd["middle"]]
        self.assertTrue(all(2450 < number < 2550 for number in middle), middle)

    def test_rows_are_kept(self) -> None:
        """A row is drawn anew when its person, the look or its place changes, and not when it only moves; the
        list moves by whole pixels.
        """
        seen = job("kept")
        self.assertEqual(seen["first"], seen["moved"])
        drawn = [seen[name] for name in ("moved", "busy", "dark", "another")]
        self.assertEqual(len(set(drawn)), 4)
        self.assertTrue(seen["whole"])


class PictureTests(SynchronousTestCase):
    """QR pictures."""

    def test_what_is_drawn_can_be_read(self) -> None:
        """A link that one window draws is read out of its picture; other files get one clear error."""
        found = job("picture")
        self.assertTrue(found["shown"].startswith("sala://"))
        self.assertEqual(found["drawn"], found["shown"])
        self.assertEqual(found["blank"], "no: Não há um código QR da Sala nessa imagem.")
        for broken in ("noise", "nobody"):
            self.assertEqual(found[broken], "no: Essa imagem não pode ser aberta.")
