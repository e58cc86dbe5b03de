"""Runs every test with trial and ends with one line: ``N passed, N failed, N skipped``.

Four trials run side by side, because some tests compute and others wait for real programs or for outages.
What the others say is shown when the first has ended. The numbers are those of trial's own summaries; a
summary that cannot be read counts as a failure, so that a runner that died half-way never passes for success.
"""

from __future__ import annotations

import contextlib
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import IO, NamedTuple

ROOT = Path(__file__).resolve().parent.parent
SUMMARY = re.compile(r"^(?:PASSED|FAILED)(?: \((?P<counts>[^)]*)\))?$")
TOTAL = re.compile(r"^Ran (\d+) tests? in ")
WARNINGS = ("-W", "default", "-W", "ignore:Passing pyOpenSSL:DeprecationWarning")
"""All are shown but one: Twisted hands its own certificates to pyOpenSSL in the form that it calls old."""
RELAY = ("test_coturn", "test_relay")
"""So begin the names of the integration tests of the relay."""
NETWORKS = ("test_paths_lab", "test_survival")
"""So those that build networks of their own and wait there, for NATs and outages."""
NO_TESTS = ("support", "speech", "__pycache__")


class Tally(NamedTuple):
    """What trial counted."""

    passed: int
    failed: int
    skipped: int


def tally(lines: Iterable[str]) -> Tally | None:
    """Return the counts of trial's closing lines, or None when there are none."""
    lines = list(lines)
    ran = [match for line in lines if (match := TOTAL.match(line))]
    closing = [match for line in lines if (match := SUMMARY.match(line))]
    if not ran or not closing:
        return None
    counts = dict(pair.split("=") for pair in (closing[-1]["counts"] or "").split(", ") if pair)
    bad = sum(int(counts.get(kind, 0)) for kind in ("failures", "errors", "unexpectedSuccesses"))
    skipped = int(counts.get("skips", 0))
    return Tally(max(0, int(ran[-1][1]) - skipped - bad), bad, skipped)


def lanes() -> list[list[str]]:
    """Return the tests of each trial, together every test there is: what computes, what waits, what stands
    outside (the stranger's client, the relay's peers), what waits in networks of its own."""
    computing: list[str] = []
    waiting: list[str] = []
    outside: list[str] = []
    networks: list[str] = []
    for path in sorted((ROOT / "tests").iterdir()):
        if path.name == "integration":
            for module in sorted(path.glob("test_*.py")):
                of_relay = module.stem.startswith(RELAY)
                lane = networks if module.stem.startswith(NETWORKS) else outside if of_relay else waiting
                lane.append(f"tests.integration.{module.stem}")
        elif path.name == "conformance":
            outside.append("tests.conformance")
        elif (path.is_dir() and path.name not in NO_TESTS) or path.match("test_*.py"):
            computing.append(f"tests.{path.stem}")
    return [computing, waiting, outside, networks]


class Lane:
    """One trial at work, in a folder of its own, writing to a file."""

    def __init__(self, number: int, tests: list[str], output: IO[str]) -> None:
        self._output = output
        folder = f"--temp-directory=_trial_temp-lane-{number}"
        command = [sys.executable, *WARNINGS, "-m", "twisted.trial", "--rterrors", folder, *tests]
        self.process = subprocess.Popen(command, cwd=ROOT, stdout=output, stderr=subprocess.STDOUT)

    def show(self) -> None:
        """Print what the trial said, while it still says it."""
        with Path(self._output.name).open(encoding="utf-8", errors="replace") as said:
            ended = False
            while not ended:
                ended = self._has_ended()
                for line in said:
                    sys.stdout.write(line)
                sys.stdout.flush()

    def _has_ended(self) -> bool:
        try:
            self.process.wait(0.5)
        except subprocess.TimeoutExpired:
            return False
        return True

    def tally(self) -> Tally | None:
        """Return what it counted, once it has ended."""
        return tally(Path(self._output.name).read_text(encoding="utf-8", errors="replace").splitlines())


def run(lanes: list[list[str]]) -> int:
    """Run the lanes side by side; print all they say and the sum; return 0 if every one passed."""
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="sala-trial-")))
        working = []
        for number, tests in enumerate(lanes):
            file = stack.enter_context((folder / f"lane-{number}").open("w", encoding="utf-8"))
            working.append(Lane(number, tests, file))
        try:
            for lane in working:
                lane.show()
        except KeyboardInterrupt:
            for lane in working:
                lane.process.wait()
            return 130
        return close([lane.tally() for lane in working], [lane.process.returncode for lane in working])


def close(tallies: list[Tally | None], statuses: list[int]) -> int:
    """Print the sum of what the trials counted; a trial without a count is one failure."""
    broken = tallies.count(None)
    if broken:
        print("a trial ended without its summary")
    known = [tally for tally in tallies if tally is not None]
    passed, failed, skipped = (sum(column) for column in zip(*known, (0, broken, 0), strict=True))
    print(f"{passed} passed, {failed} failed" + (f", {skipped} skipped" if skipped else ""))
    return max(statuses) or (1 if broken or failed else 0)


if __name__ == "__main__":
    sys.exit(run([sys.argv[1:]] if sys.argv[1:] else lanes()))
