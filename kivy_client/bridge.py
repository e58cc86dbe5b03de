"""The one place where threads meet: the reactor's thread and the window's.

Commands go over with `callFromThread`; states come back as one frozen value that is drained by a single
callback of the window's clock, however many were shown meanwhile.  Nobody waits: a command's answer comes
back the same way.
"""

from __future__ import annotations

import sys
import threading
from collections import deque
from collections.abc import Callable
from typing import Any, Protocol, TypeVar

from kivy_client.session.boundary import Commands, Face
from kivy_client.session.state import Notice, ViewState

__all__ = ["Bridge", "WindowSide"]

R = TypeVar("R")
Post = Callable[[Callable[[], None]], None]
SWITCH_INTERVAL = 0.001
"""Seconds a thread may hold the interpreter while another waits; the default of 5 ms is heard under a busy
screen.
"""
LAST_WORD = 0.8
"""Seconds that the client has to say goodbye before the reactor is stopped anyway."""


class WindowSide(Protocol):
    """What the window does with what comes over; all in the window's thread."""

    def show(self, state: ViewState) -> None:
        """Render the newest state."""

    def notify(self, notice: Notice) -> None:
        """Tell the person once."""

    def stopped(self) -> None:
        """The client has ended by itself."""


class Bridge:
    """A `Face` in the reactor's thread, and the way to the `Commands` from the window's.

    `post` runs a function in the window's thread, soon; `build` makes the client in the reactor's thread, and
    `window` is told what comes.  `failed` is told in the window's thread when `build` raises.
    """

    def __init__(
        self,
        reactor: Any,
        build: Callable[[Face], Commands],
        window: WindowSide,
        post: Post,
        failed: Callable[[Exception], None],
    ) -> None:
        self._reactor = reactor
        self._build = build
        self._window = window
        self._post = post
        self._failed = failed
        self._commands: Commands | None = None
        self._early: deque[Callable[[], None]] = deque(maxlen=64)
        self._state: ViewState | None = None
        self._posted = False
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._run, name="reactor", daemon=True)

    # In the window's thread

    def start(self) -> None:
        """Start the reactor's thread and build the client in it."""
        sys.setswitchinterval(SWITCH_INTERVAL)
        self._thread.start()

    def do(self, action: Callable[[Commands], R], then: Callable[[R], None] | None = None) -> None:
        """Run a command over there; `then` gets its answer back here."""
        self._reactor.callFromThread(self._do, action, then)

    def close(self, patience: float = 1.2) -> bool:
        """Stop the client, then the reactor; True when its thread has ended within `patience` seconds."""
        if not self._thread.is_alive():
            return True
        self._reactor.callFromThread(self._stop)
        self._thread.join(patience)
        return not self._thread.is_alive()

    # In the reactor's thread: the face

    def show(self, state: ViewState) -> None:
        """Keep the newest state, and have it drained once."""
        with self._lock:
            self._state = state
            wanted, self._posted = not self._posted, True
        if wanted:
            self._post(self._drain)

    def notify(self, notice: Notice) -> None:
        """Hand a notice over; none is dropped, they are few."""
        self._post(lambda: self._window.notify(notice))

    def stopped(self) -> None:
        """The client is done: end the reactor, tell the window."""
        self._post(self._window.stopped)
        self._end()

    # How it is done

    def _drain(self) -> None:
        """In the window's thread: take the newest state."""
        with self._lock:
            self._posted = False
            state = self._state
        if state is not None:
            self._window.show(state)

    def _run(self) -> None:
        """The reactor's thread."""
        self._reactor.callWhenRunning(self._begin)
        self._reactor.run(installSignalHandlers=False)

    def _begin(self) -> None:
        """Build the client; do what was asked before it was there."""
        try:
            self._commands = self._build(self)
        except Exception as failure:  # noqa: BLE001 - whatever it is, the person must be told, and the thread must end
            told = failure
            self._post(lambda: self._failed(told))
            self._reactor.stop()
            return
        while self._early:
            self._early.popleft()()

    def _do(self, action: Callable[[Commands], R], then: Callable[[R], None] | None) -> None:
        commands = self._commands
        if commands is None:
            self._early.append(lambda: self._do(action, then))
            return
        answer = action(commands)
        if then is not None:
            self._post(lambda: then(answer))

    def _stop(self) -> None:
        """Ask the client to end; do not wait for it longer than `LAST_WORD`."""
        if self._commands is None:
            self._end()
            return
        self._reactor.callLater(LAST_WORD, self._end)
        self._commands.stop()

    def _end(self) -> None:
        """Stop the reactor, once."""
        if self._reactor.running:
            self._reactor.callLater(0, self._halt)

    def _halt(self) -> None:
        if self._reactor.running:
            self._reactor.stop()
