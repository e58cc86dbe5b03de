"""What a wheel of the project holds, and that twistd finds the plugins in it."""

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from tempfile import mkdtemp
from typing import ClassVar

from twisted.trial.unittest import SynchronousTestCase

ROOT = Path(__file__).resolve().parent.parent


def run(*command: str, cwd: Path, path: str = "") -> str:
    """Run a command to its end, in at most two minutes, and return what it printed."""
    done = subprocess.run(
        command,
        cwd=cwd,
        env={"PYTHONPATH": path, "PATH": "/usr/bin:/bin", "HOME": str(cwd)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    if done.returncode:
        raise AssertionError(f"{command} ended with {done.returncode}:\n{done.stdout}\n{done.stderr}")
    return done.stdout


class WheelTests(SynchronousTestCase):
    """The project as it is installed on somebody's machine, not as it lies in the checkout."""

    folder: ClassVar[Path]
    names: ClassVar[list[str]]

    @classmethod
    def setUpClass(cls) -> None:
        """Build the wheel once and unpack it into an empty folder."""
        cls.folder = Path(mkdtemp(prefix="sala-wheel-"))
        sources = cls.folder / "sources"
        sources.mkdir()
        tracked = run("git", "ls-files", "-z", cwd=ROOT).split("\0")
        for name in filter(None, tracked):
            if (ROOT / name).is_file():
                (sources / name).parent.mkdir(parents=True, exist_ok=True)
                (sources / name).write_bytes((ROOT / name).read_bytes())
        pip = (sys.executable, "-m", "pip", "--disable-pip-version-check", "wheel", "--quiet")
        run(*pip, "--no-deps", "--no-build-isolation", "-w", str(cls.folder), str(sources), cwd=cls.folder)
        (wheel,) = cls.folder.glob("*.whl")
        with zipfile.ZipFile(wheel) as archive:
            cls.names = archive.namelist()
            archive.extractall(cls.folder / "site")

    @classmethod
    def tearDownClass(cls) -> None:
        """Remove what was built."""
        shutil.rmtree(cls.folder)

    def test_plugins_are_listed(self) -> None:
        """`twistd` lists our services when the project is installed, from any folder."""
        listed = run(
            sys.executable, "-m", "twisted", "--help", cwd=self.folder, path=str(self.folder / "site")
        )
        self.assertIn("salaregistro", listed)

    def test_twisted_stays_whole(self) -> None:
        """The wheel adds plugin files to Twisted's folder and nothing that would shadow Twisted."""
        ours = [name for name in self.names if name.startswith("twisted/")]
        self.assertTrue(ours)
        self.assertEqual([name for name in ours if not name.startswith("twisted/plugins/sala_")], [])

    def test_package_data(self) -> None:
        """Every file beside our modules travels with them."""
        data = run("git", "ls-files", "registro", "voz", "kivy_client", cwd=ROOT).split()
        missing = [name for name in data if name not in self.names and "/android/" not in name]
        self.assertEqual(missing, [])

    def test_tests_stay_at_home(self) -> None:
        """Neither tests nor scripts are installed."""
        self.assertEqual([name for name in self.names if name.startswith(("tests/", "scripts/"))], [])
