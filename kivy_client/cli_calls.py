"""The commands that talk: ligar, atender."""

from dataclasses import replace

from twisted.internet.interfaces import IDelayedCall

from kivy_client.cli_files import length_of
from kivy_client.cli_report import report
from kivy_client.cli_script import Script
from kivy_client.cli_texts import CALL_ENDS, CALL_RESULTS, PATHS, End, Status, milliseconds, quality_words
from kivy_client.session.calls.call import Call
from kivy_client.session.results import CallResult
from kivy_client.session.state import EndedCall, ViewState
from kivy_client.session.state_call import CallView
from kivy_client.session.vocabulary import CallPhase, EndCause
from voz.stats import Snapshot

LIVE_PERIOD = 1.0
"""Seconds between two lines about how the call is doing."""
GOOD = 3
"""Bars of a call of which nothing need be said."""

PHASES = {
    CallPhase.CALLING: "chamando {name}…",
    CallPhase.RINGING: "está tocando lá",
    CallPhase.INCOMING: "{name} chama",
    CallPhase.SECURING: "atendida; trocando chaves",
    CallPhase.TALKING: "em conversa com {name}; palavras: {words}",
    CallPhase.RECONNECTING: "reconectando…",
}


def live_line(view: CallView) -> str:
    """Return how the call is doing, in one line; «—» is what nobody has measured yet."""
    figures = view.figures
    parts = (
        PATHS[view.path.path],
        f"perda {figures.loss:.1%}".replace(".", ","),
        f"atraso {milliseconds(figures.delay_ms)}",
        f"ida e volta {milliseconds(figures.round_trip_ms)}",
        f"jitter {figures.jitter_ms:.0f} ms",
        quality_words(view.quality, view.name) if view.quality.bars < GOOD else "",
    )
    return "  ".join(part for part in parts if part)


class CallScript(Script):
    """What ligar and atender share: follow one call to its end."""

    patient = True
    duration: float | None = None

    def __init__(self, *arguments: object) -> None:
        super().__init__(*arguments)  # type: ignore[arg-type]
        self.duration = self.options.duracao
        self._call: Call | None = None
        self._phase: CallPhase | None = None
        self._hang_up: IDelayedCall | None = None
        self._live_at = 0.0
        self._ended: EndedCall | None = None
        self._last = Snapshot()

    def step(self, state: ViewState) -> None:
        """Follow the call."""
        assert self.client is not None
        if state.call is not None:
            self._call = self.client.session.exchange.call or self._call
            self._follow(state.call)
        if state.ended is not None and state.call is None and self.ends_with(state.ended):
            self._over(state.ended)

    def ends_with(self, ended: EndedCall) -> bool:
        """Whether the end of this call is the end of the program."""
        return True

    def waits(self, state: ViewState) -> bool:
        """Wait for a server only while a call is accepted, or while there is none to lose."""
        return super().waits(state)

    def _follow(self, view: CallView) -> None:
        if view.phase is not self._phase:
            self._phase = view.phase
            words = " ".join(view.words)
            self.console.say(PHASES[view.phase].format(name=view.name, words=words))
            if view.phase is CallPhase.TALKING:
                self._talk()
        if view.talking_since is not None:
            self._live(view)

    def _talk(self) -> None:
        """The conversation has begun, or goes on."""
        self.expect_no_sound()
        if self._hang_up is None and self.duration is not None:
            self._hang_up = self.clock.callLater(self.duration, self._time_is_up)

    def _live(self, view: CallView) -> None:
        now = self.clock.seconds()
        if now - self._live_at < LIVE_PERIOD:
            return
        self._live_at = now
        self.console.live(live_line(view))

    def _time_is_up(self) -> None:
        assert self.client is not None
        self.client.hang_up()

    def _over(self, ended: EndedCall) -> None:
        self._ended = ended
        if self._call is not None:
            self._last = self._call.ears.last
        end = CALL_ENDS[ended.cause]
        talked = ended.duration > 0
        if talked and ended.quality.bars < GOOD:
            self.console.say(quality_words(ended.quality, ended.name))
        if end.status is Status.OK and not talked:
            end = End(Status.NO_PATH, "a conversa com {name} acabou antes de começar")
        if ended.cause is EndCause.KEY_CHANGED:
            self.console.say(f"se souber por que mudou, aceite a chave nova com «confiar-em {ended.name}»")
        if ended.reason and "{detail}" not in end.sentence:
            end = replace(end, sentence=end.sentence + ": «{detail}»")
        self.finish(end, ended.name, ended.reason)

    def quit(self) -> None:
        """Stop the timer, and end."""
        if self._hang_up is not None and self._hang_up.active():
            self._hang_up.cancel()
        super().quit()

    def interrupted(self) -> bool:
        """Hang up, and let the end of the call be the end of the program."""
        assert self.client is not None
        if self.client.session.exchange.call is None:
            return False
        self.client.hang_up()
        return True

    def last_words(self) -> None:
        """Print the object of `--json`."""
        if self.options.json and self._ended is not None:
            self.console.data(report(self._ended, self._last, int(self.status)))
        elif self.options.json:
            self.console.data({"fim": None, "estado_de_saida": int(self.status)})


class DialScript(CallScript):
    """ligar NOME"""

    def __init__(self, *arguments: object) -> None:
        super().__init__(*arguments)
        if self.duration is None and self.options.entrada is not None and not self.options.repetir:
            self.duration = length_of(self.options.entrada)

    def ready(self) -> None:
        """Call."""
        assert self.client is not None
        result = self.client.call(self.options.alvo)
        if result is not CallResult.STARTED:
            self.finish(CALL_RESULTS[result], self.options.alvo)


class AnswerScript(CallScript):
    """atender"""

    def __init__(self, *arguments: object) -> None:
        super().__init__(*arguments)
        self._give_up: IDelayedCall | None = None

    def ready(self) -> None:
        """Wait."""
        self.console.say("esperando uma chamada")
        if self.options.espera is not None:
            self._give_up = self.clock.callLater(self.options.espera, self._nobody)

    def _nobody(self) -> None:
        assert self.client is not None
        if self.client.session.exchange.call is None:
            self.finish(End(Status.NO_ANSWER, "ninguém chamou"))

    def step(self, state: ViewState) -> None:
        """Answer whoever calls."""
        assert self.client is not None
        if state.call is not None and state.call.phase is CallPhase.INCOMING:
            self.client.accept()
        super().step(state)

    def ends_with(self, ended: EndedCall) -> bool:
        """A caller who gave up at once is no reason to stop waiting."""
        return ended.cause is not EndCause.CANCELLED

    def quit(self) -> None:
        """Stop the timer, and end."""
        if self._give_up is not None and self._give_up.active():
            self._give_up.cancel()
        super().quit()
