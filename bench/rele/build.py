"""The two C programs of this bench, compiled afresh into a folder of the run."""

from __future__ import annotations

import subprocess
from pathlib import Path

from bench.common.process import BenchError

SOURCES = Path(__file__).parent / "c"
FLAGS = ("-O2", "-Wall", "-Wextra", "-std=gnu11", "-D_GNU_SOURCE")


def compiled(name: str, folder: Path) -> Path:
    """Compile `load` or `yardstick` into the folder and return it; BenchError with the complaint."""
    target = folder / name
    try:
        done = subprocess.run(
            ["gcc", *FLAGS, "-o", str(target), str(SOURCES / f"{name}.c")],
            capture_output=True,
            timeout=120,
            check=False,
        )
    except FileNotFoundError:
        raise BenchError("there is no gcc to compile the load with") from None
    if done.returncode:
        raise BenchError(f"{name} does not compile: {done.stderr.decode(errors='replace')[:300]}")
    return target
