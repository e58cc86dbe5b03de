"""The two commands of `salaregistro-admin` that take care of a registry: `backup` and `check`.

Each is a function from what was asked to an exit status; it says what it has to say line by line.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable
from pathlib import Path

from registro.backup import BackupError, backup
from registro.checkup import Finding, Verdict, bad
from registro.checkup.server import check_server
from registro.checkup.state import check_state
from registro.wire.address import AddressError, ServerAddress

Say = Callable[[str], object]


def run_backup(state: Path, target: Path, say: Say) -> int:
    """Copy the state directory; 0 when it was done."""
    try:
        names = backup(state, target)
    except BackupError as error:
        say(str(error))
        return 1
    say(f"{target}: {', '.join(names)}")
    return 0


def run_check(state: Path | None, address: str | None, say: Say) -> int:
    """Look over a state directory, a running registry, or both; 0 when nothing is bad."""
    findings: list[Finding] = []
    if state is not None:
        findings += check_state(state, datetime.datetime.now(datetime.UTC))
    if address is not None:
        findings += _server(address)
    for finding in findings:
        say(str(finding))
    return int(any(finding.verdict is Verdict.BAD for finding in findings))


def _server(address: str) -> list[Finding]:
    try:
        return check_server(ServerAddress.parse(address))
    except AddressError:
        return [bad(f"{address} não é um endereço: deve ser como sala://servidor:5000/#impressao-digital.")]
