"""Names of what a figure was measured on: processor, kernel, Python, every version."""

from __future__ import annotations

import os
import platform
import ssl
import subprocess
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path


def processor() -> str:
    """Return the processor's model and how many cores this process may use."""
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return f"{line.partition(':')[2].strip()}, {len(os.sched_getaffinity(0))} cores"
    return f"{platform.machine()}, {len(os.sched_getaffinity(0))} cores"


def debian_versions(names: Sequence[str]) -> str:
    """Return «name version» of the Debian packages that are installed, with commas between."""
    asked = ["dpkg-query", "-W", "-f", "${db:Status-Status} ${Package} ${Version}\\n", *names]
    try:
        done = subprocess.run(asked, capture_output=True, timeout=20, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return "versions of Debian's packages unknown"
    states = [line.partition(" ") for line in done.stdout.decode(errors="replace").splitlines()]
    return ", ".join(package for state, _, package in states if state == "installed")


def description(packages: Sequence[str]) -> list[str]:
    """Return the sentences that stand above a bench's table; `packages` are Python distributions."""
    python = f"{platform.python_implementation()} {platform.python_version()}"
    return [
        f"{processor()}; Linux {platform.release()}",
        ", ".join([python, *(f"{name} {version(name)}" for name in packages), ssl.OPENSSL_VERSION]),
    ]
