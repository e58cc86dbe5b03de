"""The command sala: stay connected, and do by typed words what the window does by taps.

One line in, sentences out.
"""

from typing import Any

from kivy_client.cli_calls import PHASES
from kivy_client.cli_keyboard import listen
from kivy_client.cli_script import Script
from kivy_client.cli_texts import (
    CALL_ENDS,
    CALL_RESULTS,
    CAUTIONS,
    LINKS,
    NOTICES,
    TROUBLES,
    UNKNOWN_TROUBLE,
    End,
    Status,
)
from kivy_client.cli_words import COMMANDS, NAMED, Answer, Words, is_name
from kivy_client.session.controller import Controller
from kivy_client.session.results import CallResult, Done
from kivy_client.session.state import Notice, ViewState
from kivy_client.session.state_call import CallView
from kivy_client.session.vocabulary import CallPhase, Caution, Link


class PromptScript(Script):
    """sala"""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._words: Words | None = None
        self._link: Link | None = None
        self._call: CallView | None = None
        self._ended = 0
        self._alarms = 0

    def start(self, client: Controller) -> None:
        """Listen to the keyboard, and connect."""
        self._words = Words(client, self.done)
        super().start(client)
        try:
            listen(self.reactor, self.typed, self.done)
        except OSError as error:
            self.finish(End(Status.USAGE, "não há de onde ler comandos: {detail}"), detail=str(error))

    def waits(self, state: ViewState) -> bool:
        """Always: the person is there to decide."""
        return True

    def ask(self) -> None:
        """The answer is typed like any other word."""
        self.console.say("aceita este servidor? sim ou nao")

    def typed(self, line: str) -> None:
        """Do what was typed."""
        word, _, rest = line.partition(" ")
        if not word or self._words is None:
            return
        if word == "ajuda":
            answer: Answer = "\n".join(str(getattr(Words, name).__doc__) for name in COMMANDS)
        elif word not in COMMANDS:
            answer = f"«{word}» não é um comando; «ajuda» mostra todos"
        elif word in NAMED and not is_name(rest):
            answer = CALL_RESULTS[CallResult.BAD_NAME].sentence
        else:
            answer = getattr(self._words, word)(rest.strip())
        if answer is not None:
            self.console.answer(answer)

    # what the client says

    def show(self, state: ViewState) -> None:
        """Say what is new."""
        super().show(state)
        if self._ending:
            return
        connection = state.connection
        if connection.link is not self._link:
            self._link = connection.link
            trouble = TROUBLES.get(connection.trouble, UNKNOWN_TROUBLE).sentence
            why = trouble.format(detail=connection.detail) if connection.link is Link.WAITING else ""
            self.console.answer(LINKS[connection.link].format(name=connection.name, why=why))
        self._show_call(state)
        if len(state.alarms) > self._alarms:
            alarm = state.alarms[-1]
            self.console.answer(f"ATENÇÃO: a chave de {alarm.name} mudou.")
            self.console.answer(f"  era {alarm.former}")
            self.console.answer(f"  é   {alarm.present}")
        self._alarms = len(state.alarms)

    def _show_call(self, state: ViewState) -> None:
        old, new = self._call, state.call
        self._call = new
        if new is not None and (old is None or old.phase is not new.phase):
            self.console.answer(PHASES[new.phase].format(name=new.name, words=" ".join(new.words)))
            if new.phase is CallPhase.TALKING:
                self.expect_no_sound()
        if new is not None:
            silent = {Caution.NO_SOUND_IN} if self.speechless else set()
            for caution in set(new.warnings) - set(old.warnings if old is not None else ()) - silent:
                self.console.answer(CAUTIONS[caution])
        ended = state.ended
        if ended is not None and ended.number != self._ended:
            self._ended = ended.number
            self.console.answer(CALL_ENDS[ended.cause].sentence.format(name=ended.name, detail=ended.reason))
            if ended.reason:
                self.console.answer(f"  «{ended.reason}»")

    def notify(self, notice: Notice) -> None:
        """Say what happened once."""
        text = NOTICES.get(notice.kind)
        if text is not None:
            self.console.answer(text.format(name=notice.name, detail=notice.detail))

    def interrupted(self) -> bool:
        """Ctrl-C hangs up; without a call it ends the program."""
        assert self.client is not None
        if self.client.hang_up() is Done.DONE:
            self._interrupts = 0
            return True
        self.finish(End(Status.OK, "até logo"))
        return True
