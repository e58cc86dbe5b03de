"""The one place where the view state is made: parts are put in, and the face is shown the whole once per
turn.
"""

from dataclasses import replace
from typing import Any

from twisted.internet.interfaces import IDelayedCall, IReactorTime

from kivy_client.session.boundary import Face
from kivy_client.session.state import Notice, Problem, ViewState
from kivy_client.session.vocabulary import NoticeKind, Trouble

MOST_PROBLEMS = 20


class Display:
    """What the face is shown."""

    def __init__(self, clock: IReactorTime, face: Face) -> None:
        self._clock, self._face = clock, face
        self._due: IDelayedCall | None = None
        self._changes: dict[str, Any] = {}
        self._shown = ViewState()
        self._problems = 0

    @property
    def state(self) -> ViewState:
        """The state with all that was put in, shown or about to be."""
        if self._changes:
            self._shown, self._changes = replace(self._shown, **self._changes), {}
        return self._shown

    def put(self, **parts: Any) -> None:
        """Change parts of the state."""
        self._changes.update(parts)
        if self._due is None:
            self._due = self._clock.callLater(0, self.flush)

    def flush(self) -> None:
        """Show the state now, if it is due."""
        due, self._due = self._due, None
        if due is not None:
            if due.active():
                due.cancel()
            self._face.show(self.state)

    def notify(self, kind: NoticeKind, name: str = "", detail: str = "") -> None:
        """Tell the person about something that happened once; the state that goes with it is shown first."""
        self.flush()
        self._face.notify(Notice(kind, name, detail))

    def trouble(self, trouble: Trouble, detail: str, when: float) -> None:
        """Add to the problems; one that is there already is not said twice."""
        problems = self.state.problems
        if not any(one.trouble is trouble and one.detail == detail for one in problems):
            self._problems += 1
            problem = Problem(self._problems, trouble, detail, when)
            self.put(problems=(*problems, problem)[-MOST_PROBLEMS:])

    def stopped(self) -> None:
        """Show the last state, and say that it is over."""
        self.flush()
        self._face.stopped()
