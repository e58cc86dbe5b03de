"""Runs every test with trial and ends with one line: ``N passed, N failed, N skipped``.

The numbers are those of trial's own summary; the exit status is trial's. A summary that cannot be read counts
as a failure, so that a runner that died half-way is never taken for success.
"""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SUMMARY = re.compile(r"^(?:PASSED|FAILED)(?: \((?P<counts>[^)]*)\))?$")
TOTAL = re.compile(r"^Ran (\d+) tests? in ")


def tally(lines: list[str]) -> tuple[int, int, int] | None:
    """Return (passed, failed, skipped) of trial's closing lines, or None when there are none."""
    ran = [match for line in lines if (match := TOTAL.match(line))]
    closing = [match for line in lines if (match := SUMMARY.match(line))]
    if not ran or not closing:
        return None
    counts = dict(pair.split("=") for pair in (closing[-1]["counts"] or "").split(", ") if pair)
    bad = sum(int(counts.get(kind, 0)) for kind in ("failures", "errors", "unexpectedSuccesses"))
    skipped = int(counts.get("skips", 0))
    return max(0, int(ran[-1][1]) - skipped - bad), bad, skipped


def main(arguments: list[str]) -> int:
    """Run trial on the given tests (all of them by default) and return its exit status."""
    command = [
        sys.executable,
        "-W",
        "default",
        "-m",
        "twisted.trial",
        "--rterrors",
        *(arguments or ["tests"]),
    ]
    lines = []
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, errors="replace") as trial:
        assert trial.stdout is not None
        for line in trial.stdout:
            sys.stdout.write(line)
            sys.stdout.flush()
            lines.append(line.rstrip("\n"))
    numbers = tally(lines)
    if numbers is None:
        print("trial ended without its summary", flush=True)
        print("0 passed, 1 failed")
        return trial.returncode or 1
    passed, failed, skipped = numbers
    print(f"{passed} passed, {failed} failed" + (f", {skipped} skipped" if skipped else ""))
    return trial.returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
