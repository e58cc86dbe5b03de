"""What the machines of the client have in common: how their transitions are written down."""

from collections.abc import Callable, Iterable
from typing import Any

from automat import pep614

Happenings = dict[Any, tuple[Any, ...]]
"""Inputs of a machine, and the states that pass them over."""

Row = tuple[Iterable[Any], Any, Any, Callable[..., None]]
"""From these states, by this input, to this state, doing this."""


def pass_over(ignored: Happenings) -> None:
    """In these states these inputs change nothing and do nothing."""
    for happening, states in ignored.items():
        for state in states:
            state.upon(happening).loop().returns(None)


def transitions(*table: Row) -> None:
    """Let something happen: each row's input leads from its states to its target."""
    for states, happening, target, action in table:
        for state in states:
            pep614(state.upon(happening).to(target))(action)
