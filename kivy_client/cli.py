"""`sala-cli`: the client in a terminal, for scripts, tests, blind users, and machines without a screen."""

import signal
import sys
from argparse import Namespace
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from twisted.logger import (
    FilteringLogObserver,
    LogLevel,
    LogLevelFilterPredicate,
    globalLogBeginner,
    textFileLogObserver,
)

from kivy_client.cli_calls import AnswerScript, DialScript
from kivy_client.cli_console import Console
from kivy_client.cli_echo import EchoScript
from kivy_client.cli_files import complaint
from kivy_client.cli_options import parse
from kivy_client.cli_plain import (
    DevicesScript,
    HistoryScript,
    IdentityScript,
    LookUpScript,
    TableScript,
    TrustScript,
)
from kivy_client.cli_prompt import PromptScript
from kivy_client.cli_script import Script
from kivy_client.cli_texts import End, Status, system_words
from kivy_client.session.compose import Choices, build, default_folder
from kivy_client.session.echo import EchoSounds
from kivy_client.session.file_sounds import FileSounds
from kivy_client.session.identity import BrokenIdentityError
from kivy_client.session.machine_sounds import MachineSounds
from kivy_client.session.ringer import SilentRinger
from voz.net import PathPolicy

SCRIPTS: dict[str, type[Script]] = {
    "tabela": TableScript,
    "consultar": LookUpScript,
    "ligar": DialScript,
    "atender": AnswerScript,
    "sala": PromptScript,
    "eco": EchoScript,
    "historico": HistoryScript,
    "dispositivos": DevicesScript,
    "identidade": IdentityScript,
    "confiar-em": TrustScript,
}
BROKEN = "está estragada; ponha a cópia no lugar, ou mude-a de lugar para começar de novo"
TALKING = frozenset({"ligar", "atender", "sala"})


def choices_of(options: Namespace, reactor: Any) -> Choices:
    """Return what the command line decides about folder, sound and path."""
    plain = Choices(folder=options.estado)
    if options.comando == "eco":
        policy = PathPolicy(options.caminho)
        return replace(plain, sounds=EchoSounds(), ringer=SilentRinger(), policy=policy)
    if options.comando not in TALKING:
        return plain
    files = options.entrada is not None or options.saida is not None
    quiet = options.sem_som or (options.entrada is not None and options.saida is not None)
    beside = None if quiet else MachineSounds(reactor)
    sounds = FileSounds(options.entrada, options.saida, beside, options.repetir)
    ringer = SilentRinger() if files or options.sem_som else None
    return replace(plain, sounds=sounds, ringer=ringer, policy=PathPolicy(options.caminho))


def begin(script: Script, options: Namespace, reactor: Any) -> None:
    """Build the client and let the script have it; runs when the reactor does."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: reactor.callFromThread(script.interrupt))
    wrong = complaint(options) if options.comando in TALKING else ""
    if wrong:
        script.fail(End(Status.SOUND, wrong))
        return
    try:
        client = build(reactor, script, choices_of(options, reactor))
    except BrokenIdentityError as error:
        wrong = f"não pode ser lida: {system_words(error.why)}" if error.why else BROKEN
        script.fail(End(Status.FAILED, f"a identidade em «{error.path}» {wrong}"))
        return
    except OSError as error:
        why = system_words(error.strerror or "")
        folder = options.estado or default_folder()
        script.fail(End(Status.FAILED, f"a pasta do estado «{folder}» não pode ser usada: {why}"))
        return
    if options.comando in TALKING:
        settings = client.session.settings.settings
        client.session.settings.settings = replace(
            settings,
            microphone=options.microfone or settings.microphone,
            speaker=options.alto_falante or settings.speaker,
            push_to_talk=False,
        )
    script.start(client)


def show_faults() -> None:
    """Let faults of the program be seen on stderr, with where they happened."""
    loud = FilteringLogObserver(
        textFileLogObserver(sys.stderr), [LogLevelFilterPredicate(defaultLogLevel=LogLevel.warn)]
    )
    globalLogBeginner.beginLoggingTo([loud], redirectStandardIO=False)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status."""
    options = parse(arguments)
    from twisted.internet import reactor

    show_faults()

    script = SCRIPTS[options.comando](reactor, options, Console(options.silencioso))
    reactor.callWhenRunning(begin, script, options, reactor)
    reactor.run()
    return int(script.status)


if __name__ == "__main__":
    raise SystemExit(main())
