"""What operators are given: the dashboard, the unit, the container file, and the pages about them."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from configparser import ConfigParser
from pathlib import Path
from tempfile import TemporaryDirectory

from prometheus_client.parser import text_string_to_metric_families
from twisted.internet.task import Clock
from twisted.trial.unittest import TestCase

from registro.panel.metrics import Metrics
from tests.support.panel_house import ExampleHouse

ROOT = Path(__file__).resolve().parents[2]
PACKAGING = ROOT / "packaging"
UNIT = PACKAGING / "systemd" / "sala-de-conversa.service"
_METRIC = re.compile(r"\b(?:sala|process)_[a-z_]+\b")
EXPOSURE = 15
"""What `systemd-analyze security` may say at most, times ten."""


def existing() -> dict[str, set[str]]:
    """Give the series that a daemon has, each with its labels."""
    house = ExampleHouse(Clock().seconds)
    body = Metrics(house.status).render()[0].decode()
    series: dict[str, set[str]] = {}
    for family in text_string_to_metric_families(body):
        ends = {"counter": ("_total",), "histogram": ("_bucket", "_sum", "_count")}.get(family.type, ("",))
        for end in ends:
            series.setdefault(family.name + end, set())
        for sample in family.samples:
            series.setdefault(sample.name, set()).update(sample.labels)
    return series


class DashboardTests(TestCase):
    """The Grafana dashboard."""

    def setUp(self) -> None:
        """Read it."""
        self.dashboard = json.loads((PACKAGING / "grafana" / "sala-de-conversa.json").read_text("utf-8"))

    def expressions(self) -> Iterator[tuple[str, str]]:
        """Give each panel's title and what it asks for."""
        for panel in self.dashboard["panels"]:
            for target in panel.get("targets", ()):
                yield panel["title"], target["expr"]
        for annotation in self.dashboard["annotations"]["list"]:
            yield annotation["name"], annotation["expr"]

    def test_only_metrics_that_exist(self) -> None:
        """Every metric that the dashboard asks for is one that the daemon has."""
        series = existing()
        asked = [(title, name) for title, text in self.expressions() for name in _METRIC.findall(text)]
        self.assertGreater(len(asked), 30)
        for title, name in asked:
            self.assertIn(name, series, title)

    def test_every_metric_is_used(self) -> None:
        """Every family that the daemon has is on the dashboard somewhere."""
        used = {name for _, text in self.expressions() for name in _METRIC.findall(text)}
        stems = {re.sub(r"_(total|bucket|sum|count|info)$", "", name) for name in used}
        families = {re.sub(r"_(total|bucket|sum|count|info|created)$", "", name) for name in existing()}
        self.assertEqual(families - stems, set())

    def test_panels_do_not_overlap(self) -> None:
        """Panels stand beside one another, inside the 24 columns, each with its own number."""
        taken: set[tuple[int, int]] = set()
        for panel in self.dashboard["panels"]:
            at = panel["gridPos"]
            cells = {(at["x"] + x, at["y"] + y) for x in range(at["w"]) for y in range(at["h"])}
            self.assertFalse(cells & taken, panel["title"])
            self.assertTrue(all(x < 24 for x, _ in cells), panel["title"])
            taken |= cells
        numbers = [panel["id"] for panel in self.dashboard["panels"]]
        self.assertEqual(len(numbers), len(set(numbers)))


