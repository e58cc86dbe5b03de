"""What a wheel of the project holds, and that twistd finds the plugins in it."""

import subprocess
import sys
import zipfile
from functools import lru_cache
from pathlib import Path

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


@lru_cache
def wheel() -> tuple[Path, list[str]]:
    """Build the wheel once, in trial's own folder; return where it lies unpacked and the names in it."""
    folder = Path("wheel").absolute()
    sources = folder / "sources"
    for name in filter(None, run("git", "ls-files", "-z", cwd=ROOT).split("\0")):
        if (ROOT / name).is_file():
            (sources / name).parent.mkdir(parents=True, exist_ok=True)
            (sources / name).write_bytes((ROOT / name).read_bytes())
    pip = (sys.executable, "-m", "pip", "--disable-pip-version-check", "wheel", "--quiet")
    run(*pip, "--no-deps", "--no-build-isolation", "-w", str(folder), str(sources), cwd=folder)
    (built,) = folder.glob("*.whl")
    with zipfile.ZipFile(built) as archive:
        archive.extractall(folder / "site")
        return folder, archive.namelist()


class WheelTests(SynchronousTestCase):
    """The project as it is installed on somebody's machine, not as it lies in the checkout."""

    def setUp(self) -> None:
        """Have the wheel."""
        self.folder, self.names = wheel()

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
        """Every file beside our modules travels with them, but for what only builds need."""
        data = run("git", "ls-files", "registro", "voz", "kivy_client", cwd=ROOT).split()
        missing = [name for name in data if not self.travels(name)]
        self.assertEqual([name for name in missing if "/android/" not in name and name[-3:] != ".po"], [])

    def travels(self, name: str) -> bool:
        """Tell whether a file is in the wheel, as package data or as a file for the desktop."""
        shared = "/data/share/"
        return name in self.names or any(
            shared in there and there.endswith("/" + Path(name).name) for there in self.names
        )

    def test_tests_stay_at_home(self) -> None:
        """Neither tests nor scripts are installed."""
        self.assertEqual([name for name in self.names if name.startswith(("tests/", "scripts/"))], [])
