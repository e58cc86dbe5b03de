"""Automat's transitions looked up in a table: it keeps them in a list and compares one after the other.

This leans on `_automaton`, which Automat does not promise; without it a machine is as it was, only slower.
"""

from __future__ import annotations

from typing import Any

from automat import TypeMachineBuilder


def quicken(builder: TypeMachineBuilder[Any, Any]) -> None:
    """Make the machines that are built from now on find their transitions at once."""
    automaton: Any = getattr(builder, "_automaton", None)
    if automaton is None:
        return
    slow = automaton.outputForInput
    table = {(start, happens): (end, outputs) for start, happens, end, outputs in automaton.allTransitions()}

    def found(state: object, happens: str) -> object:
        transition = table.get((state, happens))
        return slow(state, happens) if transition is None else transition

    automaton.outputForInput = found
