"""What the machines of the client have in common."""

from typing import Any

Happenings = dict[Any, tuple[Any, ...]]
"""Inputs of a machine, and the states that pass them over."""


def pass_over(ignored: Happenings) -> None:
    """In these states these inputs change nothing and do nothing."""
    for happening, states in ignored.items():
        for state in states:
            state.upon(happening).loop().returns(None)
