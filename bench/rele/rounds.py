"""Outcomes of rounds kept in a file, so that a long measurement can be made in parts."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from bench.common.process import BenchError
from bench.rele.measure import Outcome

Rounds = dict[str, list[Outcome]]


class Kept:
    """What was measured, by number of calls and name of the server.

    With a path every outcome is written there at once, and those of earlier runs on the same machine with the
    same options count.
    """

    def __init__(self, path: Path | None, about: Sequence[str]) -> None:
        """Read what is there; BenchError when it was measured elsewhere or otherwise."""
        self._path = path
        self._rounds: dict[int, Rounds] = {}
        if path is None:
            return
        lines = path.read_text().splitlines() if path.exists() else []
        if not lines:
            path.write_text(json.dumps(list(about)) + "\n")
            return
        if json.loads(lines[0]) != list(about):
            raise BenchError(f"{path} was measured on another machine or with other options")
        for line in lines[1:]:
            said = json.loads(line)
            self._note(said["name"], Outcome(**said["outcome"]))

    def _note(self, name: str, outcome: Outcome) -> None:
        self._rounds.setdefault(outcome.calls, {}).setdefault(name, []).append(outcome)

    def add(self, name: str, outcome: Outcome) -> None:
        """One more round of that server."""
        self._note(name, outcome)
        if self._path is not None:
            with self._path.open("a") as file:
                file.write(json.dumps({"name": name, "outcome": asdict(outcome)}) + "\n")

    def of(self, calls: int, names: Sequence[str]) -> Rounds:
        """The rounds of these servers with so many calls, in the order of the names."""
        known = self._rounds.get(calls, {})
        return {name: list(known.get(name, ())) for name in names}
