"""Open, draining, closed: how the registry stops without ending the calls there are (protocol section 3)."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum

from twisted.internet.defer import Deferred, maybeDeferred
from twisted.internet.interfaces import IDelayedCall

from registro.office import Office
from registro.session import Session
from registro.wire.errors import Encerramento
from registro.wire.messages import Aviso


class Stage(Enum):
    """Whether new connections are taken."""

    OPEN = "aberto"
    DRAINING = "encerrando"
    CLOSED = "fechado"


_FIRST, _SPREAD = 2, 8
"""Seconds until the first client may come back, and so many more for the last."""


class Drain:
    """Closes the registry gently; `doors` are what takes new connections."""

    def __init__(
        self,
        office: Office,
        everybody: Callable[[], list[Session]],
        seconds: float,
        open_doors: Callable[[], object],
        close_doors: Callable[[], object],
    ) -> None:
        """`everybody` is all who were greeted, registered or not."""
        self._office, self._everybody, self._seconds = office, everybody, seconds
        self._open_doors, self._close_doors = open_doors, close_doors
        self._due: IDelayedCall | None = None
        self._ends = 0.0
        self._waiting: list[Deferred[None]] = []
        self.stage = Stage.OPEN
        office.switchboard.idle = self._idle

    @property
    def left(self) -> float | None:
        """The seconds that are left of the drain; None if there is none."""
        return max(0.0, self._ends - self._office.clock.seconds()) if self.stage is Stage.DRAINING else None

    def close(self) -> Deferred[None]:
        """Take no more connections; fires when the calls have ended or the time is over."""
        done: Deferred[None] = Deferred()
        self._waiting.append(done)
        if self.stage is Stage.OPEN:
            self._begin()
        elif self.stage is Stage.CLOSED:
            self._finished()
        return done

    def _begin(self) -> None:
        self.stage = Stage.DRAINING
        self._office.draining = True
        self._ends = self._office.clock.seconds() + self._seconds
        self._due = self._office.clock.callLater(self._seconds, self._end)
        maybeDeferred(self._close_doors).addCallback(self._warn)

    def _warn(self, _: object) -> None:
        """Tell everybody, once nobody can connect any more."""
        if self.stage is not Stage.DRAINING:
            return
        for number, session in enumerate(self._everybody()):
            notice = Aviso("manutencao", "o registro vai parar um momento", _FIRST + number % _SPREAD)
            session.answer(notice)
        self._office.switchboard.stop_ringing()
        self._idle()

    def _idle(self) -> None:
        if self.stage is Stage.DRAINING and not self._office.switchboard.talking:
            self._end()

    def hurry(self) -> None:
        """End a drain now, whoever still talks."""
        if self.stage is Stage.DRAINING:
            self._end()

    def _end(self) -> None:
        if self._due is not None and self._due.active():
            self._due.cancel()
        self.stage = Stage.CLOSED
        for session in self._everybody():
            self._office.dismiss(session, Encerramento.ENCERRANDO, "o registro parou; volte daqui a pouco")
        self._finished()

    def _finished(self) -> None:
        waiting, self._waiting = self._waiting, []
        for done in waiting:
            done.callback(None)

    def open(self) -> None:
        """Take connections again."""
        if self.stage is Stage.OPEN:
            return
        if self._due is not None and self._due.active():
            self._due.cancel()
        self._open_doors()
        self.stage = Stage.OPEN
        self._office.draining = False
