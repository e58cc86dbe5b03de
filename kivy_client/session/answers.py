"""Who asked what: the numbers of the lines sent, and those who wait for an answer to one of them."""

from collections.abc import Callable
from itertools import cycle

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorTime

from registro.wire.limits import SEQ_MAX
from registro.wire.messages import Erro, Message

ANSWER_TIME = 10.0
"""Seconds that an answer may take."""

MOST_WAITING = 64
MOST_REMEMBERED = 256

#: Told that the registry did not accept a line.
Refused = Callable[[Erro], None]


class AskError(Exception):
    """A question to the registry got no answer."""


class OfflineError(AskError):
    """There is no connection to the registry, or it broke before the answer came."""


class RefusedError(AskError):
    """The registry did not accept the question."""

    def __init__(self, erro: Erro) -> None:
        super().__init__(erro.codigo, erro.motivo)
        self.erro = erro


class SilentError(AskError):
    """The registry did not answer in time."""


class Answers:
    """The questions of one connection that are open.

    Both tables are bounded; the oldest watcher is forgotten.
    """

    def __init__(self, clock: IReactorTime) -> None:
        self._clock = clock
        self._numbers = cycle(range(1, SEQ_MAX + 1))
        self._waiting: dict[int, Deferred[Message]] = {}
        self._watching: dict[int, Refused] = {}

    def number(self) -> int:
        """Return a number for the next line."""
        return next(self._numbers)

    def watch(self, seq: int, refused: Refused) -> None:
        """Call `refused` should the registry answer this line by ERRO."""
        self._watching[seq] = refused
        if len(self._watching) > MOST_REMEMBERED:
            del self._watching[next(iter(self._watching))]

    def wait(self, seq: int) -> Deferred[Message]:
        """Return what will fire with the answer to this line, or fail with an AskError."""
        answer: Deferred[Message] = Deferred()
        if len(self._waiting) >= MOST_WAITING:
            answer.errback(SilentError())
            return answer
        self._waiting[seq] = answer
        answer.addTimeout(ANSWER_TIME, self._clock, onTimeoutCancel=lambda *_: _silent())
        answer.addBoth(self._forget, seq)
        return answer

    def _forget(self, result: Message, seq: int) -> Message:
        self._waiting.pop(seq, None)
        return result

    def take(self, message: Message, seq: int) -> bool:
        """A numbered line came: hand it to who waits for it. False if nobody does."""
        waiting = self._waiting.pop(seq, None)
        watching = self._watching.get(seq)
        if waiting is not None:
            if isinstance(message, Erro):
                waiting.errback(RefusedError(message))
            else:
                waiting.callback(message)
        elif watching is not None and isinstance(message, Erro):
            del self._watching[seq]
            watching(message)
        return waiting is not None or (watching is not None and isinstance(message, Erro))

    def lost(self) -> None:
        """The connection is over: nobody will be answered."""
        self._watching.clear()
        waiting, self._waiting = self._waiting, {}
        for answer in waiting.values():
            answer.errback(OfflineError())


def _silent() -> Message:
    raise SilentError