class UnitTests(TestCase):
    """The systemd unit."""

    def setUp(self) -> None:
        """Read it; a key may come twice."""
        self.unit = ConfigParser(strict=False, interpolation=None, delimiters=("=",))
        self.unit.optionxform = str  # type: ignore[assignment,method-assign]
        self.unit.read_string(UNIT.read_text("utf-8"))
        self.service = self.unit["Service"]

    def test_it_is_what_was_asked_for(self) -> None:
        """A user of its own, a state directory, readiness, a watchdog, a restart."""
        expected = {
            "Type": "notify",
            "DynamicUser": "yes",
            "StateDirectory": "sala-de-conversa",
            "Restart": "always",
        }
        self.assertEqual({key: self.service[key] for key in expected}, expected)
        self.assertGreater(int(self.service["WatchdogSec"]), 0)

    def test_calls_may_end(self) -> None:
        """Only the daemon is told to stop, and it has longer than the drain takes."""
        self.assertEqual(self.service["KillMode"], "mixed")
        self.assertGreater(int(self.service["TimeoutStopSec"]), 60)

    def test_systemd_takes_it(self) -> None:
        """`systemd-analyze verify` has nothing to say about it."""
        self._needs_systemd()
        with TemporaryDirectory() as folder:
            # The program's place does not exist here; that would be its only complaint.
            text = UNIT.read_text("utf-8").replace("/opt/sala-de-conversa/bin/twistd", "/bin/true")
            copy = Path(folder) / UNIT.name
            copy.write_text(text, "utf-8")
            done = self._command("systemd-analyze", "verify", str(copy))
        self.assertEqual((done.returncode, done.stdout + done.stderr), (0, ""))

    def test_its_exposure_is_low(self) -> None:
        """`systemd-analyze security` finds an exposure of at most 1.5."""
        self._needs_systemd()
        done = self._command(
            "systemd-analyze", "security", "--offline=yes", f"--threshold={EXPOSURE}", str(UNIT)
        )
        self.assertEqual(done.returncode, 0, done.stdout[-300:] + done.stderr)

    def _needs_systemd(self) -> None:
        if shutil.which("systemd-analyze") is None:
            self.skipTest("systemd-analyze is not installed")

    def _command(self, *command: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


class ContainerTests(TestCase):
    """The container file."""

    def test_it_has_no_rights(self) -> None:
        """The last stage is no root, keeps its state in a volume, and stops by draining."""
        text = (PACKAGING / "container" / "Containerfile").read_text("utf-8")
        last = text.rsplit("\nFROM ", 1)[1]
        self.assertRegex(last, r"\nUSER [1-9]\d+\n")
        self.assertIn("\nVOLUME /estado\n", last)
        self.assertIn("\nSTOPSIGNAL SIGTERM\n", last)
        self.assertLess(last.index("\nUSER "), last.index("\nENTRYPOINT "))

    def test_ports(self) -> None:
        """It exposes both protocols of the port."""
        text = (PACKAGING / "container" / "Containerfile").read_text("utf-8")
        self.assertIn("EXPOSE 5000/tcp 5000/udp", text)


class PagesTests(TestCase):
    """docs/operations.md and docs/threats.md."""

    def test_every_metric_is_explained(self) -> None:
        """The operator's page says what each metric means, and explains none that does not exist."""
        page = (ROOT / "docs" / "operations.md").read_text("utf-8")
        rows = set(re.findall(r"^\| `((?:sala|process)_[a-z_]+)", page, re.MULTILINE))
        self.assertEqual(rows, {name for name in existing() if not name.endswith(("_sum", "_count"))})

    def test_every_named_test_exists(self) -> None:
        """Each defence in the page about threats names tests, and every named test is there."""
        page = (ROOT / "docs" / "threats.md").read_text("utf-8")
        named = re.findall(r"`(tests/[\w/]+\.py)(?:::(\w+))?`", page)
        self.assertGreater(len(named), 30)
        for path, test in named:
            file = ROOT / path
            self.assertTrue(file.is_file(), path)
            if test:
                self.assertRegex(file.read_text("utf-8"), rf"(?:def|class) {test}\b", path)

    def test_every_threat_has_a_test(self) -> None:
        """No row of the tables of threats is without a test."""
        page = (ROOT / "docs" / "threats.md").read_text("utf-8")
        rows = [line for line in page.splitlines() if line.startswith("| ") and "---" not in line]
        bodies = [row for row in rows if not row.startswith(("| who", "| what"))]
        self.assertGreater(len(bodies), 20)
        for row in bodies:
            self.assertIn("`tests/", row)

    def test_every_option_of_the_panel_is_explained(self) -> None:
        """The operator's page says how the panel is moved and turned off, and where its key is."""
        page: str = (ROOT / "docs" / "operations.md").read_text("utf-8")
        for word in (
            "--painel nao",
            "painel.token",
            "metricas.token",
            "/saude",
            "/metrics",
            "salaregistro-admin",
        ):
            self.assertIn(word, page)
