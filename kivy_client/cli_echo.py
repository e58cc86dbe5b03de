"""The command eco: answers everybody, one call at a time, and says their voice back; the registry answers
busy.
"""

from collections import deque

from twisted.internet.interfaces import IDelayedCall

from kivy_client.cli_keyboard import listen
from kivy_client.cli_script import Script
from kivy_client.cli_texts import CALL_ENDS
from kivy_client.session.controller import Controller
from kivy_client.session.state import EndedCall, ViewState
from kivy_client.session.vocabulary import CallPhase

LONGEST_CALL = 120.0
"""Seconds after which the echo hangs up: others want to hear themselves too."""

CALLS_A_MINUTE = 4
"""Of one name; more are refused."""

MOST_NAMES = 1000


class Rate:
    """How often each name called in the last minute; pure, bounded."""

    def __init__(self, most: int = CALLS_A_MINUTE) -> None:
        self._most = most
        self._calls: dict[str, deque[float]] = {}

    def allow(self, name: str, now: float) -> bool:
        """Count a call; False if there were too many."""
        calls = self._calls.pop(name, deque(maxlen=self._most))
        self._calls[name] = calls
        if len(self._calls) > MOST_NAMES:
            del self._calls[next(iter(self._calls))]
        if len(calls) == self._most and now - calls[0] < 60.0:
            return False
        calls.append(now)
        return True


def _nothing(_: str) -> None:
    """Nobody tells the echo what to do."""


class EchoScript(Script):
    """eco"""

    patient = True

    def __init__(self, *arguments: object) -> None:
        super().__init__(*arguments)  # type: ignore[arg-type]
        self._rate = Rate()
        self._judged = 0.0
        self._ended: EndedCall | None = None
        self._longest: IDelayedCall | None = None

    def start(self, client: Controller) -> None:
        """Connect; a parent that dies closes the input."""
        if self.options.ate_fim:
            listen(self.reactor, _nothing, self.done)
        super().start(client)

    def waits(self, state: ViewState) -> bool:
        """Always: it is a service."""
        return True

    def ready(self) -> None:
        """Say that callers are welcome."""
        self.console.say("eco pronto")

    def step(self, state: ViewState) -> None:
        """Answer, unless the caller comes too often."""
        call = state.call
        if call is not None and call.phase is CallPhase.INCOMING and call.began != self._judged:
            self._judged = call.began
            self._judge(call.name)
        if state.ended is not None and state.ended is not self._ended:
            self._ended = state.ended
            self._forget_timer()
            sentence = CALL_ENDS[state.ended.cause].sentence
            end = sentence.format(name=state.ended.name, detail=state.ended.reason)
            self.console.say(f"{end}, {state.ended.duration:.0f} s")

    def _judge(self, name: str) -> None:
        assert self.client is not None
        if self._rate.allow(name, self.clock.seconds()):
            self.client.accept()
            self._forget_timer()
            self._longest = self.clock.callLater(LONGEST_CALL, self.client.hang_up)
        else:
            self.client.refuse("o eco precisa de um descanso")

    def _forget_timer(self) -> None:
        if self._longest is not None and self._longest.active():
            self._longest.cancel()
        self._longest = None

    def quit(self) -> None:
        """Stop the timer, and end."""
        self._forget_timer()
        super().quit()
