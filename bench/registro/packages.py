"""Debian's packages the bench compares with: found, or installed where that can be done."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

PROGRAMS = {
    "kamailio": ("kamailio", "kamailio-tls-modules"),
    "murmurd": ("mumble-server",),
    "gcc": ("gcc", "libc6-dev"),
}
HEADERS = {Path("/usr/include/openssl/ssl.h"): "libssl-dev"}
POLICY = Path("/usr/sbin/policy-rc.d")


def missing() -> list[str]:
    """Return the packages of the programs that are not on the path."""
    absent = [name for program, names in PROGRAMS.items() if not located(program) for name in names]
    return absent + [name for header, name in HEADERS.items() if not header.exists()]


def located(program: str) -> str | None:
    """Return where a program is; system folders are looked into also when the path leaves them out."""
    return shutil.which(program, path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/bin:/sbin")


def provide() -> str | None:
    """Install what is missing, where this is Debian and we are root; a sentence if something stays missing.

    The packages' services are not wanted: where the machine has no policy about starting them (policy-rc.d),
    one that refuses stands there during the installation only.
    """
    absent = missing()
    if not absent:
        return None
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        return f"Not compared with everything: install {' '.join(absent)} (Debian's names) first."
    with _no_services():
        done = _install(absent)
    return None if done else f"Not compared with everything: apt-get could not install {' '.join(absent)}."


def _install(names: Sequence[str]) -> bool:
    env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    install = ["apt-get", "install", "-y", "-q", "--no-install-recommends", *names]
    for command in (install, ["apt-get", "update", "-q"], install):
        done = subprocess.run(command, env=env, stdout=subprocess.DEVNULL, timeout=600, check=False)
        if command is install and done.returncode == 0:
            return True
    return False


@contextmanager
def _no_services() -> Iterator[None]:
    """While this lasts, no package may start its service."""
    if POLICY.exists():
        yield
        return
    POLICY.write_text("#!/bin/sh\nexit 101\n")
    POLICY.chmod(0o755)
    try:
        yield
    finally:
        POLICY.unlink()
