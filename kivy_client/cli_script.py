"""What all commands of the terminal have in common: a face that drives the client instead of showing it."""

from argparse import Namespace
from typing import Any

from twisted.internet.interfaces import IReactorTime

from kivy_client.cli_console import Console
from kivy_client.cli_keyboard import YES, listen, somebody_there
from kivy_client.cli_texts import (
    CONNECT_RESULTS,
    PROBLEMS,
    TROUBLES,
    UNKNOWN_TROUBLE,
    End,
    Status,
    system_words,
)
from kivy_client.session.controller import Controller
from kivy_client.session.results import ConnectResult
from kivy_client.session.state import Notice, Problem, ServerQuestion, ViewState
from kivy_client.session.vocabulary import Link


class Script:
    """Connects, does one thing, and ends with a status and a sentence. Subclasses say what the thing is."""

    patient = False
    """Whether a server that is away is waited for."""

    def __init__(self, reactor: Any, options: Namespace, console: Console) -> None:
        self.reactor, self.options, self.console = reactor, options, console
        self.clock: IReactorTime = reactor
        self.client: Controller | None = None
        self.status = Status.OK
        self._ending = False
        self._ready = False
        self._asked: ServerQuestion | None = None
        self._told: set[int] = set()
        self._interrupts = 0

    # what a command does

    def ready(self) -> None:
        """The name is ours: do it."""

    def step(self, state: ViewState) -> None:
        """Something changed."""

    def last_words(self) -> None:
        """The client has ended: say what there is to say."""

    # running

    def start(self, client: Controller) -> None:
        """Connect."""
        self.client = client
        client.session.transcript.sinks.append(self.console.message)
        result = self._connect(client)
        if result is not ConnectResult.STARTED:
            self.finish(CONNECT_RESULTS[result])

    def _connect(self, client: Controller) -> ConnectResult:
        invitation = ""
        if self.options.convite is not None:
            try:
                invitation = self.options.convite.read_text("utf-8").removesuffix("\n")
            except (OSError, UnicodeDecodeError) as error:
                self.finish(End(Status.USAGE, f"o convite não pode ser lido: {error}"))
                return ConnectResult.STARTED
        remembered = client.session.account.account
        address = self.options.servidor or remembered.address
        if not address:
            self.finish(End(Status.USAGE, "diga qual é o servidor com --servidor"))
            return ConnectResult.STARTED
        return client.connect(address, self.options.nome or remembered.name, invitation)

    def finish(self, end: End, name: str = "", detail: str = "") -> None:
        """End the program with this status and sentence; the first one counts."""
        if self._ending:
            return
        self._ending = True
        self.status = end.status
        self.console.say(end.sentence.format(name=name, detail=detail) + ".")
        self.quit()

    def fail(self, end: End) -> None:
        """End the program before there is a client: say why, and the last words."""
        self._ending, self.status = True, end.status
        self.console.say(end.sentence + ".")
        self.stopped()

    def done(self) -> None:
        """End the program well, without a word."""
        if not self._ending:
            self._ending = True
            self.quit()

    def quit(self) -> None:
        """Let the client end; `stopped` follows."""
        if self.client is not None:
            self.client.stop()

    def interrupt(self) -> None:
        """Ctrl-C: hang up and end; a second one does not wait."""
        self._interrupts += 1
        if self._interrupts > 1:
            stop(self.reactor)
        elif not self.interrupted():
            self.finish(End(Status.INTERRUPTED, "interrompido"))

    def interrupted(self) -> bool:
        """Deal with Ctrl-C; False to end at once."""
        return False

    @property
    def speechless(self) -> bool:
        """Whether the command line wants no microphone, and no file in its place."""
        return bool(self.options.sem_som) and self.options.entrada is None

    def expect_no_sound(self) -> None:
        """A conversation has begun: without a microphone it is one with a closed one, and no fault."""
        if self.client is not None and self.speechless:
            self.client.mute(True)

    # the face

    def show(self, state: ViewState) -> None:
        """The client changed."""
        if self._ending:
            return
        self.tell_problems(state.problems)
        if state.question is not None and state.question is not self._asked:
            self._question(state.question)
        link = state.connection.link
        if link is Link.ONLINE and not self._ready:
            self._ready = True
            self.ready()
        elif link is Link.STOPPED or (link is Link.WAITING and not self.waits(state)):
            end = TROUBLES.get(state.connection.trouble, UNKNOWN_TROUBLE)
            self.finish(end, detail=state.connection.detail)
            return
        if self._ready:
            self.step(state)

    def waits(self, state: ViewState) -> bool:
        """Whether to wait for a server that is away now."""
        return self.patient and self._ready

    def tell_problems(self, problems: tuple[Problem, ...]) -> None:
        """Say what went wrong beside the connection, each once."""
        for problem in problems:
            if problem.number not in self._told:
                self._told.add(problem.number)
                self.console.say(PROBLEMS[problem.trouble].format(detail=system_words(problem.detail)))

    def _question(self, question: ServerQuestion) -> None:
        """A new server: show what it shows, and ask."""
        self._asked = question
        self.console.say(f"impressão digital de {question.address}")
        self.console.say(f"  {question.fingerprint}")
        self.console.say(f"  {' '.join(question.words)}")
        if question.former:
            self.console.say(f"antes era {question.former}")
            return
        if self.options.confiar:
            self.reactor.callLater(0, self._answer, "sim")
        else:
            self.ask()

    def ask(self) -> None:
        """Ask the person, if there is one."""
        if somebody_there():
            self.console.say("aceita este servidor? [s/N]")
            listen(self.reactor, self._answer, lambda: self._answer(""))
            return
        self.console.say(
            "confira com quem opera o servidor e repita com --confiar, ou use o endereço sala://…#…"
        )
        self.reactor.callLater(0, self._answer, "")

    def _answer(self, typed: str) -> None:
        if self.client is not None and typed.lower() in YES:
            self.client.trust_server()
        elif self.client is not None:
            self.client.refuse_server()

    def notify(self, notice: Notice) -> None:
        """Something happened once."""

    def stopped(self) -> None:
        """The client has ended."""
        self.last_words()
        stop(self.reactor)


def stop(reactor: Any) -> None:
    """Stop the reactor, if it runs."""
    if reactor.running:
        reactor.stop()
